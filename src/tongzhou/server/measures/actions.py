"""Confirm, change, approve, reject and release orders; appeals."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from tongzhou.core.access import Actor, system_actor
from tongzhou.core.errors import Conflict, Denied, InputError
from tongzhou.policy import MeasureFacts, SubjectFacts, check_measure
from tongzhou.server.access.actions import acting
from tongzhou.server.access.rules import Permission
from tongzhou.server.cases.packs import pack_named
from tongzhou.server.duties.actions import DutyDraft, cancel_duties, create_duty
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.outbox import publish
from tongzhou.server.measures import rules
from tongzhou.server.measures.models import Appeal, AppealState, Order, OrderState

SECOND_WITHIN = timedelta(hours=2)
APPEAL_WITHIN = timedelta(hours=24)


def confirm_order(actor: Actor, order: Order) -> Order:
    """Put a draft in force; one stricter than the rule waits for a second person instead.

    Needs: order.confirm in the order's area. Writes: Order, a duty to approve where needed. Records:
    order.confirm, publishes ``order.confirmed``. Confirming again changes nothing. Raises Conflict when
    it is settled otherwise or its time is already over.
    """
    with acting(
        actor, Permission.ORDER_CONFIRM, order.area_code, "order.confirm", ("order", order.id)
    ) as record:
        order = Order.objects.everything("locked").select_for_update().get(id=order.id)
        if order.state in (OrderState.IN_FORCE, OrderState.AWAITING_SECOND):
            return order
        _require_state(order, OrderState.DRAFT)
        if order.ends_at <= clock.now():
            raise Conflict(
                "measures.over", "The period of this order is already over.", "Draft the orders again."
            )
        refuse_forbidden(order.findings)
        stamp = {"confirmed_by": actor.account_id, "confirmed_at": clock.now()}
        if order.findings:
            _set(order, state=OrderState.AWAITING_SECOND, **stamp)
            _owe_second(actor, order)
        else:
            _set(
                order,
                state=OrderState.IN_FORCE,
                next_at=rules.next_change(order.phases, clock.now()),
                **stamp,
            )
            publish("order.confirmed", order.area_code, {"order": str(order.id)})
        record.detail = {"rule": order.rule_id, "pack": order.pack, "is_stricter": bool(order.findings)}
    return order


def refuse_forbidden(findings: list[dict[str, Any]]) -> None:
    """Raise Denied for a measure that no second person and no reason can allow."""
    absolute = next((finding for finding in findings if finding["is_absolute"]), None)
    if absolute:
        raise Denied(
            "measures.forbidden",
            f"Prohibition {absolute['clause']}: {absolute['says_zh']} {absolute['says_en']}",
            f"{absolute['ground_zh']} {absolute['ground_en']}",
        )


def confirm_orders(actor: Actor, orders: Iterable[Order]) -> tuple[list[Order], list[tuple[Order, str]]]:
    """Confirm many, each in its own transaction; return those confirmed and those refused with the reason."""
    done: list[Order] = []
    refused: list[tuple[Order, str]] = []
    for order in orders:
        try:
            done.append(confirm_order(actor, order))
        except (Conflict, Denied, InputError) as fault:
            refused.append((order, str(fault)))
    return done, refused


def change_draft(actor: Actor, order: Order, *, ends_at: datetime) -> Order:
    """Change when a draft's last phase ends; going beyond the rule is found and shown at once.

    Needs: order.confirm. Writes: Order. Records: order.change. Raises InputError when it would end before it
    starts, Conflict when it is no draft any more.
    """
    with acting(
        actor, Permission.ORDER_CONFIRM, order.area_code, "order.change", ("order", order.id)
    ) as record:
        order = Order.objects.everything("locked").select_for_update().get(id=order.id)
        _require_state(order, OrderState.DRAFT)
        last = order.phases[-1]
        if ends_at <= datetime.fromisoformat(last["starts_at"]):
            raise InputError(
                "measures.ends_too_early", "The last phase would end before it starts.", "Choose a later end."
            )
        phases = [*order.phases[:-1], {**last, "ends_at": ends_at.isoformat()}]
        findings = findings_of(order, phases)
        _set(order, phases=phases, ends_at=ends_at, findings=findings)
        record.detail = {"ends_at": ends_at.isoformat(), "n_findings": len(findings)}
    return order


def findings_of(order: Order, phases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return in which ways an order with these phases goes beyond its pack."""
    pack = pack_named(order.pack, order.pack_version)
    facts = order.facts
    known = SubjectFacts(
        order.person_id,
        last_exposure_at=_instant(facts.get("last_exposure_at")),
        onset_on=datetime.fromisoformat(facts["onset_on"]).date() if facts.get("onset_on") else None,
        sampled_at=_instant(facts.get("sampled_at")),
        conditions=frozenset(facts.get("conditions", ())),
    )
    measure = rules.measure_of_phases(phases, facts.get("subject", ""), len(order.tests), order.starts_at)
    return rules.findings_as_data(check_measure(pack, measure, MeasureFacts(person=known)))


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def approve_order(actor: Actor, order: Order, reason: str) -> Order:
    """Let an order that is stricter than the rule start, as the second person, with a reason.

    Needs: order.approve in the order's area, and not being the one who confirmed it. Writes: Order.
    Records: order.approve, publishes ``order.confirmed``.
    """
    if len(reason.strip()) < 10:
        raise InputError(
            "measures.no_reason",
            "Going beyond the rule needs a reason of ten characters.",
            "Name the ground.",
        )
    if actor.account_id == order.confirmed_by:
        raise Denied(
            "measures.same_person",
            "The second person must be another one.",
            "Ask a colleague with the right.",
        )
    with acting(
        actor, Permission.ORDER_APPROVE, order.area_code, "order.approve", ("order", order.id)
    ) as record:
        order = Order.objects.everything("locked").select_for_update().get(id=order.id)
        _require_state(order, OrderState.AWAITING_SECOND)
        _set(
            order,
            state=OrderState.IN_FORCE,
            approved_by=actor.account_id,
            approval_reason=reason.strip()[:300],
            next_at=rules.next_change(order.phases, clock.now()),
        )
        cancel_duties(actor, ("order", str(order.id)), "approved", kind="approve_stricter")
        record.detail = {"n_findings": len(order.findings)}
        publish("order.confirmed", order.area_code, {"order": str(order.id)})
    return order


def reject_order(actor: Actor, order: Order, reason: str) -> Order:
    """Drop a draft or a waiting order, with a reason. Needs: order.confirm. Records: order.reject."""
    if len(reason.strip()) < 2:
        raise InputError(
            "measures.no_reason", "Rejecting an order needs a reason.", "Say why in a few words."
        )
    with acting(actor, Permission.ORDER_CONFIRM, order.area_code, "order.reject", ("order", order.id)):
        order = Order.objects.everything("locked").select_for_update().get(id=order.id)
        if order.state == OrderState.REJECTED:
            return order
        _require_state(order, OrderState.DRAFT, OrderState.AWAITING_SECOND)
        _set(order, state=OrderState.REJECTED, release_reason=reason.strip()[:300], next_at=None)
        cancel_duties(actor, ("order", str(order.id)), "rejected")
    return order


def release_order(actor: Actor, order: Order, reason: str) -> Order:
    """End an order in force now; its open duties end with it.

    Needs: order.confirm (or the system, when the time is over). Writes: Order, Duty. Records: order.release,
    publishes ``order.released``. Releasing again changes nothing.
    """
    with acting(
        actor, Permission.ORDER_CONFIRM, order.area_code, "order.release", ("order", order.id)
    ) as record:
        order = Order.objects.everything("locked").select_for_update().get(id=order.id)
        if order.state == OrderState.RELEASED:
            return order
        _require_state(order, OrderState.IN_FORCE)
        _set(
            order,
            state=OrderState.RELEASED,
            released_at=clock.now(),
            release_reason=reason.strip()[:300],
            next_at=None,
        )
        n_ended = cancel_duties(actor, ("order", str(order.id)), "released")
        record.detail = {"n_duties_ended": n_ended}
        publish("order.released", order.area_code, {"order": str(order.id)})
    return order


def open_appeal(actor: Actor, order: Order, text: str) -> Appeal:
    """Object to one's own order; an answer is owed within a day.

    Needs: being the person of the order. Writes: Appeal, Duty. Records: appeal.open, publishes
    ``appeal.opened``.
    """
    if actor.person_id != order.person_id:
        raise Denied("measures.not_yours", "Only the person concerned may appeal.", "Sign in as that person.")
    if len(text.strip()) < 5:
        raise InputError(
            "measures.empty_appeal", "The appeal is empty.", "Say in your own words what is wrong."
        )

    desk = system_actor("appeals")
    with acting(desk, Permission.OWN_READ, order.area_code, "appeal.open", ("order", order.id)):
        appeal = Appeal.objects.create(area_code=order.area_code, order=order, text=text.strip()[:4000])
        create_duty(
            DutyDraft(
                kind="answer_appeal",
                subject=("appeal", str(appeal.id)),
                area_code=order.area_code,
                due_at=clock.now() + APPEAL_WITHIN,
                dedupe_key=f"appeal:{appeal.id}",
                params={"number": order.number},
            ),
            actor,
        )
        publish("appeal.opened", order.area_code, {"appeal": str(appeal.id)})
    return appeal


def decide_appeal(actor: Actor, appeal: Appeal, is_granted: bool, answer: str) -> Appeal:
    """Answer an appeal; granting it releases the order.

    Needs: appeal.decide, and not being the one who confirmed the order. Writes: Appeal, Order, Duty.
    Records: appeal.decide.
    """
    if len(answer.strip()) < 5:
        raise InputError("measures.no_answer", "An appeal needs an answer in words.", "Explain the decision.")
    if actor.account_id == appeal.order.confirmed_by:
        raise Denied("measures.same_person", "Whoever confirmed the order cannot decide.", "Ask a colleague.")
    with acting(
        actor, Permission.APPEAL_DECIDE, appeal.area_code, "appeal.decide", ("appeal", appeal.id)
    ) as record:
        appeal = Appeal.objects.everything("locked").select_for_update().get(id=appeal.id)
        if appeal.state != AppealState.OPEN:
            raise Conflict("measures.appeal_decided", "This appeal is decided already.", "Reload the page.")
        appeal.state = AppealState.GRANTED if is_granted else AppealState.DISMISSED
        appeal.answer, appeal.decided_by, appeal.decided_at = answer.strip(), actor.account_id, clock.now()
        appeal.save(update_fields=["state", "answer", "decided_by", "decided_at"])
        cancel_duties(actor, ("appeal", str(appeal.id)), "answered")
        record.detail = {"is_granted": is_granted}
        if is_granted and appeal.order.state == OrderState.IN_FORCE:
            release_order(system_actor("appeals"), appeal.order, "appeal granted")
    return appeal


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
