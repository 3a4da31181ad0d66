"""A change of rules held against the orders of today."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.cast import CITY, COMMUNITY, Cast
from tests.server.planning.conftest import SignIn, work
from tests.server.world import World, build_world
from tongzhou.server.cases.actions import CaseEntry, open_case
from tongzhou.server.cases.models import Case
from tongzhou.server.kernel import clock, outbox
from tongzhou.server.measures.confirming import confirm_orders
from tongzhou.server.measures.models import Order
from tongzhou.server.planning.differences import compare_orders
from tongzhou.server.planning.models import Study

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(cast: Cast, now: Any, settings: Any, tmp_path: Any) -> World:
    settings.LEDGER_ROOT = tmp_path / "ledger"
    return build_world(now)


@pytest.fixture
def case(world: World, cast: Cast, now: Any) -> Case:
    """A case with its contacts traced and every draft confirmed."""
    entry = CaseEntry(
        person=world.people["wang"],
        diagnosed_at=now - timedelta(minutes=10),
        first_sampled_at=now - timedelta(hours=9),
    )
    case = open_case(cast.actor("investigator"), entry)
    while outbox.sweep():
        pass
    drafts = Order.objects.everything("test").filter(case=case)
    confirm_orders(cast.actor("investigator"), list(drafts))
    return case


@pytest.mark.usefixtures("case")
def test_orders_in_force_are_evaluated_by_both_packs(cast: Cast) -> None:
    found = compare_orders(cast.actor("city_officer"), CITY, "cn-2022-06", "cn-2022-11")
    n_orders = Order.objects.everything("test").filter(state="in_force").values("person").distinct().count()
    assert found["n_people"] >= n_orders > 0
    assert sum(found["changes"].values()) + found["n_unknown"] == found["n_people"]
    assert found["before"]["days"] > found["after"]["days"]
    assert found["changes"].get("shorter", 0) > 0


@pytest.mark.usefixtures("case")
def test_the_same_packs_change_nobody_and_digest_alike(cast: Cast) -> None:
    officer = cast.actor("city_officer")
    once, again = (compare_orders(officer, CITY, "cn-2022-06", "cn-2022-06") for _ in range(2))
    assert set(once["changes"]) == {"none"}
    assert once["digest"] == again["digest"]
    assert once["before"]["days"] == once["after"]["days"]


@pytest.mark.usefixtures("case")
def test_time_passed_releases_whom_the_shorter_rule_lets_go(cast: Cast, now: Any) -> None:
    with clock.fixed(now + timedelta(days=7)):
        found = compare_orders(cast.actor("city_officer"), CITY, "cn-2021-05", "cn-2022-11")
    assert found["changes"].get("released", 0) + found["changes"].get("shorter", 0) > 0


@pytest.mark.usefixtures("case")
def test_the_page_shows_both_sides_and_never_changes_an_order(sign_in: SignIn) -> None:
    before = list(Order.objects.everything("test").order_by("id").values("id", "state", "ends_at"))
    client = sign_in("city_officer", "en")
    given = {"before": "cn-2022-06", "after": "cn-2022-11"}
    assert client.post(f"/planning/{CITY}/rules/", given).status_code == 302
    work()
    study = Study.objects.everything("test").get()
    text = client.get(f"/planning/differences/{study.id}/").content.decode()
    for word in ("Free sooner", "Person-days still to come", "cn-2022-11 1", study.result_digest[:16]):
        assert word in text
    assert before == list(Order.objects.everything("test").order_by("id").values("id", "state", "ends_at"))


def test_the_same_pack_twice_is_refused(cast: Cast, sign_in: SignIn) -> None:
    given = {"before": "cn-2022-06", "after": "cn-2022-06"}
    assert sign_in("city_officer", "en").post(f"/planning/{CITY}/rules/", given).status_code == 422


@pytest.mark.usefixtures("case")
def test_a_simulation_of_both_packs_stands_beside(sign_in: SignIn) -> None:
    client = sign_in("city_officer", "en")
    given = {"before": "cn-2022-06", "after": "cn-2022-11", "with_simulation": "on"}
    assert client.post(f"/planning/{COMMUNITY}/rules/", given).status_code == 302
    work()
    study = Study.objects.everything("test").get()
    assert set(study.result["simulated"]["totals"]) == {"cn-2022-06:active", "cn-2022-11:active"}
    assert "Simulated for 60 days" in client.get(f"/planning/differences/{study.id}/").content.decode()
