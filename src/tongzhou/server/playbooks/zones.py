"""A case asks for zones; a round of tests lets one step down."""

from __future__ import annotations

from tongzhou.core.access import system_actor
from tongzhou.core.time import local_day
from tongzhou.server.cases.models import Case
from tongzhou.server.duties.models import Duty
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.models import Fact
from tongzhou.server.kernel.outbox import consumes
from tongzhou.server.measures.models import Zone, ZoneState
from tongzhou.server.measures.zone_clock import note_round
from tongzhou.server.measures.zoning import propose_for_cases

PLAYBOOKS = system_actor("playbooks")


@consumes("exposures.found")
def propose_zones(fact: Fact) -> None:
    """Propose the smallest zones that the case's stays ask for."""
    case = Case.objects.everything("playbook").get(id=fact.payload["case"])
    propose_for_cases(PLAYBOOKS, [case])


@consumes("duty.done")
def take_round(fact: Fact) -> None:
    """Take the outcome of a zone's round of tests into the zone."""
    if fact.payload["kind"] != "zone_round":
        return
    duty = Duty.objects.everything("playbook").get(id=fact.payload["duty"])
    zone = Zone.objects.everything("playbook").get(id=duty.subject_id)
    if zone.state == ZoneState.IN_FORCE and duty.evidence.get("outcome") == "all_negative":
        note_round(PLAYBOOKS, zone, local_day(duty.done_at, clock.zone()))
