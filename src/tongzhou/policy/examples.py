"""The worked examples of a pack: read, run, and say where pack and example disagree."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from tongzhou.core.exposures import Conveyance, Exposure, Grade, Seat, Setting
from tongzhou.core.zones import UnitRef, ZoneFacts, ZoneLevel
from tongzhou.policy.clocks import due_clocks
from tongzhou.policy.contacts import CaseFacts, grade_exposure, infectious_window
from tongzhou.policy.files import read_part
from tongzhou.policy.load import list_packs
from tongzhou.policy.measures import (
    JustifiedUnit,
    Measure,
    MeasureFacts,
    MeasureKind,
    MeasurePhase,
    check_measure,
)
from tongzhou.policy.model import OrderKind, Pack, SubjectKind
from tongzhou.policy.orders import SubjectFacts, draft_order
from tongzhou.policy.zones import step_down

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Example:
    """One worked example: `kind` is the table it stands in, `row` what is given and expected."""

    pack: str
    file: str
    kind: str
    row: Row

    @property
    def name(self) -> str:
        """The statement the example proves."""
        return str(self.row["name"])


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Where a pack says something else than an example expects."""

    example: Example
    expected: object
    found: object


def read_examples(name: str, extra_folders: Iterable[str | Path] = ()) -> list[Example]:
    """Return the worked examples of a pack, checked against their schema.

    >>> len(read_examples("cn-2022-06")) > 10
    True
    """
    folders = [entry.folder for entry in list_packs(extra_folders) if entry.name == name]
    examples = []
    for file in sorted(file for folder in folders[:1] for file in (folder / "examples").glob("*.toml")):
        content = read_part(name, file, "examples")
        examples += [Example(name, file.name, kind, row) for kind, rows in content.items() for row in rows]
    return examples


def run_example(pack: Pack, example: Example) -> Disagreement | None:
    """Evaluate one example; ``None`` when pack and example agree."""
    expected, found = _RUNNERS[example.kind](pack, example.row)
    return None if expected == found else Disagreement(example, expected, found)


def _at(row: Row, key: str) -> datetime | None:
    return datetime.fromisoformat(row[key]) if key in row else None


def _on(row: Row, key: str) -> date | None:
    return date.fromisoformat(row[key]) if key in row else None


def _now(row: Row) -> datetime:
    return datetime.fromisoformat(row["now"])


def _run_exposure(pack: Pack, row: Row) -> tuple[object, object]:
    seats = [Seat(**row[key]) if key in row else None for key in ("case_seat", "other_seat")]
    exposure = Exposure(
        case_person=1,
        other_person=2,
        setting=Setting(row.get("setting", "transport")),
        from_s=0,
        until_s=int(row["minutes"] * 60),
        minutes=float(row["minutes"]),
        conveyance=Conveyance(row["conveyance"]) if "conveyance" in row else None,
        case_seat=seats[0],
        other_seat=seats[1],
    )
    graded = grade_exposure(pack, exposure, index=Grade(row["index"]) if "index" in row else None)
    return (row["grade"], row["rule"]), (graded.grade.value, graded.rule_id)


def _run_window(pack: Pack, row: Row) -> tuple[object, object]:
    case = CaseFacts(1, _on(row, "onset_on"), _at(row, "sampled_at"), _at(row, "isolated_at"))
    window = infectious_window(pack, case, _now(row))
    found = [datetime.fromtimestamp(second, UTC) for second in (window.from_s, window.until_s)]
    return [_at(row, "from_at"), _at(row, "until_at")], found


def _person(row: Row) -> SubjectFacts:
    return SubjectFacts(
        person=2,
        last_exposure_at=_at(row, "last_exposure_at"),
        arrived_at=_at(row, "arrived_at"),
        left_area_at=_at(row, "left_area_at"),
        onset_on=_on(row, "onset_on"),
        sampled_at=_at(row, "sampled_at"),
        conditions_met_at=_at(row, "conditions_met_at"),
        conditions=frozenset(row.get("conditions", ())),
    )


def _run_order(pack: Pack, row: Row) -> tuple[object, object]:
    draft = draft_order(pack, _person(row), SubjectKind(row["subject"]), _now(row))
    expected: Row = {
        "kinds": row["kinds"],
        "until": [end and datetime.fromisoformat(end) for end in row["until"]],
    }
    found: Row = {
        "kinds": [phase.kind.value for phase in draft.phases],
        "until": [phase.until_at or "" for phase in draft.phases],
    }
    if "tests" in row:
        expected["tests"] = row["tests"]
        found["tests"] = [test.from_at.astimezone(pack.time_zone).date().isoformat() for test in draft.tests]
    if "rule" in row:
        expected["rule"], found["rule"] = row["rule"], draft.rule_id
    return expected, found


def _zone(row: Row) -> ZoneFacts:
    return ZoneFacts(
        level=ZoneLevel(row["level"]),
        level_since_on=date.fromisoformat(row["level_since_on"]),
        last_infection_on=_on(row, "last_infection_on"),
        came_down_from=ZoneLevel(row["came_down_from"]) if "came_down_from" in row else None,
        negative_round_on=_on(row, "negative_round_on"),
    )


def _run_step_down(pack: Pack, row: Row) -> tuple[object, object]:
    step = step_down(pack, _zone(row), _now(row)).step
    found = (step.is_due, step.next_level and step.next_level.value, step.earliest_at)
    return (row["is_due"], row["next_level"], _at(row, "earliest_at")), found


def _run_clock(pack: Pack, row: Row) -> tuple[object, object]:
    due = due_clocks(pack, _at(row, "diagnosed_at"), _at(row, "reported_at"))
    expected = {name: datetime.fromisoformat(instant) for name, instant in row["due"].items()}
    return expected, {item.rule_id: item.due_at for item in due}


def _run_measure(pack: Pack, row: Row) -> tuple[object, object]:
    phases = tuple(
        MeasurePhase(OrderKind(item["kind"]), datetime.fromisoformat(item["start_at"]), _at(item, "until_at"))
        for item in row.get("phase", ())
    )
    measure = Measure(
        kind=MeasureKind(row["kind"]),
        issued_at=_now(row),
        subject=SubjectKind(row["subject"]) if "subject" in row else None,
        phases=phases,
        n_tests=row.get("n_tests"),
        unit=UnitRef(**row["unit"]) if "unit" in row else None,
        level=ZoneLevel(row["level"]) if "level" in row else None,
        until_at=_at(row, "until_at"),
    )
    findings = check_measure(pack, measure, _measure_facts(row))
    clauses = [finding.clause for finding in findings if finding.clause is not None]
    found = (clauses, sorted(finding.strictness.value for finding in findings))
    return (row.get("clauses", []), sorted(row["stricter"])), found


def _measure_facts(row: Row) -> MeasureFacts:
    return MeasureFacts(
        person=_person(row),
        area_level=ZoneLevel(row.get("area_level", "normal")),
        justified_units=tuple(
            JustifiedUnit(UnitRef(item["kind"], item["code"]), ZoneLevel(item["level"]), item["rule"])
            for item in row.get("justified", ())
        ),
        zone=_zone(row["zone"]) if "zone" in row else None,
        may_go_home_from_university=row.get("may_go_home", False),
        meets_travel_conditions=row.get("meets_travel_conditions", False),
        serves_daily_life=row.get("serves_daily_life", False),
        needs_urgent_or_regular_care=row.get("needs_care", False),
    )


_RUNNERS: dict[str, Callable[[Pack, Row], tuple[object, object]]] = {
    "exposure": _run_exposure,
    "window": _run_window,
    "order": _run_order,
    "step_down": _run_step_down,
    "clock": _run_clock,
    "measure": _run_measure,
}
