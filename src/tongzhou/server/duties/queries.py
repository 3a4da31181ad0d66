"""Scoped reads of duties: boards, lists, one duty."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from tongzhou.core.access import Actor
from tongzhou.server.access.queries import not_visible, scope_for
from tongzhou.server.access.rules import Permission
from tongzhou.server.duties.models import Duty
from tongzhou.server.kernel.records import ScopedQuerySet, prefix_range

OPEN = Q(done_at=None, refused_at=None, cancelled_at=None)


def visible_duties(actor: Actor) -> ScopedQuerySet:
    """Return the duties an actor may read: in their areas, for the posts' own people."""
    return Duty.objects.all().within(scope_for(actor, Permission.DUTY_READ)).select_related("holder")


def access_duty(actor: Actor, duty_id: object) -> Duty:
    """Return one duty; absent and out of scope raise the same NotVisible."""
    duty = visible_duties(actor).filter(id=duty_id).first()
    if duty is None:
        raise not_visible(actor, Permission.DUTY_READ, "duty", duty_id)
    return duty


def open_duties(actor: Actor, area_prefix: str = "") -> ScopedQuerySet:
    """Return the open duties of an area, most urgent first."""
    return visible_duties(actor).filter(OPEN).filter(prefix_range("area_code", area_prefix))


def duties_of_holder(actor: Actor, until: datetime) -> ScopedQuerySet:
    """Return the actor's own open duties that start before `until`, most urgent first."""
    return visible_duties(actor).filter(OPEN, holder_id=actor.account_id, starts_at__lt=until)


def late_duties(actor: Actor, now: datetime, area_prefix: str = "") -> ScopedQuerySet:
    """Return the open duties of an area whose time is over, longest first."""
    return open_duties(actor, area_prefix).filter(due_at__lte=now)
