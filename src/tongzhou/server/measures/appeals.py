"""Appeals: a person objects to their own order, somebody who did not decide it answers within a day."""

from __future__ import annotations

from datetime import timedelta

from tongzhou.core.access import Actor, system_actor
from tongzhou.core.errors import Conflict, Denied, InputError
from tongzhou.server.access.actions import acting
from tongzhou.server.access.rules import Permission
from tongzhou.server.duties.actions import DutyDraft, create_duty, settle_duties
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.outbox import publish
from tongzhou.server.measures.actions import release_order
from tongzhou.server.measures.models import Appeal, AppealState, Order, OrderState

APPEAL_WITHIN = timedelta(hours=24)
DESK = system_actor("appeals")


def open_appeal(actor: Actor, order: Order, text: str) -> Appeal:
    """Object to one's own order; an answer is owed within a day.

    Needs: being the person of the order. Writes: Appeal, Duty. Records: appeal.open, publishes
    ``appeal.opened``. Raises Conflict while an earlier appeal against the order waits for its answer.
    """
    if actor.person_id is None or actor.person_id != order.person_id:
        raise Denied("measures.not_yours", "Only the person concerned may appeal.", "Sign in as that person.")
    if len(text.strip()) < 5:
        raise InputError(
            "measures.empty_appeal", "The appeal is empty.", "Say in your own words what is wrong."
        )
    with acting(DESK, Permission.OWN_READ, order.area_code, "appeal.open", ("order", order.id)) as record:
        order = Order.objects.everything("locked").select_for_update().get(id=order.id)
        if order.state not in (OrderState.IN_FORCE, OrderState.RELEASED):
            raise Conflict(
                "measures.not_in_force", "This order is not in force.", "There is nothing to undo."
            )
        if Appeal.objects.everything("of the order").filter(order=order, state=AppealState.OPEN).exists():
            raise Conflict(
                "measures.appealed", "An appeal against this order waits already.", "Wait for its answer."
            )
        record.detail = {"by": actor.account_id}
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

    Needs: appeal.decide, and being neither who confirmed nor who approved the order. Writes: Appeal, Order,
    Duty. Records: appeal.decide.
    """
    if len(answer.strip()) < 5:
        raise InputError("measures.no_answer", "An appeal needs an answer in words.", "Explain the decision.")
    with acting(
        actor, Permission.APPEAL_DECIDE, appeal.area_code, "appeal.decide", ("appeal", appeal.id)
    ) as record:
        appeal = Appeal.objects.everything("locked").select_for_update().get(id=appeal.id)
        order = Order.objects.everything("of the appeal").get(id=appeal.order_id)
        if actor.account_id in (order.confirmed_by, order.approved_by):
            raise Denied(
                "measures.same_person", "Whoever decided the order cannot judge it.", "Ask a colleague."
            )
        if appeal.state != AppealState.OPEN:
            raise Conflict("measures.appeal_decided", "This appeal is decided already.", "Reload the page.")
        appeal.state = AppealState.GRANTED if is_granted else AppealState.DISMISSED
        appeal.answer, appeal.decided_by, appeal.decided_at = answer.strip(), actor.account_id, clock.now()
        appeal.save(update_fields=["state", "answer", "decided_by", "decided_at"])
        settle_duties(actor, ("appeal", str(appeal.id)), "answer_appeal")
        record.detail = {"is_granted": is_granted}
        if is_granted and order.state == OrderState.IN_FORCE:
            release_order(DESK, order, "appeal granted")
    return appeal
