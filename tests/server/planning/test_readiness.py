"""Readiness on the console: recorded once per area, superseded, held against a scenario."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.answered import answer_of
from tests.cast import CITY, COMMUNITY, COUNTY, OTHER_CITY, SETUP, Cast
from tests.server.planning.conftest import SignIn
from tongzhou.core.errors import Denied, InputError
from tongzhou.server.audit.models import Event
from tongzhou.server.kernel import clock
from tongzhou.server.planning.actions import CapacityEntry, keep_study, record_capacities
from tongzhou.server.planning.models import Capacity, StudyKind

pytestmark = pytest.mark.django_db
PAGE = f"/planning/{COMMUNITY}/readiness/"


def entry(amount: int = 5, area: str = COMMUNITY, kind: str = "beds", **more: Any) -> CapacityEntry:
    return CapacityEntry(
        area, kind, amount, more.pop("as_of", date(2022, 7, 1)), more.pop("source", "卫健局"), **more
    )


def current() -> list[tuple[str, str, int]]:
    rows = Capacity.objects.everything("test").filter(is_superseded=False)
    return list(rows.values_list("area_code", "kind", "amount"))


def test_a_newer_figure_supersedes_and_the_older_stays(cast: Cast) -> None:
    officer = cast.actor("city_officer")
    assert record_capacities(officer, CITY, [entry(5), entry(3, kind="icu_beds")]) == 2
    assert record_capacities(officer, CITY, [entry(5)]) == 0
    assert record_capacities(officer, CITY, [entry(9)]) == 1
    assert sorted(current()) == [(COMMUNITY, "beds", 9), (COMMUNITY, "icu_beds", 3)]
    assert Capacity.objects.everything("test").count() == 3
    assert Event.objects.everything("test").filter(action="capacity.record").count() == 3


@pytest.mark.parametrize(
    "bad",
    [
        {"kind": "masks"},
        {"area": OTHER_CITY},
        {"source": " "},
        {"as_of": date(2022, 7, 20)},
        {"amount": -1},
    ],
)
def test_a_figure_that_cannot_be_is_refused_whole(cast: Cast, bad: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        record_capacities(cast.actor("city_officer"), CITY, [entry(), entry(**bad)])
    assert current() == []


def test_only_holders_of_the_permission_record(cast: Cast) -> None:
    with pytest.raises(Denied):
        record_capacities(cast.actor("analyst"), CITY, [entry()])


@pytest.mark.usefixtures("cast")
def test_the_page_says_what_runs_short_first_and_when_to_decide(sign_in: SignIn) -> None:
    keep_study(SETUP, COMMUNITY, answer_of(StudyKind.WHATIF, clock.today()))
    client = sign_in("city_officer", "en")
    assert "Nothing is recorded that could run short" in client.get(PAGE).content.decode()
    record_capacities(SETUP, COMMUNITY, [entry(10), entry(4, kind="shelter_beds", lead_days=1)])
    text = client.get(PAGE).content.decode()
    assert "First: <strong>Makeshift hospital beds</strong>" in text
    assert "Too late already" in text
    assert (clock.today() + timedelta(days=6)).isoformat() in text


@pytest.mark.usefixtures("cast")
def test_a_scenario_can_be_chosen_by_its_chip(sign_in: SignIn) -> None:
    study = keep_study(SETUP, COMMUNITY, answer_of(StudyKind.WHATIF, clock.today()))
    answer = sign_in("city_officer", "en").get(PAGE, {"study": str(study.id), "scenario": "none"})
    assert answer.context["chosen"] == "No measures"


@pytest.mark.usefixtures("cast")
def test_without_a_study_the_page_leads_to_one(sign_in: SignIn) -> None:
    assert f"/planning/{COMMUNITY}/whatif/" in sign_in("city_officer", "en").get(PAGE).content.decode()


def test_the_form_records_a_figure_and_names_what_is_wrong(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in("city_officer", "en")
    given = {"kind": "beds", "amount": "12", "as_of": "2022-07-01", "source": "Health bureau"}
    assert client.post(f"/planning/{COUNTY}/readiness/", given).status_code == 302
    assert current() == [(COUNTY, "beds", 12)]
    wrong = client.post(f"/planning/{COUNTY}/readiness/", {**given, "as_of": "2022-07-30"})
    assert wrong.status_code == 422
    assert "still to come" in wrong.content.decode()


def test_readers_without_the_permission_see_no_form(cast: Cast, sign_in: SignIn) -> None:
    analyst = sign_in("analyst", "en")
    assert 'name="amount"' not in analyst.get(PAGE).content.decode()
    given = {"kind": "beds", "amount": "12", "as_of": "2022-07-01", "source": "x"}
    assert analyst.post(PAGE, given).status_code == 403
