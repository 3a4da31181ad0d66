"""Arrivals become duties of the place they stay in, on the day, where the pack in force has a clock for them.

Owns who may know a person of a journey: whoever has to reach them, while that duty is open, on the record.
"""

from __future__ import annotations

from django.db import transaction

from tongzhou.core.access import Actor, system_actor
from tongzhou.core.time import day_bounds
from tongzhou.policy import due_clocks
from tongzhou.policy.clocks import ClockDue
from tongzhou.server.access.actions import acting
from tongzhou.server.access.queries import note_decision, scope_for
from tongzhou.server.access.rules import Permission
from tongzhou.server.areas.models import Area
from tongzhou.server.areas.queries import names_of
from tongzhou.server.cases.packs import pack_in_force
from tongzhou.server.duties.about import Door, register_opener
from tongzhou.server.duties.actions import DutyDraft, create_duties
from tongzhou.server.duties.models import Duty
from tongzhou.server.duties.queries import holds
from tongzhou.server.kernel import clock
from tongzhou.server.travel.duties import ARRIVAL, JOURNEY
from tongzhou.server.travel.models import TravelDirection, TravelRegistration

WORKER = system_actor("arrivals")
_WHY = "journeys that end today, or ended while no worker ran"
MOST = 500
"""Journeys handed to their places in one step, so that no step of the worker is long."""


def hand_arrivals() -> int:
    """Make the duty to reach everybody whose stated day of arrival has come; return how many journeys.

    Needs: nothing, a step of the worker. Writes: Duty, TravelRegistration. Records: journey.hand, the number alone.
    Idempotent by the journey.

    Notes
    -----
    Only the day is known, not the hour: the pack's clock runs from the end of the day of arrival, the duty is open from
    its beginning. A pack without a clock for arrivals makes no duty, and then nobody sees who arrives.
    """
    rules = due_clocks(pack_in_force(), arrived_at=clock.now())
    if not rules:
        return 0
    with transaction.atomic():
        rows = TravelRegistration.objects.everything(_WHY).filter(
            direction=TravelDirection.ARRIVING,
            on__lte=clock.today(),
            handed_at=None,
            is_superseded=False,
            erased_at=None,
        )
        found = list(rows.order_by("id")[:MOST])
        if not found:
            return 0
        names = names_of({journey.other for journey in found})
        with acting(WORKER, Permission.DUTY_ASSIGN, "", "journey.hand") as record:
            drafts = [_draft(journey, names.get(journey.other), rule) for journey in found for rule in rules]
            record.detail = {"n": len(found), "n_duties": create_duties(drafts, WORKER)}
            rows.filter(id__in=[journey.id for journey in found]).update(handed_at=clock.now())
    return len(found)


def _draft(journey: TravelRegistration, origin: Area | None, rule: ClockDue) -> DutyDraft:
    begins, ends = day_bounds(journey.on, clock.zone())
    return DutyDraft(
        kind=ARRIVAL.name,
        subject=(JOURNEY, str(journey.id)),
        area_code=journey.stays_in or journey.area_code,
        starts_at=begins,
        due_at=ends + (rule.due_at - rule.starts_at),
        dedupe_key=f"journey:{journey.id}:{rule.rule_id}",
        post_kind=rule.post,
        params={
            "from_zh": origin.name_zh if origin else journey.other,
            "from_en": (origin.name_en or origin.name_zh) if origin else journey.other,
            "n": journey.n_people,
            "rule": rule.rule_id,
        },
    )


def open_door(actor: Actor, duty: Duty) -> Door | None:
    """Return whom to ask for, where, to whoever has to reach them; nothing to others, nothing when it is settled.

    Needs: `holds` the duty, and duty.do in its area. Writes: the decision log. Records: journey.unmask with the duty.
    """
    if not holds(actor, duty):
        return None
    journey = TravelRegistration.objects.everything("the holder's duty").filter(id=duty.subject_id).first()
    if journey is None or journey.erased_at is not None:
        return None
    subject, ground = (JOURNEY, str(journey.id)), (Permission.DUTY_DO, duty.area_code)
    with acting(actor, *ground, "journey.unmask", subject) as record:
        note_decision(actor, *ground, subject, is_allowed=True, why=f"duty {duty.kind}")
        purpose = scope_for(actor, ground[0]).purpose.value
        record.detail = {"duty": str(duty.id), "kind": duty.kind, "purpose": purpose}
    return Door(journey.name, journey.phone, journey.address)


register_opener(JOURNEY, open_door)
