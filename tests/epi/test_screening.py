"""Prevalence from pools, and coverage with denominators."""

from __future__ import annotations

import numpy as np
import pytest

from tongzhou.core.errors import InputError
from tongzhou.epi.proportions import proportion_interval
from tongzhou.epi.screening import coverage, prevalence_from_pools


def test_maximum_likelihood_of_one_size_is_the_closed_form():
    found = prevalence_from_pools(10, 200, 9, correction="none")
    assert found.value == pytest.approx(1 - (1 - 9 / 200) ** 0.1, rel=1e-8)


def test_prevalence_carries_the_digest_of_its_pools():
    found = [prevalence_from_pools(10, 200, positive).inputs_digest for positive in (9, 9, 8)]
    assert found[0] == found[1] != found[2]


def test_errors_of_the_test_are_taken_out():
    found = prevalence_from_pools(10, 200, 20, sensitivity=0.9, specificity=0.98, correction="none")
    assert found.value == pytest.approx(1 - ((0.9 - 0.1) / 0.88) ** 0.1, rel=1e-8)


def test_firth_agrees_with_burrows_for_one_size():
    firth, burrows = (prevalence_from_pools(20, 60, 12, correction=c).value for c in ("firth", "burrows"))
    plain = prevalence_from_pools(20, 60, 12, correction="none").value
    assert firth == pytest.approx(burrows, rel=2e-3)
    assert firth < plain


def test_interval_of_one_size_is_wilsons():
    found = prevalence_from_pools(10, 200, 9)
    low, high = proportion_interval(9, 200)
    assert (found.low, found.high) == pytest.approx((1 - (1 - low) ** 0.1, 1 - (1 - high) ** 0.1), rel=1e-6)


def test_no_positive_pool_gives_zero_with_an_upper_bound():
    found = prevalence_from_pools(10, 100, 0)
    assert found.value == 0.0
    assert found.low == 0.0
    assert 0.001 < found.high < 0.01


def test_correction_removes_the_bias_of_few_pools():
    rng = np.random.default_rng(3)
    truth, size, n = 0.03, 25, 15
    positive = rng.binomial(n, 1 - (1 - truth) ** size, 800)
    methods = ("none", "firth")
    values = {
        x: [prevalence_from_pools(size, n, x, correction=c).value for c in methods] for x in set(positive)
    }
    plain, firth = np.array([values[x] for x in positive if x < n]).mean(axis=0)
    assert abs(firth - truth) < 0.3 * abs(plain - truth)


def test_sizes_may_be_mixed():
    found = prevalence_from_pools([5, 10, 20], [100, 100, 50], [3, 4, 5])
    assert found.low < found.value < found.high
    assert found.value == pytest.approx(0.0053, abs=5e-4)


@pytest.mark.parametrize(
    ("pools", "says"),
    [
        ((5, 10, 11), "rows 1"),
        (([5, 0], [3, 3], [1, 1]), "rows 2"),
        ((5, 10.5, 1), "rows 1"),
        ((10**9, 10, 1), "larger than 10,000"),
        (("many", 1, 0), "cannot be read"),
        (([1, 2], [1], [0, 0, 0]), "cannot be read"),
        (([], [], []), "no pools"),
    ],
)
def test_impossible_pools_name_their_row(pools, says):
    with pytest.raises(InputError, match=says):
        prevalence_from_pools(*pools)


def test_coverage_counts_people_once_and_lists_untested_groups():
    tested = {"person": [1, 1, 2, 3], "area": ["a", "a", "a", "b"]}
    found = coverage(tested, {"area": ["a", "b", "c"], "population": [4, 2, 9]}, ["area"]).to_frame()
    assert found.select("area", "tested", "untested").rows() == [("c", 0, 9), ("a", 2, 2), ("b", 1, 1)]


def test_more_tested_than_live_there_is_flagged():
    found = coverage(
        {"person": [1, 2], "area": ["a", "a"]}, {"area": ["a"], "population": [1]}, ["area"]
    ).to_frame()
    assert found["is_over"].to_list() == [True]
    assert found["untested"].to_list() == [0]


def test_tested_people_without_a_denominator_are_named():
    with pytest.raises(InputError, match="zz"):
        coverage({"person": [1], "area": ["zz"]}, {"area": ["a"], "population": [4]}, ["area"])


def test_a_level_that_is_no_share_is_refused():
    with pytest.raises(InputError, match="level is 95"):
        prevalence_from_pools(10, 200, 9, level=95)


@pytest.mark.parametrize("population", [-4, 4.5, "x", None])
def test_a_denominator_that_is_no_number_of_people_is_named(population):
    with pytest.raises(InputError, match="rows 1"):
        coverage({"person": [1], "area": ["a"]}, {"area": ["a"], "population": [population]}, ["area"])


def test_coverage_needs_a_group():
    with pytest.raises(InputError, match="No column"):
        coverage({"person": [1]}, {"population": [4]}, [])
