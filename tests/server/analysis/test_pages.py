"""The page of estimates: who sees it, what it says, how many queries it takes."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.cast import CITY, OTHER_CITY, Cast
from tests.server.analysis.conftest import AddCases, SignIn, work
from tests.server.analysis.test_runs import GROWING
from tongzhou.server.analysis.actions import request_runs
from tongzhou.server.kernel.models import Job, JobState

pytestmark = pytest.mark.django_db


@pytest.fixture
def estimated(cast: Cast, add_cases: AddCases) -> None:
    add_cases(GROWING)
    request_runs(cast.actor("city_officer"), CITY)
    work()


@pytest.mark.usefixtures("estimated")
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("95 % interval", "Bi et al. 2020", "Signal", "too short")),
        ("zh-hans", ("再生数", "95 % 区间", "信号")),
    ],
)
def test_the_page_shows_numbers_with_interval_and_source(
    language: str, words: tuple[str, ...], sign_in: SignIn
) -> None:
    text = sign_in("city_officer", language).get(f"/insight/{CITY}/").content.decode()
    for word in (*words, "cn-2022-06", "reproduction number" if language == "en" else "代间隔"):
        assert word in text
    assert "Traceback" not in text
    assert "None" not in text


@pytest.mark.parametrize(
    ("name", "area", "status"),
    [
        ("city_officer", CITY, 200),
        ("analyst", OTHER_CITY, 200),
        ("city_officer", OTHER_CITY, 403),
        ("grid_worker", CITY, 403),
        ("resident", CITY, 403),
    ],
)
def test_only_those_who_may_analyse_see_the_page(name: str, area: str, status: int, sign_in: SignIn) -> None:
    assert sign_in(name).get(f"/insight/{area}/").status_code == status
    assert sign_in(name).post(f"/insight/{area}/run/").status_code == (302 if status == 200 else status)


def test_the_button_queues_and_cancel_stops(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in("city_officer")
    page = client.post(f"/insight/{CITY}/run/", follow=True)
    assert page.content.count(b"/cancel/") == 4
    job = Job.objects.everything("test").first()
    assert sign_in("analyst").post(f"/insight/{CITY}/jobs/{job.id}/cancel/").status_code == 404
    assert client.post(f"/insight/{CITY}/jobs/{job.id}/cancel/").status_code == 204
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert client.get(f"/insight/{CITY}/jobs/").headers.get("HX-Refresh") is None
    work()
    assert client.get(f"/insight/{CITY}/jobs/").headers["HX-Refresh"] == "true"


def test_home_leads_to_ones_own_area(sign_in: SignIn) -> None:
    assert sign_in("city_officer").get("/insight/").headers["Location"] == f"/insight/{CITY}/"


@pytest.mark.usefixtures("estimated")
def test_the_situation_curve_carries_the_band_and_the_fan(sign_in: SignIn) -> None:
    facts = sign_in("city_officer").get(f"/situation/{CITY}/curve/").json()
    assert len(facts["rt"]["days"]) == len(facts["rt"]["low"]) > 14
    assert facts["rt"]["days"][0] >= facts["days"][0]
    assert [band["level"] for band in facts["forecast"]["bands"]] == [0.5, 0.95]
    assert "rt" not in sign_in("county_officer").get("/situation/440305/curve/").json()


@pytest.mark.usefixtures("estimated")
def test_the_charts_carry_the_interval_and_the_bounds(sign_in: SignIn) -> None:
    page = sign_in("city_officer").get(f"/insight/{CITY}/").context
    onsets, alarms = page["nowcast_curve"], page["alarm_curve"]
    assert len(onsets["days"]) == len(onsets["interval"]["low"]) == len(onsets["interval"]["high"])
    assert [bound["label"][-2:] for bound in alarms["bounds"]] == ["C1", "C2", "C3"]
    assert all(len(bound["alarms"]) == len(alarms["days"]) for bound in alarms["bounds"])


def test_too_few_cases_are_said_in_words(cast: Cast, add_cases: AddCases, sign_in: SignIn) -> None:
    add_cases([2])
    request_runs(cast.actor("city_officer"), CITY)
    work()
    text = sign_in("city_officer").get(f"/insight/{CITY}/").content.decode()
    assert "2 cases are too few: this estimate needs 12." in text
    text = sign_in("city_officer", "zh-hans").get(f"/insight/{CITY}/").content.decode()
    assert "2 例太少" in text


def test_the_page_takes_as_many_queries_with_many_cases(
    cast: Cast, add_cases: AddCases, sign_in: SignIn
) -> None:
    client, counted = sign_in("city_officer"), []
    for counts in (GROWING, GROWING * 3):
        add_cases(counts)
        request_runs(cast.actor("city_officer"), CITY)
        work()
        client.get(f"/insight/{CITY}/")
        with CaptureQueriesContext(connection) as queries:
            size = len(client.get(f"/insight/{CITY}/").content)
        counted.append(len(queries))
        assert size < 200_000
    assert counted[0] == counted[1] <= 20
