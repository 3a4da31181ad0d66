"""Scoped reads of orders, zones and appeals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from tongzhou.core.access import Actor, Scope
from tongzhou.server.access.models import Account
from tongzhou.server.access.queries import not_visible, scope_for
from tongzhou.server.access.rules import Permission
from tongzhou.server.audit.models import Event
from tongzhou.server.kernel.records import ScopedQuerySet, prefix_range
from tongzhou.server.measures.models import Appeal, Order, Zone


def visible_orders(actor: Actor, area_prefix: str = "") -> ScopedQuerySet:
    """Return the orders an actor may read: in their areas."""
    orders = Order.objects.all().within(scope_for(actor, Permission.ORDER_READ))
    return orders.filter(prefix_range("area_code", area_prefix)).select_related("person", "case")


def access_order(actor: Actor, order_id: object) -> Order:
    """Return one order in the actor's areas; absent and forbidden look alike."""
    order = visible_orders(actor).select_related("contact").filter(id=order_id).first()
    if order is None:
        raise not_visible(actor, Permission.ORDER_READ, "order", order_id)
    return order


def pick_orders(actor: Actor, ids: Iterable[str]) -> list[Order]:
    """Return the named orders that the actor may read, in the order of their numbers; others are left out."""
    found = visible_orders(actor).filter(id__in=[text for text in ids if is_uuid(text)])
    return list(found.order_by("number"))


def is_uuid(text: str) -> bool:
    """Tell whether a text names a record."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def filtered_orders(actor: Actor, wanted: Mapping[str, str]) -> ScopedQuerySet:
    """Return the visible orders with the ``kind, state, case, area, q`` asked for, latest first.

    Page over its identifiers and read the rows with `orders_in_order`: sorting whole rows costs many times more.
    """
    orders = visible_orders(actor, wanted.get("area", ""))
    exact = {name: wanted[name] for name in ("kind", "state") if wanted.get(name)}
    if wanted.get("case"):
        exact["case_id"] = wanted["case"] if is_uuid(wanted["case"]) else UUID(int=0)
    if wanted.get("q"):
        exact["number__startswith"] = wanted["q"].strip().upper()
    return orders.filter(**exact).order_by("-starts_at", "id")


def orders_in_order(actor: Actor, identifiers: Sequence[object]) -> list[Order]:
    """Return the visible ones of some orders in the order given, as a page of identifiers reads them."""
    found = {order.id: order for order in visible_orders(actor).filter(id__in=identifiers)}
    return [found[identifier] for identifier in identifiers if identifier in found]


def beyond_rule(actor: Actor, model: type[Order] | type[Zone]) -> ScopedQuerySet:
    """Return what is in force or waiting in the actor's areas and stricter than its pack."""
    visible = visible_orders(actor) if model is Order else visible_zones(actor)
    return visible.filter(state__in=["in_force", "awaiting_second"]).exclude(findings=[])


def history_of(kind: str, identifier: object) -> list[tuple[Event, str]]:
    """Return the audit events of a record that the caller may see, oldest first, with who acted."""
    events = Event.objects.everything("history of a visible record").filter(
        subject_kind=kind, subject_id=str(identifier)
    )
    return with_names(list(events.order_by("seq")[:200]))


def with_names(events: list[Event]) -> list[tuple[Event, str]]:
    """Return events with the name of whoever acted."""
    known = names_of_accounts({event.actor_id for event in events})
    return [(event, known.get(event.actor_id, event.actor_id)) for event in events]


def names_of_accounts(ids: set[str]) -> dict[str, str]:
    """Return display names by account; the system's own parts are not in it."""
    numbers = [text for text in ids if text.isdigit() or is_uuid(text)]
    accounts = Account.objects.filter(id__in=numbers).values_list("id", "display_name", "username")
    return {str(number): name or username for number, name, username in accounts}


def own_orders(actor: Actor) -> ScopedQuerySet:
    """Return the orders about the actor, in force or ended, never drafts."""
    own = Order.objects.all().within(Scope(person_id=actor.person_id))
    return own.filter(state__in=["in_force", "released"])


def access_own_order(actor: Actor, order_id: object) -> Order:
    """Return one order about the actor; anybody else's looks absent."""
    order = own_orders(actor).filter(id=order_id).select_related("person").first()
    if order is None:
        raise not_visible(actor, Permission.OWN_READ, "order", order_id)
    return order


def visible_zones(actor: Actor, area_prefix: str = "") -> ScopedQuerySet:
    """Return the zones of the actor's areas."""
    zones = Zone.objects.all().within(scope_for(actor, Permission.SITUATION_READ))
    return zones.filter(prefix_range("area_code", area_prefix))


def access_zone(actor: Actor, zone_id: object) -> Zone:
    """Return one zone; absent and forbidden look alike."""
    zone = visible_zones(actor).filter(id=zone_id).first()
    if zone is None:
        raise not_visible(actor, Permission.SITUATION_READ, "zone", zone_id)
    return zone


def visible_appeals(actor: Actor) -> ScopedQuerySet:
    """Return the appeals the actor may decide on, those that wait longest first."""
    appeals = Appeal.objects.all().within(scope_for(actor, Permission.APPEAL_DECIDE))
    return appeals.select_related("order", "order__person").order_by("recorded_at")


def access_appeal(actor: Actor, appeal_id: object) -> Appeal:
    """Return one appeal of an order the actor may decide on."""
    appeal = visible_appeals(actor).filter(id=appeal_id).first()
    if appeal is None:
        raise not_visible(actor, Permission.APPEAL_DECIDE, "appeal", appeal_id)
    return appeal
