"""An order in force makes its duties; a settled duty marks the contact; a released order releases it."""

from __future__ import annotations

from tongzhou.core.access import system_actor
from tongzhou.server.access.actions import acting
from tongzhou.server.access.rules import Permission
from tongzhou.server.cases.actions import mark_contact
from tongzhou.server.duties.actions import create_duties
from tongzhou.server.duties.models import Duty
from tongzhou.server.kernel.models import Fact
from tongzhou.server.kernel.outbox import consumes
from tongzhou.server.measures.duties import duties_of
from tongzhou.server.measures.models import Order, OrderState

PLAYBOOKS = system_actor("playbooks")


@consumes("order.confirmed")
def owe_duties(fact: Fact) -> None:
    """Make the duties of an order that came into force."""
    order = Order.objects.everything("playbook").select_related("contact").get(id=fact.payload["order"])
    if order.state != OrderState.IN_FORCE:
        return
    with acting(
        PLAYBOOKS, Permission.DUTY_ASSIGN, order.area_code, "order.duties", ("order", order.id)
    ) as record:
        record.detail = {"n_duties": create_duties(duties_of(order), PLAYBOOKS)}


@consumes("duty.done")
def mark_progress(fact: Fact) -> None:
    """Note that a contact was located and managed when its first duties are done."""
    if fact.payload["kind"] not in ("inform_person", "hand_over") or fact.payload["subject"][0] != "order":
        return
    order = Order.objects.everything("playbook").select_related("contact").get(id=fact.payload["subject"][1])
    duty = Duty.objects.everything("playbook").get(id=fact.payload["duty"])
    if order.contact is None or duty.evidence.get("outcome") == "not_found":
        return
    managed = duty.done_at if order.kind != "central_quarantine" or duty.kind == "hand_over" else None
    mark_contact(PLAYBOOKS, order.contact, located_at=duty.done_at, managed_at=managed)


@consumes("order.released")
def release_contact(fact: Fact) -> None:
    """Release the contact whose last order ended."""
    order = Order.objects.everything("playbook").select_related("contact").get(id=fact.payload["order"])
    if order.contact is not None:
        mark_contact(PLAYBOOKS, order.contact, released_at=order.released_at)
