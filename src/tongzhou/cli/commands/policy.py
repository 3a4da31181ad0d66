"""Look at policy packs: list, show, check, explain an order, compare two editions."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from tongzhou.cli.main import EXIT_REJECTED_ROWS
from tongzhou.cli.output import json_option, print_result
from tongzhou.core.errors import InputError, list_offenders

if TYPE_CHECKING:
    from tongzhou.policy import ComparedPerson, Pack, PackComparison, SubjectFacts

SUBJECTS = (
    "case",
    "close",
    "secondary",
    "general",
    "arrival",
    "high_zone",
    "medium_zone",
    "low_zone",
    "key_area",
)
CONDITIONS = ("child", "pregnant", "chronic_illness", "needs_carer")
COLUMNS = ("person", "subject", "since", "conditions")


def packs_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--packs`, the folders of an operator's own packs."""
    folder = click.Path(exists=True, file_okay=False, path_type=Path)
    option = click.option(
        "--packs", multiple=True, type=folder, help="Folder of further packs; repeat for more."
    )
    decorated: Callable[..., Any] = option(function)
    return decorated


@click.group(name="policy")
def command() -> None:
    """Look at policy packs: list, show, check, explain an order, compare two editions."""


@command.command("list")
@packs_option
@json_option
def list_command(packs: tuple[Path, ...], as_json: bool) -> None:
    """List the packs that can be loaded."""
    from tongzhou.policy import list_packs

    rows = [
        {
            "name": entry.name,
            "version": entry.version,
            "disease": entry.disease,
            "edition": entry.edition,
            "effective_from": entry.effective_from,
            "effective_until": entry.effective_until,
            "title_zh": entry.title.zh,
            "title_en": entry.title.en,
        }
        for entry in list_packs(packs)
    ]
    print_result(rows, as_json, lambda found: "\n".join(_entry_line(row) for row in found))


def _entry_line(row: dict[str, Any]) -> str:
    until = row["effective_until"] or ""
    title = f"{row['title_zh']} · {row['title_en']}"
    return f"{row['name']:<12} {row['version']:<4} {row['effective_from']} – {until!s:<10}  {title}"


@command.command("show")
@click.argument("name")
@click.option("--version", help="Version of the pack; the latest when left out.")
@packs_option
@json_option
def show_command(name: str, version: str | None, packs: tuple[Path, ...], as_json: bool) -> None:
    """Show every rule of one pack with what it says and where it stands."""
    from tongzhou.policy import load_pack

    print_result(_pack_rows(load_pack(name, version, packs)), as_json, _pack_text)


def _pack_rows(pack: Pack) -> dict[str, Any]:
    notes = [
        {
            "rule": rule_id,
            "zh": note.says.zh,
            "en": note.says.en,
            "source": note.source,
            "is_assumption": note.is_assumption,
        }
        for rule_id, note in pack.notes.items()
    ]
    return {
        "name": pack.name,
        "version": pack.version,
        "disease": pack.disease,
        "edition": pack.edition,
        "effective_from": pack.effective_from,
        "effective_until": pack.effective_until,
        "legal_source": pack.legal_source,
        "digest": pack.digest,
        "rules": notes,
        "orders": [asdict(rule) for rule in pack.orders],
        "clocks": [asdict(rule) for rule in pack.clock_rules],
        "zones": asdict(pack.zone_rules),
        "contacts": asdict(pack.contact_rules),
        "report_card_fields": [asdict(field) for field in pack.form_fields],
    }


def _pack_text(found: dict[str, Any]) -> str:
    head = f"{found['name']} {found['version']}: {found['legal_source']}\ndigest {found['digest']}"
    lines = []
    for row in found["rules"]:
        mark = " [assumption]" if row["is_assumption"] else ""
        lines.append(f"{row['rule']}{mark}\n  {row['zh']}\n  {row['en']}")
    return "\n".join([head, *lines])


@command.command("check")
@click.argument("names", nargs=-1)
@packs_option
@json_option
@click.pass_context
def check_command(ctx: click.Context, names: tuple[str, ...], packs: tuple[Path, ...], as_json: bool) -> None:
    """Load packs (all when none is named) and run their worked examples; exit 1 when one disagrees."""
    from tongzhou.policy import list_packs

    chosen = names or tuple(sorted({entry.name for entry in list_packs(packs)}))
    rows = [_check_one(name, packs) for name in chosen]
    print_result(rows, as_json, lambda found: "\n".join(_check_lines(found)))
    if any(row["disagreements"] for row in rows):
        ctx.exit(EXIT_REJECTED_ROWS)


def _check_one(name: str, packs: tuple[Path, ...]) -> dict[str, Any]:
    from tongzhou.policy import load_pack
    from tongzhou.policy.examples import read_examples, run_example

    pack = load_pack(name, None, packs)
    examples = read_examples(name, packs)
    wrong = [item for item in (run_example(pack, example) for example in examples) if item is not None]
    return {
        "name": pack.name,
        "version": pack.version,
        "digest": pack.digest,
        "n_examples": len(examples),
        "disagreements": [
            {
                "file": item.example.file,
                "example": item.example.name,
                "expected": str(item.expected),
                "found": str(item.found),
            }
            for item in wrong
        ],
    }


def _check_lines(rows: list[dict[str, Any]]) -> list[str]:
    lines = []
    for row in rows:
        n_wrong = len(row["disagreements"])
        lines.append(
            f"{row['name']} {row['version']}: {row['n_examples']} worked examples, {n_wrong} disagree"
        )
        for item in row["disagreements"]:
            lines.append(f"  {item['file']}: {item['example']}")
            lines.append(f"    expected {item['expected']}")
            lines.append(f"    found    {item['found']}")
    return lines


def _instant(text: str | None, zone: ZoneInfo) -> datetime | None:
    """Read an ISO instant; without an offset it is local time of the pack."""
    if not text:
        return None
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InputError(
            "time.bad_instant", f"{text!r} is not an instant.", "Write it as 2022-07-01T18:00+08:00."
        ) from None
    return instant if instant.tzinfo else instant.replace(tzinfo=zone)


def _facts(person: int, since: datetime | None, conditions: tuple[str, ...]) -> SubjectFacts:
    """Return facts that hold `since` for whichever fact the rule counts from."""
    from tongzhou.policy import SubjectFacts

    return SubjectFacts(
        person=person,
        last_exposure_at=since,
        arrived_at=since,
        left_area_at=since,
        sampled_at=since,
        conditions=frozenset(conditions),
    )


@command.command("explain")
@click.argument("name")
@click.option("--subject", type=click.Choice(SUBJECTS), required=True, help="What the person is by the pack.")
@click.option("--since", help="Last exposure, arrival or leaving, whichever the rule counts from (ISO).")
@click.option("--now", "now_text", help="When the order would start; now when left out.")
@click.option("--condition", "conditions", multiple=True, type=click.Choice(CONDITIONS))
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
@packs_option
@json_option
def explain_command(
    name: str,
    subject: str,
    since: str | None,
    now_text: str | None,
    conditions: tuple[str, ...],
    lang: str,
    packs: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Draft the order of one person and explain it in plain words."""
    from tongzhou.policy import SubjectKind, draft_order, explain, load_pack

    pack = load_pack(name, None, packs)
    now = _instant(now_text, pack.time_zone) or datetime.now(UTC)
    facts = _facts(0, _instant(since, pack.time_zone), conditions)
    draft = draft_order(pack, facts, SubjectKind(subject), now)
    explanation = explain(draft, pack)
    result = {"order": asdict(draft), "explanation": asdict(explanation)}
    text = "\n".join(f"{heading}: {sentence}" for heading, sentence in explanation.lines(lang))
    print_result(result, as_json, lambda _: text)


@command.command("compare")
@click.argument("pack_a")
@click.argument("pack_b")
@click.option("--people", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="CSV of people.")
@click.option("--since", help="Without --people: one person of each kind, counted from this instant (ISO).")
@click.option("--now", "now_text", help="The instant of the change; now when left out.")
@packs_option
@json_option
def compare_command(
    pack_a: str,
    pack_b: str,
    people: Path | None,
    since: str | None,
    now_text: str | None,
    packs: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Compare two packs on the same people: who is released or restricted, person-days, tests.

    The CSV has the columns person, subject, since and, if wanted, conditions (separated by |).
    """
    from tongzhou.policy import compare, load_pack

    before, after = load_pack(pack_a, None, packs), load_pack(pack_b, None, packs)
    now = _instant(now_text, after.time_zone) or datetime.now(UTC)
    rows = (
        _read_people(people, after.time_zone)
        if people
        else _one_of_each(_instant(since, after.time_zone) or now)
    )
    result = compare(before, after, rows, now)
    print_result(asdict(result), as_json, lambda _: _comparison_text(result))


def _one_of_each(since: datetime) -> list[ComparedPerson]:
    from tongzhou.policy import ComparedPerson, SubjectKind

    return [
        ComparedPerson(_facts(number, since, ()), SubjectKind(name))
        for number, name in enumerate(SUBJECTS, start=1)
    ]


def _read_people(path: Path, zone: ZoneInfo) -> list[ComparedPerson]:
    from tongzhou.policy import ComparedPerson, SubjectKind

    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        missing = [name for name in COLUMNS[:3] if name not in (reader.fieldnames or ())]
        if missing:
            raise InputError(
                "compare.bad_columns",
                f"{path.name} has no column {list_offenders(missing)}.",
                f"Give the columns {', '.join(COLUMNS)}.",
            )
        people = []
        for row in reader:
            place = f"{path.name}, line {reader.line_num}"
            subject = (row["subject"] or "").strip()
            if subject not in SUBJECTS or not (row["person"] or "").strip().isdigit():
                raise InputError(
                    "compare.bad_row",
                    f"{place}: person {row['person']!r}, subject {subject!r} cannot be used.",
                    f"A person is a whole number; subjects are {', '.join(SUBJECTS)}.",
                )
            conditions = tuple(filter(None, (row.get("conditions") or "").split("|")))
            unknown = sorted(set(conditions) - set(CONDITIONS))
            if unknown:
                raise InputError(
                    "compare.bad_row",
                    f"{place}: conditions {list_offenders(unknown)} are not known.",
                    f"Conditions are {', '.join(CONDITIONS)}, separated by |.",
                )
            facts = _facts(int(row["person"]), _instant(row["since"], zone), conditions)
            people.append(ComparedPerson(facts, SubjectKind(subject)))
    return people


def _comparison_text(result: PackComparison) -> str:
    lines = [f"{result.pack_a} -> {result.pack_b}: {len(result.people)} people"]
    lines += [f"  {change.value}: {n}" for change, n in sorted(result.changes.items())]
    for label, burden in (("before", result.before), ("after", result.after)):
        days = ", ".join(f"{kind.value} {length:.1f}" for kind, length in sorted(burden.person_days.items()))
        lines.append(
            f"{label}: {burden.n_under_order} under an order, {burden.n_tests} tests, "
            f"{burden.n_open_ended} open-ended; person-days {days or '0'}"
        )
    for row in result.people:
        lines.append(
            f"  {row.person} {row.before.subject.value}: {row.change.value}, "
            f"{row.days_before:.1f} -> {row.days_after:.1f} days"
        )
    return "\n".join(lines)
