"""Known truth: the analytic final size, the solved ODE, and the reproduction number put in."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from tests.epi.simulate.populations import alone, mixing, plain_disease
from tongzhou.core.measures import ContactLayer, ContactLimit, Measures, Span
from tongzhou.epi.reproduction import estimate_rt
from tongzhou.epi.simulate import EngineOptions, run, synthesize

N = 200_000


@pytest.mark.parametrize("r0", [1.5, 2.5, 5.0])
def test_final_size_is_the_analytic_one(r0):
    expected = brentq(lambda z: 1 - np.exp(-r0 * z) - z, 1e-6, 1.0)
    disease = plain_disease(r0, **mixing(community=1.0))
    outcome = run(alone(N, 20), disease, days=400, seed=1, introductions={4403: 100})
    assert outcome.summary()["share_infected"] == pytest.approx(expected, abs=0.01)


def test_epidemic_follows_the_solved_seir_equations():
    r0, latent, infectious, seeds = 2.5, 4.0, 5.0, 10_000

    def change(_t, y):
        s, e, i = y
        force = r0 / infectious * s * i
        return [-force, force - e / latent, e / latent - i / infectious]

    days = np.arange(1, 151)
    solved = solve_ivp(change, (0, 151), [1 - seeds / N, seeds / N, 0], t_eval=days - 0.5, rtol=1e-8).y
    disease = plain_disease(r0, latent, infectious, **mixing(community=1.0))
    outcome = run(alone(N, 20), disease, days=150, seed=3, introductions={4403: seeds})
    found = outcome.daily["infections"].to_numpy().cumsum() / N
    expected = 1 - solved[0]
    # Introductions happen during day 0, half a day later than in the equations.
    assert np.abs(found - expected).max() < 0.012


def test_first_generation_gives_the_reproduction_number():
    disease = plain_disease(2.0, **mixing(community=1.0))
    outcome = run(alone(N, 20), disease, days=200, seed=5, introductions={4403: 1500})
    lines = outcome.line_list
    index = lines.filter(pl.col("infector").is_null())["person"]
    n_second = lines.filter(pl.col("infector").is_in(index.implode())).height
    depletion = 0.96
    assert depletion * 2.0 < n_second / len(index) < 2.15


def test_typical_case_of_a_city_gives_its_reproduction_number():
    population = synthesize(["4403"], 300_000, seed=1)
    outcome = run(population, days=40, seed=2, introductions={4403: 600})
    lines = outcome.line_list
    # Index cases are drawn evenly; those they infect are typical cases.
    first = lines.filter(pl.col("infector").is_null())["person"]
    second = lines.filter(pl.col("infector").is_in(first.implode()) & (pl.col("infected_on") < 12))["person"]
    third = lines.filter(pl.col("infector").is_in(second.implode())).height
    # Cases in one home compete for the others in it: fewer than R0, which is counted where nobody is immune.
    assert 0.75 * 2.5 < third / len(second) < 1.05 * 2.5


def test_dispersion_is_that_of_the_disease():
    outcome = run(
        alone(N, 20),
        plain_disease(2.0, infectious_days=5.0, **mixing(community=1.0)),
        days=25,
        seed=6,
        introductions={4403: 2000},
        options=EngineOptions(scale=2.0),
    )
    lines = outcome.line_list
    index = lines.filter(pl.col("infector").is_null() & (pl.col("onset_at") < 6))
    counts = index.join(lines.group_by("infector").len(), left_on="person", right_on="infector", how="left")
    sizes = counts["len"].fill_null(0).to_numpy()
    # Exponential infectious periods make the offspring geometric: variance = mean + mean**2, cut at day 25.
    assert sizes.var() == pytest.approx(sizes.mean() + sizes.mean() ** 2, rel=0.25)


def test_rt_estimated_from_the_output_is_what_was_put_in():
    """R0 2 among the susceptible, halved by a limit from day 30 on; intervals as the disease has them."""
    disease = plain_disease(2.0, **mixing(community=1.0))
    half = ContactLimit("half", dict.fromkeys(ContactLayer, 0.5), span=Span(30))
    outcome = run(alone(N, 20), disease, Measures(limits=(half,)), 60, 5, {4403: 500})
    daily = outcome.daily["infections"].to_numpy()
    # A day's counts are infections within it: an interval of t days falls on the day below or above.
    intervals = disease.generation_intervals()
    pmf = np.histogram(intervals + np.random.default_rng(1).random(len(intervals)), np.arange(80))[0] / len(
        intervals
    )
    pmf[1] += pmf[0]
    pmf[0] = 0.0
    estimate = estimate_rt(daily, pmf / pmf.sum(), window=5).to_frame()
    susceptible = 1 - daily.cumsum() / N
    end, rt = (estimate[name].to_numpy() for name in ("t_end", "mean"))
    put_in = np.asarray([2.0 * (1.0 if e <= 30 else 0.5) * susceptible[e - 5 : e].mean() for e in end])
    for some in ((end >= 20) & (end <= 30), end >= 40):
        ratio = rt[some] / put_in[some]
        assert ratio.mean() == pytest.approx(1.0, abs=0.02)
        assert np.abs(ratio - 1).max() < 0.08
