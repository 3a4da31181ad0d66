"""Zones: the smallest unit, a second person for anything stricter, and stepping down by themselves."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.cast import Cast
from tongzhou.core.errors import Denied, InputError
from tongzhou.server.cases.models import Case
from tongzhou.server.duties.actions import do_duty
from tongzhou.server.duties.models import Duty
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.models import Fact
from tongzhou.server.measures.models import Zone
from tongzhou.server.measures.zone_clock import step_zones
from tongzhou.server.measures.zoning import approve_zone, confirm_zone

pytestmark = pytest.mark.django_db(transaction=True)


def zones() -> object:
    return Zone.objects.everything("test")


@pytest.fixture
def zone(case: Case) -> Zone:
    return zones().get(level="high")


def test_the_residence_becomes_a_proposal_of_its_compound_with_its_population(zone: Zone) -> None:
    assert not Fact.objects.filter(delivered_at=None).exists()
    assert (zone.unit_code, zone.n_persons, zone.state) == ("440305007001-C1", 1200, "proposed")
    assert zone.reason_zh
    assert zone.ground["evidence"]


def test_a_zone_within_the_rule_starts_at_once_and_owes_its_round(zone: Zone, cast: Cast) -> None:
    zone = confirm_zone(cast.actor("investigator"), zone)
    assert zone.state == "in_force"
    assert zone.ends_at
    assert Duty.objects.everything("test").get(kind="zone_round").subject_id == str(zone.id)


def test_a_longer_zone_waits_for_a_second_person_with_a_reason(zone: Zone, cast: Cast, now: datetime) -> None:
    zone = confirm_zone(cast.actor("city_officer"), zone, until_at=now + timedelta(days=60))
    assert (zone.state, zone.findings[0]["clause"]) == ("awaiting_second", 3)
    with pytest.raises(Denied):
        approve_zone(cast.actor("city_officer"), zone, "we want to be safe")
    with pytest.raises(InputError):
        approve_zone(cast.actor("county_officer"), zone, "safe")
    assert (
        approve_zone(cast.actor("county_officer"), zone, "new variant, ordered by notice 7").state
        == "in_force"
    )


def test_a_zone_steps_down_by_rule_once_its_round_is_negative(zone: Zone, cast: Cast) -> None:
    zone = confirm_zone(cast.actor("investigator"), zone)
    with clock.fixed(zone.ends_at + timedelta(hours=1)):
        assert step_zones() == 0
    duty = Duty.objects.everything("test").get(kind="zone_round")
    with clock.fixed(zone.ends_at - timedelta(hours=2)):
        do_duty(cast.actor("county_officer"), duty, {"outcome": "all_negative", "n_tested": 1200})
    with clock.fixed(zone.ends_at + timedelta(hours=2)):
        assert step_zones() == 1
        assert zones().get(id=zone.id).level == "medium"
    with clock.fixed(zone.ends_at + timedelta(days=4)):
        assert step_zones() == 1
    final = zones().get(id=zone.id)
    assert (final.state, final.level) == ("lifted", "low")
    assert [step.level_to for step in final.steps.all()] == ["high", "medium", "low"]
