"""Take an order on when the conditions that end its phase are met: to what its rule asks next, or to its end."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from tongzhou.core.access import Actor
from tongzhou.core.errors import Conflict
from tongzhou.policy import SubjectKind
from tongzhou.server.access.actions import acting
from tongzhou.server.access.rules import Permission
from tongzhou.server.cases.packs import pack_named
from tongzhou.server.duties.actions import cancel_duties, settle_duties
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.outbox import publish
from tongzhou.server.measures import rules
from tongzhou.server.measures.actions import end_order, lock_order, require_reason
from tongzhou.server.measures.drafting import facts_of, lay_out
from tongzhou.server.measures.models import Order, OrderState


def advance_order(actor: Actor, order: Order, reason: str) -> Order:
    """Note that the conditions of an order are met; what its rule asks next begins now, or the order ends.

    Needs: order.confirm in the order's area, and a reason. Writes: Order, Duty. Records: order.advance, publishes
    ``order.confirmed`` for the next phase or ``order.released``. Advancing again changes nothing. Raises Conflict
    when the order is not in force, or ends by a date.
    """
    require_reason(actor, reason)
    with acting(
        actor, Permission.ORDER_CONFIRM, order.area_code, "order.advance", ("order", order.id)
    ) as record:
        order = lock_order(order)
        if order.facts.get("conditions_met_at"):
            return order
        if order.state != OrderState.IN_FORCE or not rules.is_open_ended(order.phases):
            raise Conflict(
                "measures.not_open",
                "This order is not in force, or ends by a date and not by conditions.",
                "Reload the page.",
            )
        following = what_follows(order, clock.now())
        if following is None:
            record.detail = {"n_duties_ended": end_order(actor, order, reason)}
            return order
        settle_duties(actor, ("order", str(order.id)), "review_order")
        _continue(order, following)
        n_ended = cancel_duties(actor, ("order", str(order.id)), "advanced", "test_due")
        record.detail = {"reason": reason.strip()[:300], "to": order.kind, "n_duties_ended": n_ended}
        publish("order.confirmed", order.area_code, {"order": str(order.id)})
    return order


def what_follows(order: Order, now: datetime) -> dict[str, Any] | None:
    """Return what the rule of an open-ended order asks after it, were its conditions met now."""
    facts = replace(facts_of(order), conditions_met_at=now)
    pack = pack_named(order.pack, order.pack_version)
    return lay_out(pack, facts, SubjectKind(order.facts["subject"]), now)


def _continue(order: Order, following: dict[str, Any]) -> None:
    """Close the open phase and add the ones that follow; the order keeps its number and its start."""
    now = clock.now()
    closed = [{**order.phases[-1], "ends_at": now.isoformat(), "review_at": None}]
    order.phases = [*order.phases[:-1], *closed, *following["phases"]]
    order.tests = [*order.tests, *following["tests"]]
    order.facts = {**order.facts, **following["facts"]}
    for name in ("kind", "ends_at", "reason_zh", "reason_en"):
        setattr(order, name, following[name])
    order.next_at = rules.next_change(order.phases, now)
    order.save()
