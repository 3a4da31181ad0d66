"""The clock of orders: an order ends by itself when its time is over, whether anybody looks or not."""

from __future__ import annotations

from tongzhou.core.access import system_actor
from tongzhou.server.kernel import clock
from tongzhou.server.measures import rules
from tongzhou.server.measures.actions import release_order
from tongzhou.server.measures.models import Order, OrderState

CLOCK = system_actor("clock")


def poll_orders(limit: int = 500) -> int:
    """Release every order whose time is over and move the others to their next phase; return how many moved."""
    now = clock.now()
    due = Order.objects.everything("the clock").filter(state=OrderState.IN_FORCE, next_at__lte=now)
    n_moved = 0
    for order in due.order_by("next_at")[:limit]:
        if order.ends_at <= now:
            release_order(CLOCK, order, "the period is over")
        else:
            same = Order.objects.everything("compare and set").filter(id=order.id, next_at=order.next_at)
            same.update(next_at=rules.next_change(order.phases, now) or order.ends_at)
        n_moved += 1
    return n_moved
