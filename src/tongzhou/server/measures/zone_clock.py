"""The clock of zones: they step down by the rule by themselves, once a round of tests was negative where asked."""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta

from tongzhou.core.access import Actor, system_actor
from tongzhou.core.errors import Conflict
from tongzhou.core.time import day_start, local_day
from tongzhou.core.zones import ZoneFacts, ZoneLevel
from tongzhou.policy import Pack, step_down
from tongzhou.server.access.actions import acting
from tongzhou.server.access.rules import Permission
from tongzhou.server.cases.packs import pack_named
from tongzhou.server.duties.actions import DutyDraft, cancel_duties, create_duty
from tongzhou.server.duties.models import Duty
from tongzhou.server.duties.queries import OPEN
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.outbox import publish
from tongzhou.server.measures.models import Zone, ZoneState, ZoneStep

ZONES = system_actor("zones")
LOOK_AGAIN = timedelta(hours=1)
_log = logging.getLogger(__name__)


def step_zones(limit: int = 200) -> int:
    """Step down every zone in force whose time has come by the rule; return how many moved."""
    now, n_moved = clock.now(), 0
    due = Zone.objects.everything("the clock").filter(state=ZoneState.IN_FORCE, next_at__lte=now)
    for zone in due.order_by("next_at")[:limit]:
        try:
            n_moved += _step(zone, now)
        except Conflict:
            _log.info("zone %s was taken by another worker", zone.id)
    return n_moved


def _step(zone: Zone, now: datetime) -> bool:
    pack = pack_named(zone.pack, zone.pack_version)
    draft = step_down(pack, zone_facts(zone), now)
    mine = Zone.objects.everything("compare and set").filter(
        id=zone.id, state=ZoneState.IN_FORCE, next_at=zone.next_at
    )
    if not draft.is_due:
        mine.update(next_at=max(draft.step.earliest_at or now, now + LOOK_AGAIN))
        if draft.step.lacks_round:
            _owe_round_again(zone, now)
        return False
    with acting(ZONES, Permission.ZONE_CONFIRM, zone.area_code, "zone.step", ("zone", zone.id)) as record:
        next_level = draft.step.next_level or ZoneLevel.NORMAL
        is_over = next_level in (ZoneLevel.LOW, ZoneLevel.NORMAL)
        ZoneStep.objects.create(
            zone=zone, at=now, level_from=zone.level, level_to=next_level.value, rule_id=draft.step.rule_id,
            why_zh=draft.reason.zh[:300], why_en=draft.reason.en[:400], actor_id=ZONES.account_id,
        )  # fmt: skip
        record.detail = {"from": zone.level, "to": next_level.value}
        zone.level, zone.ground = next_level.value, {**zone.ground, "asked_until": None}
        following = None if is_over else earliest_end(pack, zone)
        changes = {"level": next_level.value, "ground": {**zone.ground, "level": next_level.value}}
        changes |= {"next_at": following, "ends_at": now if is_over else following}
        if is_over:
            changes["state"] = ZoneState.LIFTED
            cancel_duties(ZONES, ("zone", str(zone.id)), "lifted")
        if not mine.update(**changes):
            raise Conflict("measures.stepped", "Another worker stepped this zone.", "Nothing to do.")
        publish("zone.stepped", zone.area_code, {"zone": str(zone.id), "level": next_level.value})
    return True


def _owe_round_again(zone: Zone, now: datetime) -> None:
    """Owe another round of tests within a day when the days are over and no round was all negative."""
    open_rounds = Duty.objects.everything("of the zone").filter(
        OPEN, kind="zone_round", subject_id=str(zone.id)
    )
    if open_rounds.exists():
        return
    with acting(ZONES, Permission.ZONE_CONFIRM, zone.area_code, "zone.round_again", ("zone", zone.id)):
        create_duty(_round(zone, now, now + timedelta(days=1)), ZONES)


def zone_facts(zone: Zone) -> ZoneFacts:
    """Return what the policy needs to know of a zone."""
    days = clock.zone()
    last = zone.steps.order_by("at", "id").last()
    return ZoneFacts(
        level=ZoneLevel(zone.level),
        level_since_on=local_day(last.at if last else zone.starts_at or clock.now(), days),
        last_infection_on=local_day(zone.last_infection_at, days),
        came_down_from=ZoneLevel(last.level_from) if last and last.level_from else None,
        negative_round_on=date.fromisoformat(zone.ground["round_on"])
        if zone.ground.get("round_on")
        else None,
    )


def earliest_end(pack: Pack, zone: Zone) -> datetime | None:
    return step_down(pack, zone_facts(zone), clock.now()).step.earliest_at


def note_round(actor: Actor, zone: Zone, on: date) -> None:
    """Note that everybody in a zone tested negative on a day; the zone steps down when its days are over.

    Needs: zone.confirm. Writes: Zone. Records: zone.round.
    """
    with acting(actor, Permission.ZONE_CONFIRM, zone.area_code, "zone.round", ("zone", zone.id)) as record:
        zone = Zone.objects.everything("locked").select_for_update().get(id=zone.id)
        zone.ground = {**zone.ground, "round_on": on.isoformat()}
        zone.next_at = clock.now()
        zone.save(update_fields=["ground", "next_at"])
        record.detail = {"on": on.isoformat()}


def owe_round(actor: Actor, zone: Zone, pack: Pack) -> None:
    step = pack.zone_rules.step_of(ZoneLevel(zone.level), zone_facts(zone).came_down_from)
    if step is None or not step.needs_negative_round or zone.ends_at is None:
        return
    start = day_start(local_day(zone.ends_at, clock.zone()) - timedelta(days=1), clock.zone())
    create_duty(_round(zone, start, zone.ends_at), actor)


def _round(zone: Zone, starts_at: datetime, due_at: datetime) -> DutyDraft:
    return DutyDraft(
        kind="zone_round",
        subject=("zone", str(zone.id)),
        area_code=zone.area_code,
        starts_at=starts_at,
        due_at=due_at,
        dedupe_key=f"zone:{zone.id}:round:{due_at.isoformat()}",
        params={"zone_zh": zone.unit_name_zh, "zone_en": zone.unit_name_en or zone.unit_name_zh},
    )


def facts_at(zone: Zone, level: ZoneLevel) -> ZoneFacts:
    """Return the facts of a zone as it stands, or as it would start at another level today."""
    if zone.state == ZoneState.IN_FORCE and zone.level == level:
        return zone_facts(zone)
    today, last = (local_day(at, clock.zone()) for at in (clock.now(), zone.last_infection_at))
    return ZoneFacts(level, today, last)


def set_end(zone: Zone, pack: Pack) -> None:
    """Set when the clock looks at a zone in force: the rule's earliest end, or a later one that was approved."""
    asked = zone.ground.get("asked_until")
    ends = [step_down(pack, facts_at(zone, ZoneLevel(zone.level)), clock.now()).step.earliest_at]
    ends.append(datetime.fromisoformat(asked) if asked else None)
    zone.ends_at = zone.next_at = max((end for end in ends if end), default=None)
