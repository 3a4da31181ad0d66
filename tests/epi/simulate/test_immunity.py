"""Immunity that wanes, infections again, vaccines by dose and time, seasons: what changes over a run."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from tests.epi.simulate.populations import alone, mixing, plain_disease
from tongzhou.core.errors import InputError
from tongzhou.core.measures import CaseIsolation, ContactTracing, Measures, SymptomaticTesting, Vaccination
from tongzhou.epi.simulate import EngineOptions, run, synthesize
from tongzhou.epi.simulate.disease import Disease, load_disease
from tongzhou.epi.simulate.vaccination import Protection, severe_left

SUMMER, WINTER = date(2021, 7, 15), date(2021, 1, 15)


def waning(**changes: object) -> Disease:
    """Return a disease that most catch and lose immunity to within weeks."""
    disease = plain_disease(4.0, 2.0, 3.0, **mixing(community=1.0))
    return replace(disease, **{"immune_days": 20.0, "half_days": 10.0, **changes})


def lines_of(disease: Disease, measures: Measures | None = None, days: int = 120) -> pl.DataFrame:
    return run(alone(3000), disease, measures, days=days, seed=2, introductions={4403: 30}).line_list


def test_persons_are_infected_again_once_immunity_wanes_and_not_before():
    lines = lines_of(waning()).sort("person", "infected_on")
    gap = lines["infected_on"].diff().filter(lines["person"].diff() == 0)
    assert len(gap) > 500
    assert gap.min() >= 20


def test_life_long_immunity_lets_nobody_be_infected_again():
    assert lines_of(plain_disease(4.0, 2.0, 3.0, **mixing(community=1.0)))["person"].is_unique().all()


def test_endemic_level_is_the_one_of_the_solved_equations():
    # SIRS with full immunity for 20 days, then a chance that rises by half-lives: simulated beside day by day.
    found = run(alone(30_000), waning(), days=400, seed=3, introductions={4403: 300}).daily["infections"]
    share = found.to_numpy()[250:].mean() / 30_000
    since = np.arange(1, 400)
    susceptible = np.where(since < 20, 0.0, 1 - 0.5 ** ((since - 20) / 10.0))
    # In balance everybody is infected at rate x = force * E[susceptible]; R0 * E[susceptible] = 1.
    hazard = share / (1 / 4.0)
    alive = np.exp(-np.cumsum(hazard * susceptible))
    mean_wait = 1 + alive.sum()
    assert share == pytest.approx(1 / mean_wait, rel=0.1)


def test_second_infections_are_reported_again_and_counted_once_each():
    testing = Measures(
        testing=SymptomaticTesting(1.0, 1.0, 0.3),
        isolation=CaseIsolation(0.2, days=5),
        tracing=ContactTracing({"travel": 0.1}, 1.0, 5, is_backward=True),
    )
    outcome = run(alone(3000), waning(), testing, days=120, seed=2, introductions={4403: 30})
    lines = outcome.line_list
    twice = lines.filter(pl.col("person").is_duplicated() & pl.col("report_on").is_not_null())
    assert twice.group_by("person").len()["len"].max() > 1
    assert lines["report_on"].count() == outcome.summary()["cases"]
    assert (lines["report_on"] >= lines["infected_on"]).all()


def test_further_infections_are_milder_and_the_line_list_says_the_same():
    ill = waning(admitted=np.full(101, 0.5), severity_again=0.0)
    outcome = run(alone(3000), ill, days=120, seed=2, introductions={4403: 30})
    lines = outcome.line_list.sort("person", "infected_on")
    again = lines.filter(pl.col("person").is_first_distinct().not_())
    assert len(again) > 500
    assert again["admission_on"].count() == 0
    inside = lines.filter(pl.col("admission_on") < 120)
    assert len(inside) == outcome.summary()["admissions"]


CAMPAIGN = Vaccination("inactivated", 0, 101, {1: 0.9, 2: 0.8}, until_day=10)


def test_line_list_and_series_agree_on_admissions_of_the_vaccinated():
    city = synthesize(["4403"], 20_000, seed=9)
    measures = Measures(vaccinations=(CAMPAIGN,))
    outcome = run(city, "sars-cov-2/delta", measures, days=90, seed=4, introductions={"4403": 50})
    inside = outcome.line_list.filter(pl.col("admission_on") < 90)
    assert len(inside) == outcome.summary()["admissions"] > 20


def test_protection_follows_the_doses_and_wanes():
    disease = load_disease("sars-cov-2/omicron")
    table = disease.vaccines["inactivated"]
    protection = Protection((CAMPAIGN,), disease)
    protection.begin_day(10)
    first, second = table["against_infection"][1:3]
    assert protection.infection[40, 0] == pytest.approx(1 - second)
    assert protection.infection[40, -100] == pytest.approx(1 - first)
    assert protection.infection[40, -1] == 1.0
    protection.begin_day(10 + 28 + 233)
    assert 1 - protection.infection[40, -100] == pytest.approx(first / 2, rel=0.01)


def test_doses_before_the_run_have_waned_when_it_begins():
    disease = load_disease("sars-cov-2/omicron")
    old = Vaccination("inactivated", 0, 101, {}, before={1: 1.0}, before_days=28 + 233)
    protection = Protection((old,), disease)
    protection.begin_day(0)
    assert 1 - protection.infection[40, 0] == pytest.approx(
        disease.vaccines["inactivated"]["against_infection"][1] / 2
    )


def test_a_vaccine_the_disease_does_not_have_is_named():
    with pytest.raises(InputError, match="mumps"):
        severe_left(
            (replace(CAMPAIGN, product="mumps"),),
            load_disease("measles/unvaccinated"),
            (np.ones(1, int),) * 3,
            1,
        )


def test_season_raises_winter_above_summer_and_needs_a_date():
    disease = waning(immune_days=1e9, season=(0.5, 15.0))
    sizes = [
        run(alone(3000), disease, days=25, seed=2, introductions={4403: 30}, first_day=day).summary()[
            "infections"
        ]
        for day in (WINTER, None, SUMMER)
    ]
    assert sizes[0] > sizes[1] > sizes[2]


def test_peak_of_the_season_has_the_reproduction_number_times_one_plus_the_amplitude():
    options = EngineOptions(scale=1.0)
    disease = plain_disease(1.0, 2.0, 3.0, **mixing(community=1.0))
    seasonal = replace(disease, season=(0.5, 15.0))
    first = []
    for one, day in ((disease, None), (seasonal, WINTER), (seasonal, SUMMER)):
        lines = run(
            alone(100_000), one, days=30, seed=2, introductions={4403: 4000}, first_day=day, options=options
        ).line_list
        index = lines.filter(pl.col("infector").is_null())["person"]
        first.append(lines.filter(pl.col("infector").is_in(index.implode())).height)
    assert first[1] / first[0] == pytest.approx(1.5, abs=0.06)
    assert first[2] / first[0] == pytest.approx(0.5, abs=0.05)
