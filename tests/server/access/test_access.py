"""Who may do what where; a duty's holder; broken glass."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from tests.cast import CITY, COMMUNITY, COUNTY, GRID, OTHER_CITY, PROVINCE, SETUP, Cast
from tongzhou.core.errors import Denied, InputError
from tongzhou.server.access.actions import appoint, break_glass, end_holding, open_post
from tongzhou.server.access.models import Decision
from tongzhou.server.access.queries import find_holder, find_holders, list_gaps, require, scope_for
from tongzhou.server.access.rules import Permission
from tongzhou.server.audit.models import Event
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.models import Job
from tongzhou.server.kernel.records import UnscopedRead

pytestmark = pytest.mark.django_db


def test_a_read_without_a_scope_raises() -> None:
    for read in (list, lambda jobs: jobs.count(), lambda jobs: jobs.exists(), lambda jobs: jobs.first()):
        with pytest.raises(UnscopedRead):
            read(Job.objects.all())


def test_a_scope_is_the_widest_prefixes_of_the_grants(cast: Cast) -> None:
    assert scope_for(cast.actor("investigator"), Permission.CASE_READ).prefixes == (CITY,)
    assert scope_for(cast.actor("lab_clerk"), Permission.CASE_READ).is_empty


def test_permission_holds_below_the_area_and_not_beside_it(cast: Cast) -> None:
    actor = cast.actor("investigator")
    require(actor, Permission.CASE_WRITE, GRID)
    with pytest.raises(Denied):
        require(actor, Permission.CASE_WRITE, OTHER_CITY)


def test_a_refusal_is_explained_in_the_decision_log(cast: Cast) -> None:
    with pytest.raises(Denied):
        require(cast.actor("grid_worker"), Permission.CASE_READ, GRID)
    last = Decision.objects.first()
    assert (last.is_allowed, last.why) == (False, "no role carries the permission")


def test_a_duty_finds_its_holder_by_walking_up(cast: Cast) -> None:
    assert find_holder(GRID, "grid_worker") == (cast.account("grid_worker"), GRID)
    assert find_holder(GRID, "investigator") == (cast.account("investigator"), CITY)
    assert find_holder(GRID, "community_doctor") == (None, GRID)


def test_many_holders_are_found_in_one_query(
    cast: Cast, django_assert_num_queries: Callable[..., Any]
) -> None:
    wanted = [(area, kind) for area in (GRID, COMMUNITY, CITY) for kind in ("grid_worker", "investigator")]
    one_by_one = {where: find_holder(*where) for where in wanted}
    with django_assert_num_queries(1):
        found = find_holders(wanted)
    assert found == one_by_one


def test_an_empty_post_is_listed_as_a_gap(cast: Cast) -> None:
    open_post(SETUP, COMMUNITY, "community_doctor")
    assert [(post.area_id, post.kind) for post in list_gaps(COUNTY)] == [(COMMUNITY, "community_doctor")]


def test_an_ended_holding_no_longer_holds(cast: Cast) -> None:
    post = open_post(SETUP, COMMUNITY, "community_doctor")
    holding = appoint(SETUP, cast.account("county_officer"), post)
    assert find_holder(GRID, "community_doctor")[0] == cast.account("county_officer")
    end_holding(SETUP, holding)
    assert find_holder(GRID, "community_doctor")[0] is None


def test_broken_glass_widens_the_scope_for_its_time_and_is_on_the_record(cast: Cast, now: object) -> None:
    account = cast.account("investigator")
    break_glass(
        cast.actor("investigator"), account, OTHER_CITY, "investigator", "patient transferred at night", 1
    )
    assert OTHER_CITY in scope_for(cast.actor("investigator"), Permission.CASE_READ).prefixes
    assert Event.objects.everything("test").filter(action="access.break_glass").exists()
    with clock.fixed(now + timedelta(hours=1, seconds=1)):
        assert OTHER_CITY not in scope_for(cast.actor("investigator"), Permission.CASE_READ).prefixes


@pytest.mark.parametrize(("reason", "hours"), [("", 1), ("short", 1), ("a long enough reason", 5)])
def test_breaking_glass_needs_a_reason_and_a_short_time(cast: Cast, reason: str, hours: float) -> None:
    with pytest.raises(InputError):
        break_glass(
            cast.actor("investigator"), cast.account("investigator"), PROVINCE, "investigator", reason, hours
        )


def test_a_role_cannot_be_taken_by_breaking_glass(cast: Cast) -> None:
    with pytest.raises(InputError):
        break_glass(
            cast.actor("investigator"), cast.account("investigator"), CITY, "auditor", "a long enough reason"
        )


def test_an_auditor_reads_what_was_done_and_what_was_refused(cast: Cast, client: Client) -> None:
    with pytest.raises(Denied):
        require(cast.actor("grid_worker"), Permission.CASE_READ, GRID)
    client.force_login(cast.account("auditor"), backend="django.contrib.auth.backends.ModelBackend")
    done = client.get("/record/", headers={"accept-language": "en"}).content.decode()
    seen = client.get("/record/?show=seen", headers={"accept-language": "en"}).content.decode()
    assert "access.grant" in done
    assert "case.read" in seen
    assert "no role carries the permission" in seen
    refused = cast.account("grid_worker")
    assert f"<td>{refused.display_name or refused.username}</td>" in seen
    assert str(refused.id) not in seen
    client.force_login(cast.account("grid_worker"), backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/record/").status_code == 403
