"""Build orders and zones from ``orders.toml`` and ``zones.toml``."""

from __future__ import annotations

from tongzhou.core.exposures import Setting
from tongzhou.core.zones import LEVEL_RANK, ZoneLevel, ZoneRules, ZoneStep, ZoneTrigger
from tongzhou.policy.model import Anchor, OrderKind, OrderRule, Phase, SubjectKind
from tongzhou.policy.tables import Draft, Table


def build_orders(draft: Draft) -> tuple[OrderRule, ...]:
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


def build_zone_rules(draft: Draft) -> ZoneRules:
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
                row.get("round_days_before", 0),
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
