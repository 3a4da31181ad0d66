"""The return peak on the console: from figures or the simulated festival, run in the background, kept, repeated."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.cast import CITY, OTHER_CITY, SETUP, Cast
from tests.server.travel.conftest import SignIn, work
from tongzhou.cli.main import EXIT_DONE, run
from tongzhou.core.errors import InputError
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.models import Job, JobState
from tongzhou.server.planning.models import Repetition, Study
from tongzhou.server.travel.actions import TravelEntry, record_travel
from tongzhou.server.travel.models import TravelFigure

pytestmark = pytest.mark.django_db
PAGE = f"/travel/{CITY}/return/"
ASKED = {
    "basis": "figures", "direction": "in", "days": "21", "lanes": "12", "seconds": "40", "target_s": "600",
    "per_lane": "2", "share_registered": "0.8",
}  # fmt: skip


def entries(direction: str = "in", n_days: int = 3, **more: Any) -> list[TravelEntry]:
    today = clock.today()
    return [
        TravelEntry(
            CITY, direction, today + timedelta(days=k), OTHER_CITY, today, "铁路", "北站", 4000 + 9000 * k,
            n_expected=9000 + 9000 * k, other_cases=2000, other_population=18_676_605, **more,
        )
        for k in range(n_days)
    ]  # fmt: skip


def studies() -> list[Study]:
    return list(Study.objects.everything("test"))


@pytest.fixture
def asked(cast: Cast, sign_in: SignIn) -> Any:
    """Ask for a peak of figures and run it; the client."""
    record_travel(SETUP, CITY, entries())
    client = sign_in("city_officer", "en")
    assert client.post(PAGE, ASKED).status_code == 302
    work()
    return client


def test_a_study_shows_arrivals_infected_lanes_and_advice(asked: Any) -> None:
    (study,) = studies()
    text = asked.get(f"/travel/studies/{study.id}/").content.decode()
    for word in ("Guangzhou", "北站", "Full", "Too long", "2,000 cases in 7 days", study.result_digest[:16]):
        assert word in text
    assert "None" not in text
    assert f"/travel/studies/{study.id}/" in asked.get(PAGE).content.decode()


def test_a_later_peak_supersedes_and_a_repetition_is_equal_bit_for_bit(asked: Any) -> None:
    (first,) = studies()
    record_travel(SETUP, CITY, entries(n_days=4))
    asked.post(f"/travel/studies/{first.id}/repeat/")
    asked.post(PAGE, ASKED)
    work()
    assert sorted(study.is_superseded for study in studies()) == [False, True]
    assert Repetition.objects.everything("test").get().is_equal
    assert "Equal bit for bit" in asked.get(f"/travel/studies/{first.id}/").content.decode()


def test_the_saved_question_repeats_on_the_command_line(asked: Any, tmp_path: Any, capsys: Any) -> None:
    path = tmp_path / "question.json"
    path.write_bytes(asked.get(f"/travel/studies/{studies()[0].id}/question/").content)
    assert run(["return-peak", "--repeat", str(path), "--json"]) == EXIT_DONE
    assert json.loads(capsys.readouterr().out)["is_equal"]


def test_the_simulated_festival_is_shown_by_day_and_origin(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in("city_officer", "en")
    new_year = (clock.today() + timedelta(days=3)).isoformat()
    assert client.post(PAGE, {**ASKED, "basis": "festival", "new_year": new_year}).status_code == 302
    work()
    (study,) = studies()
    days = {row["day"] for row in study.result["arrivals"]}
    origins = {row["origin"] for row in study.result["arrivals"]}
    assert {"43", "45", OTHER_CITY} < origins
    assert (CITY in origins, len(days)) == (False, 24)
    text = client.get(f"/travel/studies/{study.id}/").content.decode()
    assert "Seventh census 2020" in text


def test_a_peak_is_cancelled_and_asked_again(cast: Cast, sign_in: SignIn) -> None:
    record_travel(SETUP, CITY, entries())
    client = sign_in("city_officer", "en")
    for _ in range(2):
        client.post(PAGE, ASKED)
    job = Job.objects.everything("test").get()
    assert client.post(f"/planning/{CITY}/jobs/{job.id}/cancel/").status_code == 204
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert client.post(f"/planning/{CITY}/jobs/{job.id}/again/").headers["Location"] == PAGE
    work()
    assert len(studies()) == 1


def test_departures_are_planned_alike(cast: Cast, sign_in: SignIn) -> None:
    record_travel(SETUP, CITY, entries("out"))
    client = sign_in("city_officer", "en")
    client.post(PAGE, {**ASKED, "direction": "out"})
    work()
    assert "By destination" in client.get(f"/travel/studies/{studies()[0].id}/").content.decode()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, "No travel is on record"),
        ({"seconds": "0"}, "1"),
        ({"basis": "festival"}, "Give the day of the lunar New Year"),
        ({"basis": "festival", "new_year": "2001-01-24"}, "Nobody travels for the New Year of 2001-01-24"),
    ],
)
def test_a_peak_that_cannot_be_computed_says_why(
    cast: Cast, sign_in: SignIn, change: dict[str, str], words: str
) -> None:
    answer = sign_in("city_officer", "en").post(PAGE, {**ASKED, **change})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Job.objects.everything("test").exists()


def test_a_newer_figure_supersedes(cast: Cast) -> None:
    officer = cast.actor("city_officer")
    assert record_travel(officer, CITY, entries(n_days=2)) == 2
    assert record_travel(officer, CITY, entries(n_days=2)) == 0
    assert TravelFigure.objects.everything("test").filter(is_superseded=False).count() == 2


def test_a_direction_that_is_none_is_named(cast: Cast) -> None:
    with pytest.raises(InputError, match="sideways"):
        record_travel(cast.actor("city_officer"), CITY, entries("sideways"))
