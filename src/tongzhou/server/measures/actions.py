"""Confirm, change, approve, reject and release orders."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from tongzhou.core.access import Actor
from tongzhou.core.errors import Conflict, Denied, InputError
from tongzhou.policy import SubjectKind
from tongzhou.server.access.actions import acting
from tongzhou.server.access.rules import Permission, is_allowed
from tongzhou.server.cases.packs import pack_named
from tongzhou.server.duties.actions import (
    DutyDraft,
    cancel_duties,
    cancel_duties_of,
    create_duty,
    settle_duties,
)
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.outbox import publish
from tongzhou.server.measures import rules
from tongzhou.server.measures.drafting import count_again, orders_in_force
from tongzhou.server.measures.models import Order, OrderState

SECOND_WITHIN = timedelta(hours=2)


def confirm_order(actor: Actor, order: Order) -> Order:
    """Put a draft in force from now on; one stricter than the rule waits for a second person instead.

    Needs: order.confirm in the order's area. Writes: Order, a duty to approve where needed. Records:
    order.confirm, publishes ``order.confirmed``. Confirming again changes nothing. Raises Conflict when
    it is settled otherwise, its time is already over, or another order of the person reaches as far.
    """
    with acting(
        actor, Permission.ORDER_CONFIRM, order.area_code, "order.confirm", ("order", order.id)
    ) as record:
        order = lock_order(order)
        if order.state in (OrderState.IN_FORCE, OrderState.AWAITING_SECOND):
            return order
        _require_state(order, OrderState.DRAFT)
        _count_again(order)
        refuse_forbidden(order.findings)
        order.confirmed_by, order.confirmed_at = actor.account_id, clock.now()
        if order.findings:
            _refuse_covered(order)
            order.state = OrderState.AWAITING_SECOND
            _owe_second(actor, order)
        else:
            _start(actor, order)
        order.save()
        record.detail = {"rule": order.rule_id, "pack": order.pack, "is_stricter": bool(order.findings)}
    return order


def lock_order(order: Order) -> Order:
    """Return an order as it stands now, locked; raise Conflict when it is gone."""
    found = Order.objects.everything("locked").select_for_update().filter(id=order.id).first()
    if found is None:
        raise Conflict(
            "measures.draft_gone",
            "This draft is gone: it was drafted again, or another order of the person reaches as far.",
            "Reload the list.",
        )
    return found


def _count_again(order: Order) -> None:
    if not count_again(order):
        raise Conflict("measures.over", "The period of this order is already over.", "Reject the draft.")


def _start(actor: Actor, order: Order) -> None:
    """Set an order in force; it takes the place of every order of the person that it reaches as far as."""
    for other in _refuse_covered(order):
        if rules.covers(order.phases, other.phases):
            end_order(actor, other, f"replaced by {order.number}")
    drafts = Order.objects.everything("drafts of the person").filter(
        person_id=order.person_id, state=OrderState.DRAFT
    )
    covered = [draft.id for draft in drafts.exclude(id=order.id) if rules.covers(order.phases, draft.phases)]
    drafts.filter(id__in=covered).delete()
    order.state, order.next_at = OrderState.IN_FORCE, rules.next_change(order.phases, clock.now())
    publish("order.confirmed", order.area_code, {"order": str(order.id)})


def _refuse_covered(order: Order) -> list[Order]:
    """Return the person's other orders in force; raise Conflict when one reaches as far as this one."""
    others = orders_in_force([order.person_id]).get(order.person_id, [])
    others = [other for other in others if other.id != order.id]
    for other in others:
        if rules.covers(other.phases, order.phases):
            raise Conflict(
                "measures.covered",
                f"Order {other.number} of the same person is in force and reaches as far.",
                "Reject this draft.",
            )
    return others


def refuse_forbidden(findings: list[dict[str, Any]]) -> None:
    """Raise Denied for a measure that no second person and no reason can allow."""
    absolute = next((finding for finding in findings if finding["is_absolute"]), None)
    if absolute:
        raise Denied(
            "measures.forbidden",
            f"Prohibition {absolute['clause']}: {absolute['says_en']} ({absolute['says_zh']})",
            f"Ground: {absolute['ground_en']} ({absolute['ground_zh']})",
        )


def change_draft(
    actor: Actor, order: Order, *, ends_at: datetime | None = None, conditions: Iterable[str] = ()
) -> Order:
    """Change when a draft's last phase ends and what of the person's life it must respect.

    Going beyond the rule is found and shown at once. Without `ends_at` it ends as the rule says; `conditions`
    name why central quarantine may be spent at home. Needs: order.confirm. Writes: Order. Records:
    order.change. Raises InputError when it would end before it starts or a condition is none of the rule's,
    Conflict when it is no draft any more.
    """
    with acting(
        actor, Permission.ORDER_CONFIRM, order.area_code, "order.change", ("order", order.id)
    ) as record:
        order, conditions = lock_order(order), sorted(set(conditions))
        _require_state(order, OrderState.DRAFT)
        if unknown := set(conditions) - set(home_conditions(order)):
            raise InputError(
                "measures.unknown_condition",
                f"{', '.join(sorted(unknown))} is no condition of this rule.",
                f"Allowed: {', '.join(home_conditions(order)) or 'none'}.",
            )
        if not count_again(order, asked_until=None, conditions=conditions):
            raise Conflict("measures.over", "The period of this order is already over.", "Reject the draft.")
        if ends_at and ends_at <= max(clock.now(), datetime.fromisoformat(order.phases[-1]["starts_at"])):
            raise InputError(
                "measures.ends_too_early", "The last phase would end before it starts.", "Choose a later end."
            )
        if ends_at:
            count_again(order, asked_until=ends_at, conditions=conditions)
        order.save()
        record.detail = {
            "ends_at": order.ends_at.isoformat(), "conditions": conditions, "n_findings": len(order.findings),
        }  # fmt: skip
    return order


def home_conditions(order: Order) -> tuple[str, ...]:
    """Return the conditions under which an order's rule lets central quarantine be spent at home."""
    pack = pack_named(order.pack, order.pack_version)
    rule = pack.order_for(SubjectKind(order.facts["subject"]))
    return rule.home_instead_for if rule else ()


def approve_order(actor: Actor, order: Order, reason: str) -> Order:
    """Let an order that is stricter than the rule start, as the second person, with a reason.

    Needs: order.approve in the order's area, and not being the one who confirmed it. Writes: Order.
    Records: order.approve, publishes ``order.confirmed``. Raises Conflict when its time is over by now.
    """
    with acting(
        actor, Permission.ORDER_APPROVE, order.area_code, "order.approve", ("order", order.id)
    ) as record:
        order = lock_order(order)
        require_second(actor, order.confirmed_by, reason)
        _require_state(order, OrderState.AWAITING_SECOND)
        _count_again(order)
        refuse_forbidden(order.findings)
        order.approved_by, order.approval_reason = actor.account_id, reason.strip()[:300]
        _start(actor, order)
        order.save()
        settle_duties(actor, ("order", str(order.id)), "approve_stricter")
        record.detail = {"n_findings": len(order.findings)}
    return order


def require_second(actor: Actor, confirmed_by: str, reason: str) -> None:
    """Raise unless somebody else than the one who confirmed gives a reason of ten characters."""
    if actor.account_id == confirmed_by:
        raise Denied(
            "measures.same_person",
            "The second person must be another one.",
            "Ask a colleague with the right.",
        )
    if len(reason.strip()) < 10:
        raise InputError(
            "measures.no_reason",
            "Going beyond the rule needs a reason of ten characters.",
            "Name the ground.",
        )


def require_reason(actor: Actor, reason: str) -> None:
    """Raise InputError for a person's decision without a reason."""
    if not actor.is_system and len(reason.strip()) < 2:
        raise InputError("measures.no_reason", "This needs a reason.", "Say why in a few words.")


def reject_order(actor: Actor, order: Order, reason: str) -> Order:
    """Drop a draft or a waiting order, with a reason.

    Needs: order.confirm; or order.approve for one that waits for a second person. Records: order.reject.
    """
    require_reason(actor, reason)
    waits = order.state == OrderState.AWAITING_SECOND and not is_allowed(
        actor, Permission.ORDER_CONFIRM, order.area_code
    )
    needed = Permission.ORDER_APPROVE if waits else Permission.ORDER_CONFIRM
    with acting(actor, needed, order.area_code, "order.reject", ("order", order.id)):
        order = lock_order(order)
        if order.state == OrderState.REJECTED:
            return order
        _require_state(order, OrderState.AWAITING_SECOND, *([] if waits else [OrderState.DRAFT]))
        _set(order, state=OrderState.REJECTED, release_reason=reason.strip()[:300], next_at=None)
        settle_duties(actor, ("order", str(order.id)), "approve_stricter")
    return order


def redraft_order(actor: Actor, order: Order) -> Order:
    """Take a rejection back: the order is a draft again, counted from now.

    Needs: order.confirm. Writes: Order. Records: order.redraft. Redrafting a draft changes nothing.
    """
    with acting(actor, Permission.ORDER_CONFIRM, order.area_code, "order.redraft", ("order", order.id)):
        order = lock_order(order)
        if order.state == OrderState.DRAFT:
            return order
        _require_state(order, OrderState.REJECTED)
        _count_again(order)
        order.state, order.release_reason, order.confirmed_by, order.confirmed_at = "draft", "", "", None
        order.save()
    return order


def release_order(actor: Actor, order: Order, reason: str) -> Order:
    """End an order in force now; its open duties end with it.

    Needs: order.confirm (or the system, when the time is over) and a reason. Writes: Order, Duty. Records:
    order.release, publishes ``order.released``. Releasing again changes nothing.
    """
    require_reason(actor, reason)
    with acting(
        actor, Permission.ORDER_CONFIRM, order.area_code, "order.release", ("order", order.id)
    ) as record:
        order = lock_order(order)
        if order.state == OrderState.RELEASED:
            return order
        _require_state(order, OrderState.IN_FORCE)
        record.detail = {"n_duties_ended": end_order(actor, order, reason)}
    return order


def release_orders(actor: Actor, orders: list[Order], reason: str) -> int:
    """End many orders now, as the clock does with those whose time is over; return how many were in force.

    Needs: order.confirm where they all lie. Writes: Order, Duty. Records: order.release_many for each hundred,
    publishes ``orders.released``. One that another worker released is left alone.
    """
    require_reason(actor, reason)
    n_released = 0
    for start in range(0, len(orders), 100):
        asked = [order.id for order in orders[start : start + 100]]
        with acting(actor, Permission.ORDER_CONFIRM, "", "order.release_many") as record:
            standing = (
                Order.objects.everything("locked")
                .select_for_update()
                .filter(id__in=asked, state=OrderState.IN_FORCE)
            )
            ids = [str(order_id) for order_id in standing.values_list("id", flat=True)]
            Order.objects.everything("locked above").filter(id__in=ids).update(
                state=OrderState.RELEASED,
                released_at=clock.now(),
                release_reason=reason.strip()[:300],
                next_at=None,
            )
            publish("orders.released", "", {"orders": ids})
            record.detail = {
                "orders": ids,
                "n_duties_ended": cancel_duties_of(actor, "order", ids, "released"),
            }
            n_released += len(ids)
    return n_released


def end_order(actor: Actor, order: Order, reason: str) -> int:
    """End an order and its open duties within the running action; return how many duties ended."""
    stamp = {"released_at": clock.now(), "release_reason": reason.strip()[:300], "next_at": None}
    _set(order, state=OrderState.RELEASED, **stamp)
    publish("order.released", order.area_code, {"order": str(order.id)})
    return cancel_duties(actor, ("order", str(order.id)), "released")


def _set(order: Order, **changes: Any) -> None:
    for name, value in changes.items():
        setattr(order, name, value)
    order.save(update_fields=list(changes))


def _require_state(order: Order, *states: OrderState) -> None:
    if order.state not in states:
        raise Conflict("measures.wrong_state", f"This order is {order.state} already.", "Reload the page.")


def _owe_second(actor: Actor, order: Order) -> None:
    create_duty(
        DutyDraft(
            kind="approve_stricter",
            subject=("order", str(order.id)),
            area_code=order.area_code,
            due_at=clock.now() + SECOND_WITHIN,
            dedupe_key=f"approve:{order.id}",
            params={"number": order.number},
        ),
        actor,
    )
