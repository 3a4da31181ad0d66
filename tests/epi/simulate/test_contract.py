"""What others build on by name: arguments, columns and keys of a simulation, and of its measurement."""

from __future__ import annotations

from bench.simulate.command import measure

from tongzhou.epi.simulate import population, run

DAILY = {"day", "area", "infections", "onsets", "cases", "admissions", "icu", "deaths"}
LINE_LIST = {"person", "infector", "setting", "infected_on", "onset_on"}
MEASURED = {"agent_days_per_second", "synthesis_s", "run_s", "peak_rss_bytes", "share_infected"}


def test_a_run_has_the_columns_that_others_read():
    people = population.synthesize(["4403"], n_persons=2_000, seed=0)
    outcome = run(
        people,
        disease="sars-cov-2/wild-type",
        measures=None,
        days=20,
        seed=0,
        introductions={"4403": 10},
    )
    assert set(outcome.daily.columns) >= DAILY
    assert set(outcome.line_list.columns) >= LINE_LIST
    assert outcome.summary()["infections"] == outcome.line_list.height


def test_a_measurement_has_the_keys_that_others_read():
    options = {"threads": 1, "r0": None, "disease": "sars-cov-2/wild-type"}
    result = measure(2_000, 5, **options, contained=False, introduce=10, patches=False)
    assert set(result) >= MEASURED
