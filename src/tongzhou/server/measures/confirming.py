"""Confirm many orders: the plain ones a hundred at a time, the others one by one with all their checks.

An order is plain when its draft is within the rule and its person has no other order or draft.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from tongzhou.core.access import Actor
from tongzhou.core.errors import Conflict, Denied, InputError
from tongzhou.server.access.actions import acting
from tongzhou.server.access.rules import Permission, is_allowed
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.bulk import write_changes
from tongzhou.server.kernel.outbox import publish
from tongzhou.server.measures import rules
from tongzhou.server.measures.actions import confirm_order
from tongzhou.server.measures.drafting import count_again
from tongzhou.server.measures.models import Order, OrderState

CHUNK = 100
CHANGED = [
    "state",
    "confirmed_by",
    "confirmed_at",
    "next_at",
    "phases",
    "tests",
    "facts",
    "starts_at",
    "ends_at",
]
CHANGED += ["reason_zh", "reason_en", "findings", "kind"]

Refused = list[tuple[Order, str]]


def confirm_orders(actor: Actor, orders: Iterable[Order]) -> tuple[list[Order], Refused]:
    """Confirm many; return those confirmed and those refused with the reason.

    Each hundred is one transaction with one audit event (order.confirm_many) and one fact
    (``orders.confirmed``): after a crash a hundred is confirmed or it is not, and confirming again is safe.
    """
    listed = list(orders)
    done: list[Order] = []
    left: list[Order] = []
    for start in range(0, len(listed), CHUNK):
        some = listed[start : start + CHUNK]
        mine = [order for order in some if is_allowed(actor, Permission.ORDER_CONFIRM, order.area_code)]
        plain = _confirm_plain(actor, mine) if mine else []
        done += plain
        names = {order.id for order in plain}
        left += [order for order in some if order.id not in names]
    refused: Refused = []
    for order in left:
        try:
            done.append(confirm_order(actor, order))
        except (Conflict, Denied, InputError) as fault:
            refused.append((order, str(fault)))
    return done, refused


def _confirm_plain(actor: Actor, orders: list[Order]) -> list[Order]:
    """Put the plain ones among some drafts in force in one transaction; return them."""
    area = _shared_prefix([order.area_code for order in orders])
    where = area if is_allowed(actor, Permission.ORDER_CONFIRM, area) else orders[0].area_code
    now = clock.now()
    with acting(actor, Permission.ORDER_CONFIRM, where, "order.confirm_many") as record:
        ids = [order.id for order in orders]
        drafts = list(
            Order.objects.everything("locked").select_for_update().filter(id__in=ids, state=OrderState.DRAFT)
        )
        crowded = _with_other_orders([draft.person_id for draft in drafts])
        plain = [draft for draft in drafts if draft.person_id not in crowded and count_again(draft)]
        plain = [draft for draft in plain if not draft.findings]
        for order in plain:
            order.state, order.confirmed_by, order.confirmed_at = OrderState.IN_FORCE, actor.account_id, now
            order.next_at = rules.next_change(order.phases, now)
        write_changes(plain, CHANGED)
        if plain:
            publish("orders.confirmed", where, {"orders": [str(order.id) for order in plain]})
        record.detail = {
            "orders": [str(order.id) for order in plain],
            "pack": sorted({o.pack for o in plain}),
        }
    return plain


def _with_other_orders(persons: list[int]) -> set[int]:
    """Return the persons among some that have more than one draft, or any order that waits or is in force."""
    live = Order.objects.everything("one person, several cases").filter(
        person_id__in=persons,
        state__in=[OrderState.DRAFT, OrderState.AWAITING_SECOND, OrderState.IN_FORCE],
    )
    counted = Counter(live.values_list("person_id", flat=True))
    return {person for person, n in counted.items() if n > 1}


def _shared_prefix(codes: list[str]) -> str:
    """Return the longest area code that holds all of some areas.

    >>> _shared_prefix(["440305001001", "440306001001"])
    '4403'
    """
    first, last = min(codes), max(codes)
    n = next(
        (i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last))
    )
    return first[: n - n % 2 if n <= 6 else n - n % 3]
