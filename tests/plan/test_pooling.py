"""Pooling designs against published optima, hand-worked sums and simulation."""

from __future__ import annotations

import numpy as np
import pytest

from tongzhou.core.errors import InputError
from tongzhou.plan.pooling import (
    Assay,
    Laboratory,
    best_design,
    campaign_length,
    compare_sizes,
    evaluate_design,
)

PERFECT = Assay(sensitivity=1, specificity=1, dilution=0, max_size=40)
REAL = Assay(sensitivity=0.9, specificity=0.98, dilution=0.1, max_size=32)


@pytest.mark.parametrize(
    ("prevalence", "size", "tests"),
    [(0.01, 11, 0.1956), (0.02, 8, 0.2742), (0.05, 5, 0.4262), (0.1, 4, 0.5939), (0.15, 3, 0.7192)],
)
def test_best_sizes_are_those_of_dorfman_1943(prevalence, size, tests):
    plan = best_design(prevalence, PERFECT)
    assert plan.sizes == (size, 1)
    assert plan.tests_per_person == pytest.approx(tests, abs=5e-4)


def test_a_plan_carries_the_digest_of_what_it_was_computed_from():
    plans = [evaluate_design(0.01, PERFECT, (8,)), evaluate_design(0.01, REAL, (8,))]
    assert plans[0].inputs_digest == evaluate_design(0.01, PERFECT, (8, 1)).inputs_digest
    assert plans[0].inputs_digest != plans[1].inputs_digest


def test_single_tests_are_best_when_many_are_infected():
    assert best_design(0.4, PERFECT).sizes == (1,)


def test_perfect_pools_miss_nobody():
    plan = evaluate_design(0.03, PERFECT, (24, 6, 1), "hierarchical")
    assert plan.missed_share == pytest.approx(0.0)
    assert plan.false_per_person == pytest.approx(0.0)


def test_two_tests_in_a_row_miss_by_both_sensitivities():
    plan = evaluate_design(0.01, Assay(0.9, 1, 0, 20), (10,))
    assert plan.missed_share == pytest.approx(1 - 0.81)


def simulate_hierarchy(p, assay, sizes, rng, n=200_000):
    n -= n % sizes[0]
    infected = rng.random(n) < p
    alive, tests = np.ones(n, dtype=bool), 0
    for size in sizes:
        k = infected.reshape(-1, size).sum(axis=1)
        asked = alive.reshape(-1, size)[:, 0]
        tests += asked.sum()
        positive = asked & (rng.random(k.size) < assay.positive(size)[k])
        alive = np.repeat(positive, size)
    return tests / n, (infected & ~alive).sum() / infected.sum(), (alive & ~infected).mean()


@pytest.mark.parametrize("sizes", [(10, 1), (5, 1), (24, 6, 1), (32, 8, 2, 1)])
def test_hierarchies_agree_with_simulation(sizes):
    rng = np.random.default_rng(len(sizes))
    found = evaluate_design(0.02, REAL, sizes, "hierarchical")
    tests, missed, false = simulate_hierarchy(0.02, REAL, sizes, rng)
    assert found.tests_per_person == pytest.approx(tests, rel=0.02)
    assert found.missed_share == pytest.approx(missed, abs=0.025)
    assert found.false_per_person == pytest.approx(false, abs=6e-4)


def test_array_agrees_with_simulation():
    rng, n, p = np.random.default_rng(5), 12, 0.02
    infected = rng.random((4000, n, n)) < p
    line = [rng.random((4000, n)) < REAL.positive(n)[infected.sum(axis=axis)] for axis in (2, 1)]
    crossed = line[0][:, :, None] & line[1][:, None, :]
    called = crossed & (rng.random(crossed.shape) < REAL.positive(1)[infected.astype(int)])
    found = evaluate_design(p, REAL, (n,), "array")
    assert found.tests_per_person == pytest.approx(2 / n + crossed.mean(), rel=0.01)
    assert found.missed_share == pytest.approx(1 - called[infected].mean(), abs=0.01)


def test_dilution_makes_smaller_pools_best():
    strict = best_design(0.005, REAL, max_missed=0.3)
    assert strict.sizes[0] < best_design(0.005, Assay(0.9, 0.98, 0, 32)).sizes[0]
    assert strict.missed_share <= 0.3


def test_three_stages_need_fewer_tests_than_two_when_few_are_infected():
    two, three = best_design(0.002, PERFECT), best_design(0.002, PERFECT, "hierarchical")
    assert len(three.sizes) == 3
    assert three.tests_per_person < two.tests_per_person


def test_every_prevalence_meets_every_size():
    plans = compare_sizes([0.01, 0.1], PERFECT, [5, 10])
    assert [(plan.prevalence, plan.sizes[0]) for plan in plans] == [
        (0.01, 5),
        (0.01, 10),
        (0.1, 5),
        (0.1, 10),
    ]


def test_slow_laboratory_sets_the_length():
    plan = evaluate_design(0.0, PERFECT, (10,))
    found = campaign_length(1_000_000, plan, [Laboratory(20_000, 6)], sampled_per_day=1_000_000)
    assert found.days == pytest.approx(100_000 / 20_000 + 0.25, abs=0.05)
    assert found.sampled_hours == 24
    assert found.peak_waiting == pytest.approx(80_000, rel=0.01)


def test_retests_prolong_a_campaign_by_a_turnaround():
    lab = [Laboratory(1_000_000, 8)]
    once = campaign_length(100_000, evaluate_design(0.0, PERFECT, (10,)), lab, sampled_per_day=100_000)
    twice = campaign_length(100_000, evaluate_design(0.01, PERFECT, (10,)), lab, sampled_per_day=100_000)
    assert 8 <= twice.result_hours - once.result_hours <= 10


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: evaluate_design(1.2, PERFECT, (5,)), "1.2"),
        (lambda: evaluate_design(0.1, PERFECT, (10, 4, 1), "hierarchical"), "divisor"),
        (lambda: evaluate_design(0.1, PERFECT, (50,)), "up to 40"),
        (lambda: Assay(0, 1, 0, 5), "sensitivity 0"),
        (lambda: best_design(0.1, REAL, max_missed=0.01), "10.0%"),
        (lambda: campaign_length(10, evaluate_design(0, PERFECT, (5,)), [], sampled_per_day=5), "0 lab"),
    ],
)
def test_wrong_designs_are_named(call, says):
    with pytest.raises(InputError, match=says):
        call()


@pytest.mark.parametrize("fields", [("x", 1, 0, 5), (0.9, 0.9, 0, 2.5), (float("nan"), 1, 0, 5)])
def test_an_assay_that_is_no_assay_is_refused(fields):
    with pytest.raises(InputError):
        Assay(*fields)


def test_a_prevalence_that_is_no_number_is_refused():
    with pytest.raises(InputError, match="prevalence is None"):
        evaluate_design(None, Assay(1, 1, 0, 10), [10])
