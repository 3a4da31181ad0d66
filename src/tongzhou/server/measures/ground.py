"""Orders stand only as long as their ground: when a case is discarded or a contact rejected, they end."""

from __future__ import annotations

from django.db.models import Q

from tongzhou.core.access import Actor
from tongzhou.core.exposures import Grade
from tongzhou.server.cases.models import Case, Classification, Contact, Decided
from tongzhou.server.measures.actions import reject_order, release_order
from tongzhou.server.measures.drafting import draft_for_case
from tongzhou.server.measures.models import Order, OrderState


def update_orders(actor: Actor, case: Case) -> None:
    """Bring the orders of a case up to what stands: drafts follow, orders without a ground end.

    Needs: order.confirm. Writes: Order, Duty. Idempotent.
    """
    draft_for_case(actor, case)
    withdraw_ungrounded(actor, case)


def withdraw_ungrounded(actor: Actor, case: Case) -> int:
    """End the orders of a case whose ground is gone; return how many.

    Needs: order.confirm. Writes: Order, Duty. Records: order.release or order.reject for each. The persons'
    other cases are drafted again, since an order that ended may have stood for those too.
    """
    live = Order.objects.everything("ground is gone").filter(
        case=case, state__in=[OrderState.IN_FORCE, OrderState.AWAITING_SECOND]
    )
    if case.classification != Classification.DISCARDED:
        gone = Q(contact__decision=Decided.REJECTED) | Q(contact__grade=Grade.NONE.value)
        live = live.filter(gone)
        why = "the contact was rejected"
    else:
        why = "the case was discarded"
    ended = list(live.select_related("contact"))
    for order in ended:
        end = release_order if order.state == OrderState.IN_FORCE else reject_order
        end(actor, order, why)
    draft_other_cases(actor, {order.person_id for order in ended}, case)
    return len(ended)


def draft_other_cases(actor: Actor, persons: set[int], case: Case | None) -> None:
    """Draft again the other open cases that some persons are standing contacts of."""
    if not persons:
        return
    standing = Contact.objects.everything("other grounds of a person").filter(person_id__in=persons)
    standing = standing.exclude(decision=Decided.REJECTED)
    others = Case.objects.everything("other grounds of a person").filter(
        id__in=standing.values("case_id"), outcome=""
    )
    for other in others.exclude(id=case.id if case else None):
        draft_for_case(actor, other)
