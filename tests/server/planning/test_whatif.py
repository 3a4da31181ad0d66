"""Scenarios on the console: asked from today's cases, run in the background, kept, repeated, cancelled."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cast import CITY, COMMUNITY, GRID, OTHER_CITY, Cast
from tests.server.planning.conftest import SMALL, AddCases, SignIn, work
from tongzhou.cli.main import EXIT_DONE, run
from tongzhou.core.errors import InputError
from tongzhou.scenario import Question
from tongzhou.server.audit.models import Event
from tongzhou.server.kernel.models import Job, JobState
from tongzhou.server.planning import populations, queries
from tongzhou.server.planning.models import Repetition, Study

pytestmark = pytest.mark.django_db
PAGE = f"/planning/{COMMUNITY}/whatif/"


def studies() -> list[Study]:
    return list(Study.objects.everything("test"))


@pytest.fixture
def asked(cast: Cast, add_cases: AddCases, sign_in: SignIn) -> Any:
    """Ask for a comparison and run it; the client."""
    add_cases([2, 1, 3], area=GRID)
    client = sign_in("city_officer", "en")
    assert client.post(PAGE, SMALL).status_code == 302
    work()
    return client


def test_a_study_starts_from_recent_cases_and_keeps_where_it_comes_from(asked: Any) -> None:
    (study,) = studies()
    question = Question.from_json(study.inputs["question"])
    assert question.introductions == {GRID: 5}
    assert study.inputs_digest == question.digest()
    assert [pack["name"] for pack in study.packs] == ["cn-2022-06"]
    assert len(study.result["fans"]["cases"]["cn-2022-06:active"]["median"]) == 20
    text = asked.get(f"/planning/studies/{study.id}/").content.decode()
    for word in ("Side by side", study.result_digest[:16], "5 cases with onset", "cn-2022-06 1"):
        assert word in text
    assert ">None<" not in text


def test_a_question_under_way_is_not_asked_twice(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in("city_officer", "en")
    for _ in range(2):
        client.post(PAGE, {**SMALL, "n_seeds": "5"})
    assert Job.objects.everything("test").count() == 1


def test_one_question_is_one_audit_event_and_its_study_another(asked: Any) -> None:
    rows = Event.objects.everything("test").filter(action__startswith="study.").order_by("seq")
    assert list(rows.values_list("action", flat=True)) == ["study.ask", "study.keep"]


def test_asking_again_of_newer_cases_supersedes_and_keeps_the_older(asked: Any, add_cases: AddCases) -> None:
    add_cases([4], area=GRID)
    asked.post(PAGE, SMALL)
    work()
    new, old = sorted(studies(), key=lambda study: study.is_superseded)
    assert (new.is_superseded, old.is_superseded) == (False, True)
    assert (sum(new.inputs["question"]["introductions"].values()), old.result["n_runs"]) == (9, 2)


def test_a_repetition_is_equal_bit_for_bit(asked: Any) -> None:
    (study,) = studies()
    asked.post(f"/planning/studies/{study.id}/repeat/")
    work()
    again = Repetition.objects.everything("test").get()
    assert again.is_equal
    assert again.result_digest == study.result_digest
    assert "Equal bit for bit" in asked.get(f"/planning/studies/{study.id}/").content.decode()


def test_the_saved_question_repeats_on_the_command_line(asked: Any, tmp_path: Any, capsys: Any) -> None:
    (study,) = studies()
    path = tmp_path / "question.json"
    path.write_bytes(asked.get(f"/planning/studies/{study.id}/question/").content)
    assert run(["whatif", "--repeat", str(path), "--threads", "1", "--json"]) == EXIT_DONE
    assert json.loads(capsys.readouterr().out)["result_digest"] == study.result_digest


def test_a_population_is_made_once_and_mapped(asked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    question = Question.from_json(studies()[0].inputs["question"])
    monkeypatch.setattr(populations, "_keep", lambda *_: pytest.fail("made twice"))
    assert populations.population_of(question).n_persons == 8000


def test_populations_not_used_for_longest_make_room(asked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    question = Question.from_json(studies()[0].inputs["question"])
    monkeypatch.setattr(populations, "MAX_BYTES", 0)
    other = Question.from_json({**question.to_json(), "population_seed": 5})
    populations.population_of(other)
    assert [place.name for place in populations.folder().iterdir()] == [other.population_key()]


def test_a_cancelled_run_keeps_no_study_and_goes_on_when_asked(
    cast: Cast, add_cases: AddCases, sign_in: SignIn
) -> None:
    add_cases([3], area=GRID)
    client = sign_in("city_officer", "en")
    client.post(PAGE, SMALL)
    job = Job.objects.everything("test").get()
    assert sign_in("analyst").post(f"/planning/{COMMUNITY}/jobs/{job.id}/cancel/").status_code == 404
    assert client.post(f"/planning/{COMMUNITY}/jobs/{job.id}/cancel/").status_code == 204
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    work()
    assert studies() == []
    assert "Finished runs are kept" in client.get(PAGE).content.decode()
    for _ in range(2):
        assert client.post(f"/planning/{COMMUNITY}/jobs/{job.id}/again/").status_code == 302
    assert Job.objects.everything("test").count() == 2
    work()
    assert len(studies()) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"use_0": "-", "use_1": "-"}, "at least one scenario"),
        ({"use_1": "cn-2022-06", "intensity_1": "active"}, "label one of them"),
        ({"days": "3"}, "7"),
        ({}, "No case has its onset"),
    ],
)
def test_a_question_that_cannot_be_asked_says_why(
    cast: Cast, sign_in: SignIn, change: Any, words: str
) -> None:
    answer = sign_in("city_officer", "en").post(PAGE, {**SMALL, **change})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Job.objects.everything("test").exists()


def test_infections_given_by_hand_start_a_run_without_cases(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in("city_officer", "en")
    client.post(PAGE, {**SMALL, "n_seeds": "5"})
    work()
    assert sum(studies()[0].inputs["question"]["introductions"].values()) == 5
    assert (
        "5 infections given by hand" in client.get(f"/planning/studies/{studies()[0].id}/").content.decode()
    )


@pytest.mark.parametrize(
    ("name", "area", "status"),
    [("city_officer", CITY, 200), ("city_officer", OTHER_CITY, 403), ("grid_worker", CITY, 403)],
)
def test_only_those_who_may_analyse_ask(
    name: str, area: str, status: int, cast: Cast, sign_in: SignIn
) -> None:
    assert sign_in(name).get(f"/planning/{area}/whatif/").status_code == status


def test_a_study_of_another_city_looks_absent(asked: Any, sign_in: SignIn) -> None:
    assert sign_in("other_investigator").get(f"/planning/studies/{studies()[0].id}/").status_code == 404


def test_old_cases_do_not_start_a_run(cast: Cast, add_cases: AddCases) -> None:
    add_cases([3] + [0] * 20, area=GRID)
    found = queries.recent_cases(cast.actor("city_officer"), CITY, "covid-19", queries.CONFIRMED, 7)
    assert found == []


@pytest.mark.parametrize(
    ("area", "basis", "found"),
    [
        (COMMUNITY, "census", {GRID: 4500, "440305007001002": 3500}),
        ("44", "census", None),
        (GRID, "census", {GRID: 900}),
    ],
)
def test_residents_come_from_the_census_or_the_area_file(
    cast: Cast, area: str, basis: str, found: Any
) -> None:
    residents = queries.residents_of(area, basis)
    assert residents == found if found else len(residents) == 21


def test_an_area_without_any_registered_person_is_named(cast: Cast) -> None:
    with pytest.raises(InputError, match=COMMUNITY):
        queries.residents_of(COMMUNITY, "registered")
