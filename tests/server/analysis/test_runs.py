"""Runs: right numbers from the records, provenance, supersession, refusal in words, refresh."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pytest
from django.core.cache import cache
from django.test.utils import CaptureQueriesContext

from tests.cast import CITY, COUNTY, GRID, OTHER_CITY, OTHER_COUNTY, Cast
from tests.server.analysis.conftest import AddCases, work
from tongzhou.core.errors import Denied
from tongzhou.core.estimates import digest_arrays
from tongzhou.epi.parameters import get_delay
from tongzhou.epi.reproduction import estimate_rt
from tongzhou.server.analysis import queries, rules
from tongzhou.server.analysis.actions import refresh_runs, request_runs
from tongzhou.server.analysis.models import Run, RunKind
from tongzhou.server.audit.models import Event
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.models import Job, JobState

pytestmark = pytest.mark.django_db
GROWING = np.random.default_rng(7).poisson(4 * np.exp(0.06 * np.arange(35))).tolist()


def current(area: str = CITY) -> dict[str, Run]:
    runs = Run.objects.everything("test").filter(area_code=area, is_superseded=False)
    return {run.kind: run for run in runs}


def run_all(cast: Cast, area: str = CITY) -> dict[str, Run]:
    request_runs(cast.actor("city_officer"), area)
    work()
    assert not Job.objects.everything("test").exclude(state=JobState.DONE).exists()
    return current(area)


def test_rt_equals_the_library_on_the_same_counts(cast: Cast, add_cases: AddCases) -> None:
    add_cases(GROWING)
    run = run_all(cast)[RunKind.RT]
    frame = estimate_rt(GROWING, get_delay("covid-19.serial_interval.bi2020")).to_frame().drop_nulls("mean")
    assert run.result["mean"] == pytest.approx(frame["mean"].to_list(), abs=5e-4)
    assert run.result["high"] == pytest.approx(frame["q975"].to_list(), abs=5e-4)
    assert run.result["days"][-1] == "2022-07-11"
    assert run.result["low"][-1] > 1


def test_a_run_says_where_it_came_from(cast: Cast, add_cases: AddCases) -> None:
    add_cases(GROWING)
    runs = run_all(cast)
    assert set(runs) == set(RunKind.values)
    for run in runs.values():
        assert run.method
        assert len(run.inputs_digest) == 64
        assert run.code_version
        assert not run.problem
        assert (run.pack, run.n_cases) == ("cn-2022-06", sum(GROWING))
    assert runs["rt"].options["serial_interval"]["doi"] == "10.1016/S1473-3099(20)30287-5"
    assert Event.objects.everything("test").filter(action="analysis.run").count() == 4


def test_the_same_records_give_the_same_forecast(cast: Cast, add_cases: AddCases) -> None:
    add_cases(GROWING)
    first = run_all(cast)["forecast"]
    second = run_all(cast)["forecast"]
    assert first.id != second.id
    assert first.result == second.result
    first.refresh_from_db()
    assert first.is_superseded
    assert not second.is_superseded
    assert len(second.result["days"]) == 14
    inner, outer = second.result["bands"]
    assert all(a <= b for a, b in zip(outer["low"], inner["low"], strict=True))


def test_nowcast_exceeds_the_known_onsets_of_the_last_days(cast: Cast, add_cases: AddCases) -> None:
    add_cases([12] * 40)
    found = run_all(cast)["nowcast"].result
    assert found["days"][-1] == "2022-07-11"
    assert found["observed"][-1] < 6 < found["high"][-1]
    assert sum(found["low"][:-2]) <= 12 * 14 <= sum(found["high"][:-2])


def test_a_jump_is_a_signal_and_short_history_is_said(cast: Cast, add_cases: AddCases) -> None:
    add_cases([2, 3, 2, 1, 2, 3, 2] * 4 + [30, 30])
    found = run_all(cast)["alarms"].result
    alarms = {name: found["detectors"][name]["alarm"][-3:] for name in ("C1", "C2", "C3")}
    assert alarms["C1"][:2] == alarms["C2"][:2] == [False, True]
    assert alarms["C2"][2]
    assert alarms["C3"] == [False, False, True]
    assert found["weekly"] == {"n_weeks": 4, "needed": 264}


def test_six_years_of_weeks_let_farrington_judge(cast: Cast, add_cases: AddCases) -> None:
    add_cases([1, 0, 0, 2, 0, 1, 0] * 275 + [9] * 7)
    weekly = run_all(cast)["alarms"].result["weekly"]
    assert weekly["observed"][-1] == 63
    assert weekly["alarm"][-1] is True
    assert weekly["alarm"][0] is False
    assert weekly["expected"][0] == pytest.approx(4, abs=0.2)


@pytest.mark.parametrize(("counts", "code"), [([], "too_few"), ([3], "too_few"), ([40], "too_short")])
def test_too_little_becomes_a_reason_not_a_failure(
    counts: list[int], code: str, cast: Cast, add_cases: AddCases
) -> None:
    add_cases(counts)
    runs = run_all(cast)
    assert {runs[kind].problem["code"] for kind in ("rt", "forecast")} == {f"analysis.{code}"}
    assert all(not run.result for run in runs.values())


def test_a_disease_without_published_interval_is_refused() -> None:
    with pytest.raises(Exception, match="measles") as caught:
        rules.choose_interval("measles", "serial_interval")
    assert caught.value.code == "analysis.no_interval"


def test_series_count_only_the_area_and_whole_days(cast: Cast, add_cases: AddCases, now: datetime) -> None:
    case = add_cases([1, 2, 3])[0]
    add_cases([9], area=OTHER_COUNTY)
    type(case).objects.everything("test").filter(id=case.id).update(diagnosed_at=now)
    found = queries.daily_series(cast.actor("analyst"), COUNTY, "covid-19", 30)
    assert sum(found.counts) == 5
    assert found.days[-1] == clock.today() - timedelta(days=1)


def test_nobody_estimates_an_area_that_is_not_theirs(cast: Cast) -> None:
    for name, area in (("city_officer", OTHER_CITY), ("grid_worker", GRID), ("county_officer", COUNTY)):
        with pytest.raises(Denied):
            request_runs(cast.actor(name), area)
        with pytest.raises(Denied):
            queries.daily_series(cast.actor(name), area, "covid-19", 30)
    assert not Job.objects.everything("test").exists()


def test_asking_twice_queues_once(cast: Cast) -> None:
    assert len(request_runs(cast.actor("city_officer"), CITY)) == 4
    assert request_runs(cast.actor("city_officer"), CITY) == []


def test_runs_repeat_an_hour_after_when_cases_came_in(
    cast: Cast, add_cases: AddCases, now: datetime, settings: object
) -> None:
    settings.ROOT_AREA = CITY
    add_cases(GROWING)
    run_all(cast)
    found = []
    for minutes in (30, 61, 62):
        with clock.fixed(now + timedelta(minutes=minutes)):
            add_cases([1])
            cache.clear()
            found.append(refresh_runs())
    assert found == [0, 4, 0]


def test_an_idle_worker_asks_the_database_nothing_between_looks(
    areas: None, django_assert_num_queries: CaptureQueriesContext
) -> None:
    refresh_runs()
    with django_assert_num_queries(0):
        assert refresh_runs() == 0


@pytest.mark.parametrize(
    ("age", "newer", "until", "due"),
    [(59, 1, 11, False), (61, 1, 11, True), (61, -1, 11, False), (61, None, 11, False), (61, None, 10, True)],
)
def test_a_run_is_due_after_an_hour_with_news(
    age: int, newer: int | None, until: int, due: bool, now: datetime
) -> None:
    made = now - timedelta(minutes=age)
    newest = None if newer is None else made + timedelta(minutes=newer)
    assert rules.is_due(made, date(2022, 7, until), newest, now) is due


def test_digest_names_the_counts(cast: Cast) -> None:
    run = run_all(cast)["rt"]
    assert run.inputs_digest == digest_arrays(np.zeros(0, dtype=np.int64))
