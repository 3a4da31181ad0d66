"""The duties that follow from an order in force: inform, bring to the site, check daily, test, look again.

A person under two orders is checked and tested once: what another order of theirs owes already is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from tongzhou.core.time import day_bounds, local_day
from tongzhou.policy import OrderKind
from tongzhou.server.duties.actions import DutyDraft
from tongzhou.server.duties.models import Duty
from tongzhou.server.duties.queries import OPEN
from tongzhou.server.kernel import clock
from tongzhou.server.measures import rules
from tongzhou.server.measures.models import Order, OrderState

CHUNK = 500
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


def duties_of(orders: Sequence[Order]) -> Iterator[DutyDraft]:
    """Return every duty that some orders make from now on, each named once for ever by its key."""
    for start in range(0, len(orders), CHUNK):
        some = orders[start : start + CHUNK]
        owed = _owed_by_orders(some)
        for order in some:
            others = {
                (kind, day) for name, kind, day in owed.get(order.person_id, ()) if name != str(order.id)
            }
            yield from _start_duties(order)
            for draft in (*_daily_checks(order), *_tests(order)):
                if (draft.kind, _day_of(draft)) not in others:
                    yield draft
            yield from _reviews(order)


def _owed_by_orders(orders: Sequence[Order]) -> dict[int, list[tuple[str, str, date]]]:
    """Return what orders in force of the persons of some orders owe as checks and tests: order, kind, day."""
    persons = {order.person_id for order in orders}
    standing = Order.objects.everything("duties of these persons").filter(
        person_id__in=persons, state=OrderState.IN_FORCE
    )
    names = {str(pk) for pk in standing.values_list("id", flat=True)}
    duties = Duty.objects.everything("duties of these persons").filter(
        OPEN, person_number__in=persons, kind__in=["health_check", "test_due"]
    )
    owed: dict[int, list[tuple[str, str, date]]] = {}
    for person, subject, kind, starts_at in duties.values_list(
        "person_number", "subject_id", "kind", "starts_at"
    ):
        if subject in names:
            owed.setdefault(person, []).append((subject, kind, local_day(starts_at, clock.zone())))
    return owed


def _day_of(draft: DutyDraft) -> date:
    return local_day(draft.starts_at or draft.due_at, clock.zone())


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
    is_next = bool(order.facts.get("conditions_met_at"))
    key = f"inform:{order.kind}" if is_next else "inform"
    yield _draft(order, "inform_person", key, now + INFORM_WITHIN, params={"order_zh": zh, "order_en": en})
    if order.kind in rules.AT_SITE:
        yield _draft(order, "hand_over", "hand_over", now + HAND_OVER_WITHIN)


def _daily_checks(order: Order) -> Iterator[DutyDraft]:
    """One check for each local day that the order still covers, until noon of that day or its own end.

    An order without a fixed end has its checks up to the next review, which makes the following ones.
    """
    now, zone = clock.now(), clock.zone()
    ends_at = rules.next_review(order.phases, now) or order.ends_at
    first = local_day(order.starts_at, zone)
    day = max(first, local_day(now, zone))
    while True:
        start, end = day_bounds(day, zone)
        if start >= ends_at:
            return
        due = min(ends_at, max(start + CHECK_UNTIL_HOUR, now + INFORM_WITHIN), end)
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


def _reviews(order: Order) -> Iterator[DutyDraft]:
    """The next look at an order that only conditions end."""
    if due_at := rules.next_review(order.phases, clock.now()):
        yield _draft(
            order,
            "review_order",
            f"review:{due_at.isoformat()}",
            due_at,
            params={"number": order.number},
        )
