"""Zones: proposed as small as the evidence allows, confirmed by a person, stepped down by rule by themselves."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from tongzhou.core.access import Actor, system_actor
from tongzhou.core.errors import Conflict, InputError
from tongzhou.core.zones import LEVEL_RANK, UnitRef, ZoneLevel
from tongzhou.plan.zones import ZoneProposal, propose_zones
from tongzhou.policy import JustifiedUnit, Measure, MeasureFacts, MeasureKind, Pack, check_measure, step_down
from tongzhou.server.access.actions import acting
from tongzhou.server.access.rules import Permission
from tongzhou.server.cases.models import Case
from tongzhou.server.cases.packs import pack_named, pack_of
from tongzhou.server.duties.actions import DutyDraft, cancel_duties, create_duty, settle_duties
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.outbox import publish
from tongzhou.server.measures import rules
from tongzhou.server.measures.actions import SECOND_WITHIN, refuse_forbidden, require_reason, require_second
from tongzhou.server.measures.models import Zone, ZoneState, ZoneStep
from tongzhou.server.measures.zone_clock import earliest_end, facts_at, owe_round, set_end, step_zones
from tongzhou.server.measures.zone_evidence import evidence_of, populations_of, unit_named

ZONES = system_actor("zones")
LOOK_AGAIN = timedelta(hours=1)
_log = logging.getLogger(__name__)
LIVE = (ZoneState.PROPOSED, ZoneState.AWAITING_SECOND, ZoneState.IN_FORCE)


def propose_for_cases(actor: Actor, cases: Iterable[Case]) -> list[Zone]:
    """Propose the smallest zones that the stays of some cases ask for, beyond those that stand.

    Needs: zone.confirm in the area of the first case. Writes: Zone (proposals). Records: zone.propose.
    Idempotent by unit: a unit that has a live zone gets no second one, its last infection moves on.
    """
    cases = list(cases)
    if not cases:
        return []
    pack = pack_of(cases[0])
    places = evidence_of(pack, cases)
    units = {unit for place in places for unit in place.units}
    plan = propose_zones(pack.zone_rules, places, populations_of(units), clock.now(), clock.zone())
    made: list[Zone] = []
    with acting(
        actor, Permission.ZONE_CONFIRM, cases[0].area_code, "zone.propose", ("case", cases[0].id)
    ) as record:
        for proposal in plan.proposals:
            if proposal.level in (ZoneLevel.HIGH, ZoneLevel.MEDIUM) and (
                zone := _write(actor, pack, proposal, cases)
            ):
                made.append(zone)
        record.detail = {"n_proposed": len(made), "n_persons": plan.n_persons}
    return made


def _write(actor: Actor, pack: Pack, proposal: ZoneProposal, cases: list[Case]) -> Zone | None:
    standing = (
        Zone.objects.everything("one zone a unit")
        .filter(unit_code=proposal.unit.code, state__in=LIVE)
        .first()
    )
    last = max(case.diagnosed_at for case in cases)
    if standing:
        _note_infection(actor, standing, pack, proposal, last)
        return None
    named = unit_named(proposal.unit)
    zone = Zone(
        area_code=named.area_code,
        unit_code=proposal.unit.code,
        unit_name_zh=named.name_zh,
        unit_name_en=named.name_en,
        level=proposal.level.value,
        pack=pack.name,
        pack_version=pack.version,
        rule_id=proposal.rule_ids[0] if proposal.rule_ids else "",
        ground={
            "unit_kind": proposal.unit.kind,
            "level": proposal.level.value,
            "rules": list(proposal.rule_ids),
            "places": list(proposal.places),
            "evidence": list(proposal.evidence)[:200],
            "cases": [str(case.id) for case in cases],
        },
        n_persons=proposal.n_persons or 0,
        population_on=proposal.counted_on,
        last_infection_at=last,
        longitude=named.longitude,
        latitude=named.latitude,
        **_reasons(pack, proposal),
    )
    try:
        with transaction.atomic():
            zone.save(force_insert=True)
    except IntegrityError:
        return None
    return zone


def _reasons(pack: Pack, proposal: ZoneProposal) -> dict[str, str]:
    notes = [pack.note(rule_id).says for rule_id in proposal.rule_ids]
    return {"reason_zh": "".join(note.zh for note in notes), "reason_en": " ".join(note.en for note in notes)}


def _note_infection(actor: Actor, zone: Zone, pack: Pack, proposal: ZoneProposal, at: datetime) -> None:
    """A new infection in a zone moves its count of days on; evidence for a higher level is kept for a person."""
    if at <= zone.last_infection_at:
        return
    zone.last_infection_at = at
    if LEVEL_RANK[proposal.level] > LEVEL_RANK[ZoneLevel(zone.level)]:
        zone.ground = {**zone.ground, "level": proposal.level.value, "rule": proposal.rule_ids[0]}
    if zone.state == ZoneState.IN_FORCE:
        asked = zone.ground.get("asked_until")
        ends = [earliest_end(pack, zone), datetime.fromisoformat(asked) if asked else None]
        zone.ends_at = zone.next_at = max((end for end in ends if end), default=None)
        cancel_duties(actor, ("zone", str(zone.id)), "a new infection", kind="zone_round")
        owe_round(actor, zone, pack)
    zone.save(update_fields=["last_infection_at", "ends_at", "next_at", "ground"])


def confirm_zone(actor: Actor, zone: Zone, *, level: str = "", until_at: datetime | None = None) -> Zone:
    """Put a proposed zone in force; one stricter than the evidence waits for a second person instead.

    Needs: zone.confirm in the zone's area. Writes: Zone, ZoneStep, Duty. Records: zone.confirm, publishes
    ``zone.confirmed``. Confirming again changes nothing. Raises InputError for a level that is no zone's or an
    end before the rule's.
    """
    with acting(actor, Permission.ZONE_CONFIRM, zone.area_code, "zone.confirm", ("zone", zone.id)) as record:
        zone = Zone.objects.everything("locked").select_for_update().get(id=zone.id)
        if zone.state in (ZoneState.IN_FORCE, ZoneState.AWAITING_SECOND):
            return zone
        if zone.state != ZoneState.PROPOSED:
            raise Conflict("measures.wrong_state", f"This zone is {zone.state} already.", "Reload the page.")
        findings = check_zone(zone, level or zone.level, until_at)
        refuse_forbidden(findings)
        zone.level, zone.findings = level or zone.level, findings
        zone.confirmed_by, zone.confirmed_at = actor.account_id, clock.now()
        zone.ground = {**zone.ground, "asked_until": until_at.isoformat() if until_at else None}
        if findings:
            zone.state, zone.ends_at = ZoneState.AWAITING_SECOND, until_at
            _owe_second(actor, zone)
        else:
            _start(actor, zone)
        zone.save()
        record.detail = {"level": zone.level, "is_stricter": bool(findings)}
    return zone


def check_zone(zone: Zone, level: str, until_at: datetime | None = None) -> list[dict[str, Any]]:
    """Return in which ways a zone at this level until this end goes beyond its pack; writes nothing.

    Raises InputError for a level that is no zone's, and for an end before the rule's: lifting early is
    another decision.
    """
    if level not in (ZoneLevel.HIGH, ZoneLevel.MEDIUM):
        raise InputError("measures.no_level", f"{level!r} is no level of a zone.", "Allowed: high, medium.")
    pack = pack_named(zone.pack, zone.pack_version)
    earliest = step_down(pack, facts_at(zone, ZoneLevel(level)), clock.now()).step.earliest_at
    if until_at and earliest and until_at < earliest:
        raise InputError(
            "measures.ends_too_early",
            f"The rule ends this zone at {earliest:%Y-%m-%d %H:%M} UTC at the earliest.",
            "Leave the end to the rule, and lift the zone early with a reason when it is time.",
        )
    return _check(zone, ZoneLevel(level), until_at)


def check_standing_zone(zone: Zone) -> list[dict[str, Any]]:
    """Return in which ways a zone in force, as it is stored, goes beyond its pack."""
    asked = zone.ground.get("asked_until")
    return _check(zone, ZoneLevel(zone.level), datetime.fromisoformat(asked) if asked else None)


def _check(zone: Zone, level: ZoneLevel, until_at: datetime | None) -> list[dict[str, Any]]:
    pack = pack_named(zone.pack, zone.pack_version)
    unit = UnitRef(zone.ground["unit_kind"], zone.unit_code)
    asked_for = ZoneLevel(zone.ground.get("level", zone.level))
    ground = JustifiedUnit(unit, asked_for, zone.ground.get("rule", zone.rule_id))
    measure = Measure(MeasureKind.ZONE, clock.now(), unit=unit, level=level, until_at=until_at)
    facts = MeasureFacts(justified_units=(ground,), zone=facts_at(zone, level))
    return rules.findings_as_data(check_measure(pack, measure, facts))


def _start(actor: Actor, zone: Zone) -> None:
    pack = pack_named(zone.pack, zone.pack_version)
    zone.state, zone.starts_at = ZoneState.IN_FORCE, clock.now()
    set_end(zone, pack)
    ZoneStep.objects.create(
        zone=zone, at=clock.now(), level_to=zone.level, rule_id=zone.rule_id, actor_id=actor.account_id,
        why_zh=zone.reason_zh[:300], why_en=zone.reason_en[:400],
    )  # fmt: skip
    owe_round(actor, zone, pack)
    publish("zone.confirmed", zone.area_code, {"zone": str(zone.id)})


def raise_zone(actor: Actor, zone: Zone) -> Zone:
    """Bring a zone in force back up to the level that new evidence asks for.

    Needs: zone.confirm. Writes: Zone, ZoneStep, Duty. Records: zone.raise, publishes ``zone.confirmed``.
    Raises Conflict when the evidence asks for nothing higher.
    """
    with acting(actor, Permission.ZONE_CONFIRM, zone.area_code, "zone.raise", ("zone", zone.id)) as record:
        zone = Zone.objects.everything("locked").select_for_update().get(id=zone.id)
        asked = ZoneLevel(zone.ground.get("level", zone.level))
        if zone.state != ZoneState.IN_FORCE or LEVEL_RANK[asked] <= LEVEL_RANK[ZoneLevel(zone.level)]:
            raise Conflict(
                "measures.not_higher", "The evidence asks for no higher level.", "Reload the page."
            )
        pack = pack_named(zone.pack, zone.pack_version)
        rule_id = zone.ground.get("rule", zone.rule_id)
        says = pack.note(rule_id).says
        ZoneStep.objects.create(
            zone=zone, at=clock.now(), level_from=zone.level, level_to=asked.value, rule_id=rule_id,
            actor_id=actor.account_id, why_zh=says.zh[:300], why_en=says.en[:400],
        )  # fmt: skip
        record.detail = {"from": zone.level, "to": asked.value}
        zone.level, zone.ground = asked.value, {**zone.ground, "asked_until": None}
        set_end(zone, pack)
        owe_round(actor, zone, pack)
        zone.save()
        publish("zone.confirmed", zone.area_code, {"zone": str(zone.id)})
    return zone


def lift_zone(actor: Actor, zone: Zone, reason: str) -> Zone:
    """End a zone in force now, before the rule would, with a reason.

    Needs: zone.confirm. Writes: Zone, ZoneStep, Duty. Records: zone.lift, publishes ``zone.stepped``.
    Lifting again changes nothing.
    """
    require_reason(actor, reason)
    with acting(actor, Permission.ZONE_CONFIRM, zone.area_code, "zone.lift", ("zone", zone.id)) as record:
        zone = Zone.objects.everything("locked").select_for_update().get(id=zone.id)
        if zone.state == ZoneState.LIFTED:
            return zone
        if zone.state != ZoneState.IN_FORCE:
            raise Conflict("measures.wrong_state", f"This zone is {zone.state}.", "Reload the page.")
        low, why = ZoneLevel.LOW.value, reason.strip()[:300]
        ZoneStep.objects.create(
            zone=zone, at=clock.now(), level_from=zone.level, level_to=low, actor_id=actor.account_id,
            why_zh=why, why_en=why,
        )  # fmt: skip
        record.detail = {"from": zone.level}
        zone.state, zone.level, zone.ends_at, zone.next_at = ZoneState.LIFTED, low, clock.now(), None
        zone.save()
        cancel_duties(actor, ("zone", str(zone.id)), "lifted")
        publish("zone.stepped", zone.area_code, {"zone": str(zone.id), "level": low})
    return zone


def approve_zone(actor: Actor, zone: Zone, reason: str) -> Zone:
    """Let a zone that is stricter than the rule start, as the second person, with a reason.

    Needs: order.approve in the area, and not being the one who confirmed it. Records: zone.approve.
    """
    with acting(actor, Permission.ORDER_APPROVE, zone.area_code, "zone.approve", ("zone", zone.id)) as record:
        zone = Zone.objects.everything("locked").select_for_update().get(id=zone.id)
        require_second(actor, zone.confirmed_by, reason)
        if zone.state != ZoneState.AWAITING_SECOND:
            raise Conflict("measures.wrong_state", f"This zone is {zone.state} already.", "Reload the page.")
        zone.approved_by, zone.approval_reason = actor.account_id, reason.strip()[:300]
        _start(actor, zone)
        zone.save()
        settle_duties(actor, ("zone", str(zone.id)), "approve_stricter")
        record.detail = {"n_findings": len(zone.findings)}
    return zone


def reject_zone(actor: Actor, zone: Zone, reason: str) -> Zone:
    """Drop a proposal, with a reason. Needs: zone.confirm. Records: zone.reject."""
    require_reason(actor, reason)
    with acting(actor, Permission.ZONE_CONFIRM, zone.area_code, "zone.reject", ("zone", zone.id)):
        zone = Zone.objects.everything("locked").select_for_update().get(id=zone.id)
        if zone.state not in (ZoneState.PROPOSED, ZoneState.AWAITING_SECOND):
            raise Conflict("measures.wrong_state", f"This zone is {zone.state} already.", "Reload the page.")
        zone.state, zone.approval_reason, zone.next_at = ZoneState.REJECTED, reason.strip()[:300], None
        zone.save(update_fields=["state", "approval_reason", "next_at"])
        cancel_duties(actor, ("zone", str(zone.id)), "rejected")
    return zone


def _owe_second(actor: Actor, zone: Zone) -> None:
    create_duty(
        DutyDraft(
            kind="approve_stricter",
            subject=("zone", str(zone.id)),
            area_code=zone.area_code,
            due_at=clock.now() + SECOND_WITHIN,
            dedupe_key=f"approve:{zone.id}",
            params={"number": zone.unit_name_zh},
        ),
        actor,
    )


__all__ = [
    "approve_zone",
    "check_zone",
    "confirm_zone",
    "lift_zone",
    "propose_for_cases",
    "raise_zone",
    "reject_zone",
    "step_zones",
]
