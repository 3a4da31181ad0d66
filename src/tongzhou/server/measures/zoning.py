"""Zones: proposed as small as the evidence allows, confirmed by a person, stepped down by rule by themselves."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction

from tongzhou.core.access import Actor, system_actor
from tongzhou.core.errors import Conflict, Denied, InputError
from tongzhou.core.time import day_start, local_day
from tongzhou.core.zones import UnitRef, ZoneFacts, ZoneLevel
from tongzhou.plan.zones import ZoneProposal, propose_zones
from tongzhou.policy import JustifiedUnit, Measure, MeasureFacts, MeasureKind, Pack, check_measure, step_down
from tongzhou.server.access.actions import acting
from tongzhou.server.access.rules import Permission
from tongzhou.server.cases.models import Case
from tongzhou.server.cases.packs import pack_named, pack_of
from tongzhou.server.duties.actions import DutyDraft, cancel_duties, create_duty
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.outbox import publish
from tongzhou.server.measures import rules
from tongzhou.server.measures.actions import refuse_forbidden
from tongzhou.server.measures.models import Zone, ZoneState, ZoneStep
from tongzhou.server.measures.zone_evidence import evidence_of, populations_of, unit_named

ZONES = system_actor("zones")
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
                zone := _write(pack, proposal, cases)
            ):
                made.append(zone)
        record.detail = {"n_proposed": len(made), "n_persons": plan.n_persons}
    return made


def _write(pack: Pack, proposal: ZoneProposal, cases: list[Case]) -> Zone | None:
    standing = (
        Zone.objects.everything("one zone a unit")
        .filter(unit_code=proposal.unit.code, state__in=LIVE)
        .first()
    )
    last = max(case.diagnosed_at for case in cases)
    if standing:
        _note_infection(standing, pack, last)
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


def _note_infection(zone: Zone, pack: Pack, at: datetime) -> None:
    """A new infection in a zone moves its count of days on."""
    if at > zone.last_infection_at:
        zone.last_infection_at = at
        if zone.state == ZoneState.IN_FORCE:
            zone.ends_at = zone.next_at = _earliest(pack, zone)
        zone.save(update_fields=["last_infection_at", "ends_at", "next_at"])


def confirm_zone(actor: Actor, zone: Zone, *, level: str = "", until_at: datetime | None = None) -> Zone:
    """Put a proposed zone in force; one stricter than the evidence waits for a second person instead.

    Needs: zone.confirm in the zone's area. Writes: Zone, ZoneStep, Duty. Records: zone.confirm, publishes
    ``zone.confirmed``. Confirming again changes nothing.
    """
    with acting(actor, Permission.ZONE_CONFIRM, zone.area_code, "zone.confirm", ("zone", zone.id)) as record:
        zone = Zone.objects.everything("locked").select_for_update().get(id=zone.id)
        if zone.state in (ZoneState.IN_FORCE, ZoneState.AWAITING_SECOND):
            return zone
        if zone.state != ZoneState.PROPOSED:
            raise Conflict("measures.wrong_state", f"This zone is {zone.state} already.", "Reload the page.")
        asked = ZoneLevel(level or zone.level)
        findings = _findings(zone, asked, until_at)
        zone.level, zone.findings = asked.value, rules.findings_as_data(findings)
        refuse_forbidden(zone.findings)
        zone.confirmed_by, zone.confirmed_at = actor.account_id, clock.now()
        if findings:
            zone.state, zone.ends_at = ZoneState.AWAITING_SECOND, until_at
            _owe_second(actor, zone)
        else:
            _start(actor, zone, until_at)
        zone.save()
        record.detail = {"level": zone.level, "is_stricter": bool(findings)}
    return zone


def _findings(zone: Zone, asked: ZoneLevel, until_at: datetime | None) -> list[object]:
    pack = pack_named(zone.pack, zone.pack_version)
    unit = UnitRef(zone.ground["unit_kind"], zone.unit_code)
    now = clock.now()
    facts = MeasureFacts(
        justified_units=(JustifiedUnit(unit, ZoneLevel(zone.level), zone.rule_id),),
        zone=ZoneFacts(asked, local_day(now, clock.zone()), local_day(zone.last_infection_at, clock.zone())),
    )
    measure = Measure(MeasureKind.ZONE, now, unit=unit, level=asked, until_at=until_at)
    return check_measure(pack, measure, facts)


def _start(actor: Actor, zone: Zone, until_at: datetime | None = None) -> None:
    pack = pack_named(zone.pack, zone.pack_version)
    zone.state, zone.starts_at = ZoneState.IN_FORCE, clock.now()
    earliest = _earliest(pack, zone)
    zone.ends_at = zone.next_at = min(until_at, earliest) if until_at and earliest else until_at or earliest
    ZoneStep.objects.create(
        zone=zone, at=clock.now(), level_to=zone.level, rule_id=zone.rule_id, actor_id=actor.account_id,
        why_zh=zone.reason_zh[:300], why_en=zone.reason_en[:400],
    )  # fmt: skip
    _owe_round(actor, zone, pack)
    publish("zone.confirmed", zone.area_code, {"zone": str(zone.id)})


def approve_zone(actor: Actor, zone: Zone, reason: str) -> Zone:
    """Let a zone that is stricter than the rule start, as the second person, with a reason.

    Needs: order.approve in the area, and not being the one who confirmed it. Records: zone.approve.
    """
    if len(reason.strip()) < 10:
        raise InputError(
            "measures.no_reason",
            "Going beyond the rule needs a reason of ten characters.",
            "Name the ground.",
        )
    if actor.account_id == zone.confirmed_by:
        raise Denied(
            "measures.same_person",
            "The second person must be another one.",
            "Ask a colleague with the right.",
        )
    with acting(actor, Permission.ORDER_APPROVE, zone.area_code, "zone.approve", ("zone", zone.id)) as record:
        zone = Zone.objects.everything("locked").select_for_update().get(id=zone.id)
        if zone.state != ZoneState.AWAITING_SECOND:
            raise Conflict("measures.wrong_state", f"This zone is {zone.state} already.", "Reload the page.")
        zone.approved_by, zone.approval_reason = actor.account_id, reason.strip()[:300]
        asked_until = zone.ends_at
        _start(actor, zone)
        if asked_until:
            zone.ends_at = zone.next_at = asked_until
        zone.save()
        cancel_duties(actor, ("zone", str(zone.id)), "approved", kind="approve_stricter")
        record.detail = {"n_findings": len(zone.findings)}
    return zone


def reject_zone(actor: Actor, zone: Zone, reason: str) -> Zone:
    """Drop a proposal, with a reason. Needs: zone.confirm. Records: zone.reject."""
    if len(reason.strip()) < 2:
        raise InputError(
            "measures.no_reason", "Rejecting a proposal needs a reason.", "Say why in a few words."
        )
    with acting(actor, Permission.ZONE_CONFIRM, zone.area_code, "zone.reject", ("zone", zone.id)):
        zone = Zone.objects.everything("locked").select_for_update().get(id=zone.id)
        if zone.state not in (ZoneState.PROPOSED, ZoneState.AWAITING_SECOND):
            raise Conflict("measures.wrong_state", f"This zone is {zone.state} already.", "Reload the page.")
        zone.state, zone.approval_reason, zone.next_at = ZoneState.REJECTED, reason.strip()[:300], None
        zone.save(update_fields=["state", "approval_reason", "next_at"])
        cancel_duties(actor, ("zone", str(zone.id)), "rejected")
    return zone


def step_zones(limit: int = 200) -> int:
    """Step down every zone in force whose time has come by the rule; return how many moved."""
    now = clock.now()
    due = Zone.objects.everything("the clock").filter(state=ZoneState.IN_FORCE, next_at__lte=now)[:limit]
    return sum(_step(zone, now) for zone in due)


def _step(zone: Zone, now: datetime) -> bool:
    pack = pack_named(zone.pack, zone.pack_version)
    draft = step_down(pack, zone_facts(zone), now)
    with acting(ZONES, Permission.ZONE_CONFIRM, zone.area_code, "zone.step", ("zone", zone.id)) as record:
        mine = Zone.objects.everything("compare and set").filter(
            id=zone.id, state=ZoneState.IN_FORCE, next_at=zone.next_at
        )
        if not draft.is_due:
            record.detail = {"waits_for": "round" if draft.step.lacks_round else "days"}
            return (
                bool(mine.update(next_at=max(draft.step.earliest_at or now, now + timedelta(hours=1))))
                and False
            )
        next_level = draft.step.next_level or ZoneLevel.NORMAL
        is_over = next_level in (ZoneLevel.LOW, ZoneLevel.NORMAL)
        ZoneStep.objects.create(
            zone=zone, at=now, level_from=zone.level, level_to=next_level.value, rule_id=draft.step.rule_id,
            why_zh=draft.reason.zh[:300], why_en=draft.reason.en[:400], actor_id=ZONES.account_id,
        )  # fmt: skip
        record.detail = {"from": zone.level, "to": next_level.value}
        zone.level = next_level.value
        following = None if is_over else _earliest(pack, zone)
        changes = {"level": next_level.value, "next_at": following, "ends_at": now if is_over else following}
        if is_over:
            changes["state"] = ZoneState.LIFTED
            cancel_duties(ZONES, ("zone", str(zone.id)), "lifted")
        if not mine.update(**changes):
            raise Conflict("measures.stepped", "Another worker stepped this zone.", "Nothing to do.")
        publish("zone.stepped", zone.area_code, {"zone": str(zone.id), "level": next_level.value})
    return True


def zone_facts(zone: Zone) -> ZoneFacts:
    """Return what the policy needs to know of a zone."""
    days = clock.zone()
    last = zone.steps.order_by("at").last()
    return ZoneFacts(
        level=ZoneLevel(zone.level),
        level_since_on=local_day(last.at if last else zone.starts_at or clock.now(), days),
        last_infection_on=local_day(zone.last_infection_at, days),
        came_down_from=ZoneLevel(last.level_from) if last and last.level_from else None,
        negative_round_on=date.fromisoformat(zone.ground["round_on"])
        if zone.ground.get("round_on")
        else None,
    )


def _earliest(pack: Pack, zone: Zone) -> datetime | None:
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


def _owe_round(actor: Actor, zone: Zone, pack: Pack) -> None:
    step = pack.zone_rules.step_of(ZoneLevel(zone.level))
    if step is None or not step.needs_negative_round or zone.ends_at is None:
        return
    create_duty(
        DutyDraft(
            kind="zone_round",
            subject=("zone", str(zone.id)),
            area_code=zone.area_code,
            starts_at=day_start(local_day(zone.ends_at, clock.zone()) - timedelta(days=1), clock.zone()),
            due_at=zone.ends_at,
            dedupe_key=f"zone:{zone.id}:round:{local_day(zone.ends_at, clock.zone())}",
            params={"zone_zh": zone.unit_name_zh, "zone_en": zone.unit_name_en or zone.unit_name_zh},
        ),
        actor,
    )


def _owe_second(actor: Actor, zone: Zone) -> None:
    create_duty(
        DutyDraft(
            kind="approve_stricter",
            subject=("zone", str(zone.id)),
            area_code=zone.area_code,
            due_at=clock.now() + timedelta(hours=2),
            dedupe_key=f"approve:{zone.id}",
            params={"number": zone.unit_name_zh},
        ),
        actor,
    )
