"""Build who is a contact from ``contacts.toml``."""

from __future__ import annotations

from tongzhou.core.exposures import (
    ContactRules,
    Conveyance,
    Grade,
    SeatRule,
    SeatScope,
    Setting,
    SettingRule,
)
from tongzhou.policy.model import WindowRule
from tongzhou.policy.tables import Draft, Table

RISK = {grade: rank for rank, grade in enumerate(reversed(Grade))}
"""0 for none up to 3 for close."""


def build_window(contacts: Table) -> WindowRule:
    row = contacts["window"]
    return WindowRule(
        row["id"], row["days_before_onset"], row["days_before_sample"], row.get("days_after_onset")
    )


def build_contact_rules(draft: Draft) -> ContactRules:
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
