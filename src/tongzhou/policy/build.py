"""Turn the checked files of a pack into its values, and check what a schema cannot say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tongzhou.core.errors import PolicyError
from tongzhou.core.exposures import (
    ContactRules,
    Conveyance,
    Grade,
    SeatRule,
    SeatScope,
    Setting,
    SettingRule,
)
from tongzhou.core.zones import LEVEL_RANK, ZoneLevel, ZoneRules, ZoneStep, ZoneTrigger
from tongzhou.policy.model import (
    Anchor,
    ClockAnchor,
    ClockRule,
    FormField,
    OrderKind,
    OrderRule,
    Pack,
    Phase,
    Prohibition,
    RuleNote,
    SubjectKind,
    Text,
    WindowRule,
    ZoneLevelText,
)

Table = Mapping[str, Any]
RISK = {grade: rank for rank, grade in enumerate(reversed(Grade))}
"""0 for none up to 3 for close."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The files of one pack as tables, by part, with the sources that SOURCE.md explains."""

    name: str
    parts: Mapping[str, Table]
    sources: frozenset[str]
    digest: str

    def refuse(self, file: str, path: str, message: str, hint: str) -> PolicyError:
        """Return the error for a value that breaks the sense of a pack."""
        return PolicyError(
            "policy.bad_value",
            f"Pack {self.name}, {file}: {path} {message}.",
            hint,
            {"pack": self.name, "file": file, "path": path},
        )


def build_pack(draft: Draft) -> Pack:
    """Return the pack of checked files.

    Raises
    ------
    PolicyError ``policy.bad_value`` — names pack, file, path and what is allowed
    """
    meta, contacts = draft.parts["pack"], draft.parts["contacts"]
    notes = _notes(draft)
    return Pack(
        name=meta["name"],
        version=meta["version"],
        title=Text(meta["title"]["zh"], meta["title"]["en"]),
        disease=meta["disease"],
        edition=meta["edition"],
        effective_from=meta["effective_from"],
        effective_until=_effective_until(draft),
        legal_source=meta["legal_source"],
        time_zone=_time_zone(draft),
        window=_window(contacts),
        contact_rules=_contact_rules(draft),
        default_setting=Setting(contacts["default_setting"]),
        has_secondary=contacts["has_secondary"],
        unknown_seat=Grade(contacts["unknown_seat"]["grade"]),
        orders=_orders(draft),
        zone_rules=_zone_rules(draft),
        zone_levels=tuple(
            ZoneLevelText(ZoneLevel(row["level"]), _text(row, "name"), _text(row, "asks"))
            for row in draft.parts["zones"].get("level", [])
        ),
        clock_rules=_clocks(draft.parts["clocks"]),
        prohibitions=tuple(
            Prohibition(row["clause"], row["check"], row["only_arbitrary"])
            for row in draft.parts["prohibitions"]["prohibition"]
        ),
        form_fields=_form_fields(draft),
        contacts={
            "help": _text(meta["contacts"], "help"),
            "appeal": _text(meta["contacts"], "appeal"),
        },
        notes=notes,
        digest=draft.digest,
    )


def _text(row: Table, stem: str) -> Text:
    return Text(row[f"{stem}_zh"], row[f"{stem}_en"])


def _effective_until(draft: Draft) -> Any:
    meta = draft.parts["pack"]
    until = meta.get("effective_until")
    if until is not None and until <= meta["effective_from"]:
        raise draft.refuse(
            "pack.toml",
            "effective_until",
            f"is {until}, not after effective_from {meta['effective_from']}",
            "It is the first day on which the rules no longer hold.",
        )
    return until


def _time_zone(draft: Draft) -> ZoneInfo:
    name = draft.parts["pack"]["time_zone"]
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise draft.refuse(
            "pack.toml", "time_zone", f"is {name!r}", "Give an IANA name, for example Asia/Shanghai."
        ) from None


def _window(contacts: Table) -> WindowRule:
    row = contacts["window"]
    return WindowRule(
        row["id"], row["days_before_onset"], row["days_before_sample"], row.get("days_after_onset")
    )


def _contact_rules(draft: Draft) -> ContactRules:
    contacts = draft.parts["contacts"]
    window, search = contacts["window"], contacts["search"]
    return ContactRules(
        days_before_onset=window["days_before_onset"],
        days_before_sample=window["days_before_sample"],
        linger_minutes=search["linger_minutes"],
        min_minutes=search["min_minutes"],
        settings=_settings(draft),
        seats=tuple(_seat(draft, place, row) for place, row in enumerate(contacts.get("seat", []))),
    )


def _settings(draft: Draft) -> tuple[SettingRule, ...]:
    contacts = draft.parts["contacts"]
    found: dict[Setting, SettingRule] = {}
    for place, row in enumerate(contacts["setting"]):
        grade, below = Grade(row.get("grade", "close")), Grade(row.get("below", "general"))
        _check_risk(draft, f"setting[{place}].below", grade, below)
        for name in row["settings"]:
            setting = Setting(name)
            if setting in found:
                path = f"setting[{place}].settings"
                raise draft.refuse(
                    "contacts.toml", path, f"names {name!r} twice", "One rule for each setting."
                )
            found[setting] = SettingRule(row["id"], setting, float(row["minutes"]), grade, below)
    if contacts["default_setting"] not in found:
        raise draft.refuse(
            "contacts.toml",
            "default_setting",
            f"is {contacts['default_setting']!r}, which has no rule",
            f"Allowed are {', '.join(found)}.",
        )
    return tuple(found.values())


def _seat(draft: Draft, place: int, row: Table) -> SeatRule:
    scope = SeatScope(row["scope"])
    needed = {SeatScope.ROWS: "rows_around", SeatScope.BAYS: "bays_around"}.get(scope)
    if needed and needed not in row:
        path = f"seat[{place}].{needed}"
        raise draft.refuse("contacts.toml", path, "is missing", f"Scope {scope} needs {needed}.")
    inside, outside = Grade(row.get("inside", "close")), Grade(row.get("outside", "general"))
    _check_risk(draft, f"seat[{place}].outside", inside, outside)
    return SeatRule(
        rule_id=row["id"],
        conveyance=Conveyance(row["conveyance"]),
        scope=scope,
        seat_class=row.get("seat_class", ""),
        rows_around=row.get("rows_around", 0),
        bays_around=row.get("bays_around", 0),
        includes_crew=row.get("includes_crew", True),
        inside=inside,
        outside=outside,
    )


def _check_risk(draft: Draft, path: str, nearer: Grade, farther: Grade) -> None:
    if RISK[farther] > RISK[nearer]:
        raise draft.refuse(
            "contacts.toml",
            path,
            f"is {farther.value!r}, graver than {nearer.value!r} of the nearer or longer contact",
            "Less contact never means a graver grade.",
        )


def _orders(draft: Draft) -> tuple[OrderRule, ...]:
    orders: dict[SubjectKind, OrderRule] = {}
    for place, row in enumerate(draft.parts["orders"]["order"]):
        subject = SubjectKind(row["subject"])
        if subject in orders:
            path = f"order[{place}].subject"
            raise draft.refuse(
                "orders.toml", path, f"names {subject.value!r} twice", "One order for each subject."
            )
        phases = tuple(_phase(draft, place, number, item) for number, item in enumerate(row["phase"]))
        orders[subject] = OrderRule(
            rule_id=row["id"],
            subject=subject,
            anchor=Anchor(row["anchor"]),
            phases=phases,
            home_instead_for=tuple(row.get("home_instead_for", ())),
            within_days=row.get("within_days"),
        )
    return tuple(orders.values())


def _phase(draft: Draft, place: int, number: int, row: Table) -> Phase:
    days, path = row.get("days"), f"order[{place}].phase[{number}]"
    late = [day for day in row.get("test_days", []) if days is not None and day > days]
    if late:
        raise draft.refuse(
            "orders.toml", f"{path}.test_days", f"has {late}", f"Allowed are days 1 to {days}."
        )
    if row.get("test_days") and not row.get("specimen"):
        raise draft.refuse(
            "orders.toml", f"{path}.specimen", "is missing", "Say which sample the tests take."
        )
    if days is None and set(row["release"]) <= {"period_over"}:
        raise draft.refuse(
            "orders.toml", f"{path}.days", "is missing", "Give days, or a release condition that ends it."
        )
    return Phase(
        kind=OrderKind(row["kind"]),
        days=days,
        test_days=tuple(sorted(row.get("test_days", ()))),
        specimen=row.get("specimen", ""),
        is_double_at_end=row.get("double_at_end", False),
        release=tuple(row["release"]),
        review_days=row.get("review_days"),
    )


def _zone_rules(draft: Draft) -> ZoneRules:
    zones = draft.parts["zones"]
    steps = []
    for place, row in enumerate(zones.get("step", [])):
        level, next_level = ZoneLevel(row["level"]), ZoneLevel(row["next_level"])
        if LEVEL_RANK[next_level] >= LEVEL_RANK[level]:
            raise draft.refuse(
                "zones.toml",
                f"step[{place}].next_level",
                f"is {next_level.value!r}, not below {level.value!r}",
                "A step goes down: high, medium, low, normal.",
            )
        steps.append(
            ZoneStep(
                row["id"],
                level,
                next_level,
                row["days_without_new"],
                row.get("needs_negative_round", False),
                row.get("counts_from_level", False),
            )
        )
    triggers = tuple(_trigger(row) for row in zones.get("trigger", []))
    _check_way_down(draft, triggers, steps)
    return ZoneRules(triggers=triggers, steps=tuple(steps), evidence_days=zones["evidence_days"])


def _trigger(row: Table) -> ZoneTrigger:
    return ZoneTrigger(
        rule_id=row["id"],
        level=ZoneLevel(row["level"]),
        unit_kinds=tuple(row["unit_kinds"]),
        settings=tuple(Setting(name) for name in row.get("settings", ())),
        is_residence=row.get("residence", False),
        min_activity=row.get("min_activity", 0.0),
        min_cases=row.get("min_cases", 1),
    )


def _check_way_down(draft: Draft, triggers: tuple[ZoneTrigger, ...], steps: list[ZoneStep]) -> None:
    """Refuse a level that can be drawn but never ends."""
    stuck = {trigger.level for trigger in triggers} - {step.level for step in steps} - {ZoneLevel.NORMAL}
    if stuck:
        names = ", ".join(sorted(stuck))
        raise draft.refuse(
            "zones.toml", "step", f"has no way down from {names}", "Every zone must be able to end."
        )


def _clocks(part: Table) -> tuple[ClockRule, ...]:
    return tuple(
        ClockRule(row["id"], _text(row, "name"), ClockAnchor(row["anchor"]), float(row["hours"]), row["post"])
        for row in part["clock"]
    )


def _form_fields(draft: Draft) -> tuple[FormField, ...]:
    fields = []
    for place, row in enumerate(draft.parts["forms"]["field"]):
        if (row["type"] == "choice") != ("allowed" in row):
            path = f"field[{place}].allowed"
            raise draft.refuse(
                "forms.toml",
                path,
                "does not fit the type",
                "A choice, and only a choice, lists allowed values.",
            )
        fields.append(
            FormField(
                row["name"],
                _text(row, "label"),
                row["type"],
                row["required"],
                tuple(row.get("allowed", ())),
                row.get("required_if", ""),
            )
        )
    return tuple(fields)


def _notes(draft: Draft) -> dict[str, RuleNote]:
    """Collect what every rule says; refuse a rule id used twice and a source that SOURCE.md does not explain."""
    notes: dict[str, RuleNote] = {}
    for file, path, row in _ruled_rows(draft):
        rule_id = row.get("id") or f"prohibition.{row['clause']}"
        if rule_id in notes:
            raise draft.refuse(
                file, path, f"has the id {rule_id!r} of another rule", "Give every rule its own id."
            )
        if row["source"] not in draft.sources:
            known = ", ".join(sorted(draft.sources)) or "none"
            raise draft.refuse(
                file,
                f"{path}.source",
                f"is {row['source']!r}, which SOURCE.md does not explain",
                f"Allowed are {known}.",
            )
        notes[rule_id] = RuleNote(_text(row, "says"), row["source"], row.get("assumption", False))
    return notes


def _ruled_rows(draft: Draft) -> list[tuple[str, str, Table]]:
    contacts = draft.parts["contacts"]
    rows: list[tuple[str, str, Table]] = [
        ("contacts.toml", name, contacts[name]) for name in ("window", "unknown_seat")
    ]
    if contacts["has_secondary"]:
        row = {"id": "secondary", "source": contacts.get("secondary_source", "")}
        row |= {f"says_{lang}": contacts.get(f"secondary_{lang}", "") for lang in ("zh", "en")}
        rows.append(("contacts.toml", "secondary", row))
    tables = {
        "contacts": ("setting", "seat"),
        "orders": ("order",),
        "zones": ("trigger", "step"),
        "clocks": ("clock",),
        "prohibitions": ("prohibition",),
    }
    for part, names in tables.items():
        for name in names:
            found = draft.parts[part].get(name, [])
            rows += [(f"{part}.toml", f"{name}[{place}]", row) for place, row in enumerate(found)]
    return rows
