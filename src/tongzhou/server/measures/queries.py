"""Scoped reads of orders, zones and appeals."""

from __future__ import annotations

from tongzhou.core.access import Actor, Scope
from tongzhou.server.access.queries import not_visible, scope_for
from tongzhou.server.access.rules import Permission
from tongzhou.server.kernel.records import ScopedQuerySet, prefix_range
from tongzhou.server.measures.models import Appeal, Order, Zone


def visible_orders(actor: Actor, area_prefix: str = "") -> ScopedQuerySet:
    """Return the orders an actor may read: in their areas."""
    orders = Order.objects.all().within(scope_for(actor, Permission.ORDER_READ))
    return orders.filter(prefix_range("area_code", area_prefix)).select_related("person", "case")


def own_orders(actor: Actor) -> ScopedQuerySet:
    """Return the orders about the actor, in force or ended, never drafts."""
    own = Order.objects.all().within(Scope(person_id=actor.person_id))
    return own.filter(state__in=["in_force", "released"])


def access_order(actor: Actor, order_id: object) -> Order:
    """Return one order in the actor's areas, or about the actor; absent and forbidden look alike."""
    order = visible_orders(actor).filter(id=order_id).first() or own_orders(actor).filter(id=order_id).first()
    if order is None:
        raise not_visible(actor, Permission.ORDER_READ, "order", order_id)
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


def access_appeal(actor: Actor, appeal_id: object) -> Appeal:
    """Return one appeal of an order the actor may decide on."""
    appeals = Appeal.objects.all().within(scope_for(actor, Permission.APPEAL_DECIDE)).select_related("order")
    appeal = appeals.filter(id=appeal_id).first()
    if appeal is None:
        raise not_visible(actor, Permission.APPEAL_DECIDE, "appeal", appeal_id)
    return appeal
