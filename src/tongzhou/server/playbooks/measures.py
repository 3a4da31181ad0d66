"""An order in force makes its duties; a settled duty marks the contact; a released order releases it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from tongzhou.core.access import system_actor
from tongzhou.server.access.actions import acting
from tongzhou.server.access.rules import Permission
from tongzhou.server.cases.deciding import mark_contacts
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
        n_duties = create_duties(duties_of(orders), PLAYBOOKS)
        record.detail = {"n_orders": len(orders), "n_duties": n_duties}


def make_duties(order: Order) -> None:
    """Make what an order in force owes and nobody owes yet. Records: order.duties. Idempotent by duty."""
    with acting(
        PLAYBOOKS, Permission.DUTY_ASSIGN, order.area_code, "order.duties", ("order", order.id)
    ) as record:
        record.detail = {"n_duties": create_duties(duties_of([order]), PLAYBOOKS)}


MARKING = ("inform_person", "hand_over")
"""Kinds of duty that tell when a contact was located and managed."""


@consumes("duty.done")
def mark_progress(fact: Fact) -> None:
    """Note that a contact was located and managed when the first duties of their order are done."""
    if fact.payload["kind"] in MARKING:
        mark_progress_of([Duty.objects.everything("playbook").get(id=fact.payload["duty"])])


def mark_progress_of(duties: list[Duty]) -> None:
    """Note what some done duties say of the contacts of their orders, those of one instant together."""
    met = [duty for duty in duties if duty.evidence.get("outcome") != "not_found"]
    orders = Order.objects.everything("playbook").in_bulk(
        [UUID(duty.subject_id) for duty in met if duty.subject_kind == "order"]
    )
    stamped: dict[tuple[datetime, datetime | None], set[int]] = {}
    for duty in met:
        order = orders.get(UUID(duty.subject_id)) if duty.subject_kind == "order" else None
        if order is not None and order.contact_id is not None:
            is_managed = order.kind != "central_quarantine" or duty.kind == "hand_over"
            key = (duty.done_at, duty.done_at if is_managed else None)
            stamped.setdefault(key, set()).add(order.person_id)
    for (located_at, managed_at), persons in stamped.items():
        mark_contacts(PLAYBOOKS, _contacts_of(persons), located_at=located_at, managed_at=managed_at)


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
    release_contacts([fact.payload["order"]])


@consumes("orders.released")
def release_many(fact: Fact) -> None:
    """Release the contacts of many persons whose orders ended together."""
    release_contacts(fact.payload["orders"])


def release_contacts(ids: list[str]) -> None:
    """Release the contacts of the persons of released orders, except of those whom other orders still hold."""
    orders = list(Order.objects.everything("playbook").filter(id__in=ids))
    held = orders_in_force(order.person_id for order in orders)
    for others in held.values():
        for other in others:
            make_duties(other)
    released: dict[datetime, set[int]] = {}
    for order in orders:
        if order.person_id not in held and order.contact_id is not None:
            released.setdefault(order.released_at, set()).add(order.person_id)
    for released_at, persons in released.items():
        mark_contacts(PLAYBOOKS, _contacts_of(persons), released_at=released_at)


def _contacts_of(persons: Iterable[int]) -> list[UUID]:
    """Return the standing contacts of some persons, whichever case they belong to."""
    standing = Contact.objects.everything("playbook").filter(person_id__in=set(persons))
    return list(standing.exclude(decision=Decided.REJECTED).values_list("id", flat=True))
