"""An order in force makes its duties; a settled duty marks the contact; a released order releases it."""

from __future__ import annotations

from tongzhou.core.access import system_actor
from tongzhou.server.access.actions import acting
from tongzhou.server.access.rules import Permission
from tongzhou.server.cases.actions import mark_contact
from tongzhou.server.cases.models import Contact, Decided
from tongzhou.server.duties.actions import create_duties
from tongzhou.server.duties.models import Duty
from tongzhou.server.kernel.models import Fact
from tongzhou.server.kernel.outbox import consumes
from tongzhou.server.measures.advancing import advance_order
from tongzhou.server.measures.drafting import orders_in_force
from tongzhou.server.measures.duties import duties_of
from tongzhou.server.measures.models import Order, OrderState

PLAYBOOKS = system_actor("playbooks")


@consumes("order.confirmed")
def owe_duties(fact: Fact) -> None:
    """Make the duties of an order that came into force."""
    order = Order.objects.everything("playbook").get(id=fact.payload["order"])
    if order.state == OrderState.IN_FORCE:
        make_duties(order)


@consumes("orders.confirmed")
def owe_many(fact: Fact) -> None:
    """Make the duties of many orders that came into force together."""
    orders = list(
        Order.objects.everything("playbook").filter(id__in=fact.payload["orders"], state=OrderState.IN_FORCE)
    )
    with acting(PLAYBOOKS, Permission.DUTY_ASSIGN, fact.area_code, "order.duties") as record:
        drafts = [draft for order in orders for draft in duties_of(order)]
        record.detail = {"n_orders": len(orders), "n_duties": create_duties(drafts, PLAYBOOKS)}


def make_duties(order: Order) -> None:
    """Make what an order in force owes and nobody owes yet. Records: order.duties. Idempotent by duty."""
    with acting(
        PLAYBOOKS, Permission.DUTY_ASSIGN, order.area_code, "order.duties", ("order", order.id)
    ) as record:
        record.detail = {"n_duties": create_duties(duties_of(order), PLAYBOOKS)}


@consumes("duty.done")
def mark_progress(fact: Fact) -> None:
    """Note that a contact was located and managed when the first duties of their order are done."""
    if fact.payload["kind"] not in ("inform_person", "hand_over") or fact.payload["subject"][0] != "order":
        return
    order = Order.objects.everything("playbook").get(id=fact.payload["subject"][1])
    duty = Duty.objects.everything("playbook").get(id=fact.payload["duty"])
    if duty.evidence.get("outcome") == "not_found":
        return
    managed = duty.done_at if order.kind != "central_quarantine" or duty.kind == "hand_over" else None
    for contact in _contacts_of(order):
        mark_contact(PLAYBOOKS, contact, located_at=duty.done_at, managed_at=managed)


@consumes("duty.done")
def end_after_review(fact: Fact) -> None:
    """Take an order on whose review found that its conditions are met: to its next phase, or to its end."""
    if fact.payload["kind"] != "review_order":
        return
    duty = Duty.objects.everything("playbook").get(id=fact.payload["duty"])
    order = Order.objects.everything("playbook").get(id=duty.subject_id)
    if duty.evidence.get("outcome") == "ends" and order.state == OrderState.IN_FORCE:
        advance_order(PLAYBOOKS, order, "the review found its conditions met")


@consumes("order.released")
def release_contact(fact: Fact) -> None:
    """Release the contacts of a person whose last order ended; what other orders owe goes on."""
    order = Order.objects.everything("playbook").get(id=fact.payload["order"])
    others = orders_in_force([order.person_id]).get(order.person_id, [])
    for other in others:
        make_duties(other)
    if not others:
        for contact in _contacts_of(order):
            mark_contact(PLAYBOOKS, contact, released_at=order.released_at)


def _contacts_of(order: Order) -> list[Contact]:
    """Return the standing contacts that an order serves: its person's, whichever case they belong to."""
    if order.contact_id is None:
        return []
    standing = Contact.objects.everything("playbook").filter(person_id=order.person_id)
    return list(standing.exclude(decision=Decided.REJECTED))
