"""The duties that follow from an order in force: inform, bring to the site, check daily, test."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from tongzhou.core.time import day_bounds, local_day
from tongzhou.policy import OrderKind
from tongzhou.server.duties.actions import DutyDraft
from tongzhou.server.kernel import clock
from tongzhou.server.measures import rules
from tongzhou.server.measures.models import Order

INFORM_WITHIN = timedelta(hours=4)
HAND_OVER_WITHIN = timedelta(hours=8)
CHECK_UNTIL_HOUR = timedelta(hours=12)
WORDS = {
    OrderKind.ISOLATION.value: ("隔离治疗", "isolation and treatment"),
    OrderKind.CENTRAL_QUARANTINE.value: ("集中隔离", "central quarantine"),
    OrderKind.HOME_QUARANTINE.value: ("居家隔离", "home quarantine"),
    OrderKind.HOME_HEALTH_MONITORING.value: ("居家健康监测", "health monitoring at home"),
    OrderKind.HEALTH_MONITORING.value: ("健康监测", "health monitoring"),
    OrderKind.FOLLOW_UP.value: ("每日随访", "daily follow-up"),
}


def duties_of(order: Order) -> Iterator[DutyDraft]:
    """Return every duty an order makes, each named once for ever by its key."""
    yield from _start_duties(order)
    yield from _daily_checks(order)
    yield from _tests(order)


def _draft(order: Order, kind: str, key: str, due_at: datetime, **more: object) -> DutyDraft:
    return DutyDraft(
        kind=kind,
        subject=("order", str(order.id)),
        person_number=order.person_id,
        area_code=order.area_code,
        due_at=due_at,
        dedupe_key=f"order:{order.id}:{key}",
        **more,
    )


def _start_duties(order: Order) -> Iterator[DutyDraft]:
    now = clock.now()
    zh, en = WORDS[order.kind]
    yield _draft(
        order, "inform_person", "inform", now + INFORM_WITHIN, params={"order_zh": zh, "order_en": en}
    )
    if order.kind in rules.AT_SITE:
        yield _draft(order, "hand_over", "hand_over", now + HAND_OVER_WITHIN)


def _daily_checks(order: Order) -> Iterator[DutyDraft]:
    """One check for each local day that the order still covers, until noon of that day or its own end."""
    if not order.phases[-1]["ends_at"]:
        return
    now, zone = clock.now(), clock.zone()
    first = local_day(order.starts_at, zone)
    day = max(first, local_day(now, zone))
    while True:
        start, end = day_bounds(day, zone)
        if start >= order.ends_at:
            return
        due = min(order.ends_at, max(start + CHECK_UNTIL_HOUR, now + INFORM_WITHIN), end)
        phase = rules.phase_at(order.phases, max(start, order.starts_at)) or order.phases[-1]
        yield _draft(
            order,
            "health_check",
            f"check:{day.isoformat()}",
            due,
            starts_at=start,
            post_kind="site_keeper" if phase["kind"] in rules.AT_SITE else "",
            params={"day": (day - first).days + 1},
        )
        day += timedelta(days=1)


def _tests(order: Order) -> Iterator[DutyDraft]:
    for test in order.tests:
        zh, en = WORDS[test["phase"]]
        yield _draft(
            order,
            "test_due",
            f"test:{test['phase']}:{test['day']}",
            datetime.fromisoformat(test["until_at"]),
            starts_at=datetime.fromisoformat(test["from_at"]),
            post_kind="site_keeper" if test["phase"] in rules.AT_SITE else "",
            params={"day": test["day"], "phase_zh": zh, "phase_en": en, "specimen": test["specimen"]},
        )
