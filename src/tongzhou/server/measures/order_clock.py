"""The clock of orders: an order ends by itself when its time is over, whether anybody looks or not.

One that only conditions end is looked at again and again; no order runs on unseen.
"""

from __future__ import annotations

import logging

from tongzhou.core.access import system_actor
from tongzhou.core.errors import Conflict
from tongzhou.server.access.actions import acting
from tongzhou.server.access.rules import Permission
from tongzhou.server.duties.actions import create_duties
from tongzhou.server.kernel import clock
from tongzhou.server.measures import rules
from tongzhou.server.measures.actions import release_orders
from tongzhou.server.measures.duties import duties_of
from tongzhou.server.measures.models import Order, OrderState

CLOCK = system_actor("clock")
_log = logging.getLogger(__name__)


def poll_orders(limit: int = 500) -> int:
    """Release every order whose time is over and move the others to their next instant; return how many moved."""
    now = clock.now()
    due = Order.objects.everything("the clock").filter(state=OrderState.IN_FORCE, next_at__lte=now)
    listed = list(due.order_by("next_at")[:limit])
    n_moved = release_orders(CLOCK, [order for order in listed if order.ends_at <= now], "the period is over")
    for order in listed:
        try:
            n_moved += order.ends_at > now and _move(order)
        except Conflict as fault:
            _log.warning("order %s waits for the next round: %s", order.id, fault.code)
    return n_moved


def _move(order: Order) -> bool:
    now = clock.now()
    same = Order.objects.everything("compare and set").filter(
        id=order.id, state=OrderState.IN_FORCE, next_at=order.next_at
    )
    following = rules.next_change(order.phases, now)
    if not rules.next_review(order.phases, now):
        return bool(same.update(next_at=following))
    with acting(
        CLOCK, Permission.DUTY_ASSIGN, order.area_code, "order.review", ("order", order.id)
    ) as record:
        if not same.update(next_at=following):
            raise Conflict("measures.moved", "Another worker moved this order.", "Nothing to do.")
        record.detail = {"n_duties": create_duties(duties_of([order]), CLOCK)}
    return True
