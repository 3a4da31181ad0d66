"""A question is a value: written down, digested, asked again bit for bit."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tongzhou.cli.main import EXIT_DONE, EXIT_REJECTED_ROWS, EXIT_WRONG_USE, run
from tongzhou.core.errors import InputError
from tongzhou.core.measures import ContactLayer
from tongzhou.scenario import Question, ScenarioSpec, answer, check_question
from tongzhou.scenario.question import cost_sources, measures_of

SMALL = Question(
    {"4403": None},
    {"4403": 10},
    (ScenarioSpec("cn-2022-06"), ScenarioSpec()),
    days=20,
    n_runs=2,
    n_persons=4000,
)


def test_a_question_survives_writing_down():
    again = Question.from_json(json.loads(json.dumps(SMALL.to_json())))
    assert again.digest() == SMALL.digest()
    assert again.population_key() == SMALL.population_key()


def test_the_same_question_gives_the_same_bits_on_any_number_of_threads():
    digests = {answer(SMALL, n_threads=n).result_digest() for n in (1, 2)}
    assert len(digests) == 1
    assert answer(replace(SMALL, seed=1)).result_digest() not in digests


def test_a_scenario_changes_what_its_intensity_does():
    spec = ScenarioSpec("cn-2022-06", tracing=0.5, kept={"school": 0.0}, from_day=7, tests_per_day=100)
    plain, found = measures_of(ScenarioSpec("cn-2022-06")), measures_of(spec)
    assert found.tracing.coverage[ContactLayer.WORK] == plain.tracing.coverage[ContactLayer.WORK] / 2
    assert found.limits[0].kept[ContactLayer.SCHOOL] == 0.0
    assert found.limits[0].span.from_day == 7
    assert found.capacities.tests_per_day == 100


def test_limits_in_zones_hold_where_cases_are_as_long_as_the_pack_says():
    (limit,) = measures_of(ScenarioSpec("cn-2022-06", "high", in_zones=True, from_day=2)).limits
    assert (limit.span.by_area, limit.span.from_cases, limit.span.from_day) == (True, 1, 2)
    assert limit.span.clear_days == 10
    (screening,) = measures_of(ScenarioSpec("cn-2022-06", "high", in_zones=True)).screenings
    assert screening.span.by_area


def test_zones_restrict_fewer_people_than_limits_everywhere():
    specs = (ScenarioSpec("cn-2022-06", "high"), ScenarioSpec("cn-2022-06", "high", in_zones=True))
    places = {"residents": {"440305": 2000, "440306": 40_000}, "introductions": {"440305": 3}}
    found = answer(replace(SMALL, **places, scenarios=specs, n_persons=None))
    restricted = found.totals.filter(measure="restricted_person_days")["median"].to_list()
    assert 0 < restricted[1] < restricted[0]
    assert found.shortfalls.is_empty()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"introductions": {}}, "scenario.no_seed"),
        ({"n_runs": 10_000}, "scenario.too_many"),
        ({"scenarios": (ScenarioSpec("cn-2022-06"),) * 2}, "scenario.twice"),
        ({"scenarios": (ScenarioSpec("cn-2022-06", tracing=1.5),)}, "scenario.bad_share"),
        ({"scenarios": (ScenarioSpec("measles", in_zones=True),)}, "scenario.no_zones"),
        ({"scenarios": (ScenarioSpec("cn-2022-06", kept={"moon": 0.1}),)}, "scenario.unknown_layer"),
    ],
)
def test_a_question_that_cannot_be_asked_is_named(change, code):
    with pytest.raises(InputError) as error:
        check_question(replace(SMALL, **change))
    assert error.value.code == code


def test_a_file_of_another_format_is_refused():
    with pytest.raises(InputError, match="no question of format"):
        Question.from_json({"format": 9})


def test_every_cost_names_its_source():
    assert all(source for _, source in cost_sources().values())
    assert all(source for _, source in cost_sources("source_zh").values())


def test_the_command_saves_a_question_and_tells_whether_it_repeats(tmp_path, capsys):
    path = tmp_path / "question.json"
    words = ["whatif", "--pack", "cn-2022-06", "--persons", "3e3", "--days", "15", "--runs", "2"]
    assert run([*words, "--kept", "school=0", "--save", str(path)]) == EXIT_DONE
    capsys.readouterr()
    assert run(["whatif", "--repeat", str(path), "--threads", "1"]) == EXIT_DONE
    assert "equal bit for bit" in capsys.readouterr().out
    saved = json.loads(path.read_text())
    path.write_text(json.dumps({**saved, "result_digest": "0" * 64}))
    assert run(["whatif", "--repeat", str(path)]) == EXIT_REJECTED_ROWS
    assert "DIFFERS" in capsys.readouterr().out


def test_the_command_names_what_runs_short_where(tmp_path, capsys):
    ready = tmp_path / "ready.csv"
    ready.write_text("area,capacity,amount\n4403,quarantine_rooms,1\n")
    words = ["whatif", "--pack", "cn-2022-06", "--persons", "3e3", "--days", "15", "--runs", "2"]
    assert run([*words, "--ready", str(ready), "--first-day", "2022-07-01", "--json"]) == EXIT_DONE
    rows = json.loads(capsys.readouterr().out)["readiness"]
    short = next(row for row in rows if (row["area"], row["capacity"]) == ("4403", "quarantine_rooms"))
    assert short["decide_on"] < short["earliest_on"]


def test_the_command_asks_for_a_pack(capsys):
    assert run(["whatif"]) == EXIT_WRONG_USE
    assert "Give --pack" in capsys.readouterr().err
