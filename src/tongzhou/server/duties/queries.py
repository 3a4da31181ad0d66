"""Scoped reads of duties: boards, lists, one duty."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from tongzhou.core.access import Actor
from tongzhou.server.access.queries import find_holder, not_visible, scope_for
from tongzhou.server.access.rules import Permission, is_allowed
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


def holds(actor: Actor, duty: Duty) -> bool:
    """Tell whether an actor has an open duty to do: as its holder, or in the post it was escalated to.

    An escalation names an area; whoever holds the duty's post there, found by walking up, is told.
    """
    if duty.done_at or duty.refused_at or duty.cancelled_at:
        return False
    if not is_allowed(actor, Permission.DUTY_DO, duty.area_code):
        return False
    if str(duty.holder_id) == actor.account_id:
        return True
    told = find_holder(duty.escalated_to, duty.post_kind)[0] if duty.escalated_to else None
    return told is not None and str(told.id) == actor.account_id


def held_duty_about(actor: Actor, person_numbers: list[int]) -> Duty | None:
    """Return an open duty about a person that the actor has to do, the most urgent one; ``None`` without."""
    about = Duty.objects.everything("who may know a person").filter(OPEN, person_number__in=person_numbers)
    return next((duty for duty in about.order_by("due_at") if holds(actor, duty)), None)
