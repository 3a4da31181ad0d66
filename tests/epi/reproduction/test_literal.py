"""Vectorised estimators equal a literal, slow transcription of the published formulas on any series."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tongzhou.epi.reproduction import case_reproduction, estimate_rt, overall_infectivity

SETTINGS = settings(max_examples=40, deadline=None, derandomize=True)


@st.composite
def epidemics(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cases, imported cases among them, and a serial interval that may be longer than the series."""
    n = draw(st.integers(4, 30))
    cases = np.array(draw(st.lists(st.integers(0, 60), min_size=n, max_size=n)))
    cases[0] = max(cases[0], 1)
    imported = np.array([draw(st.integers(0, int(c))) for c in cases])
    weights = np.array(draw(st.lists(st.floats(0.01, 1), min_size=1, max_size=40)))
    return cases, imported, np.concatenate([[0.0], weights / weights.sum()])


def infectivity_by_hand(cases: np.ndarray, si: np.ndarray) -> np.ndarray:
    result = np.zeros(cases.size)
    for t in range(1, cases.size):
        for s in range(1, t + 1):
            if s < si.size:
                result[t] += si[s] * cases[t - s]
    return result


@SETTINGS
@given(epidemics(), st.integers(1, 3))
def test_rt_is_the_gamma_posterior_of_its_window(case: tuple[np.ndarray, ...], width: int) -> None:
    cases, imported, si = case
    found = estimate_rt(cases, si, window=width, imported=imported)
    infectivity = infectivity_by_hand(cases, si)
    mean_si = sum(k * p for k, p in enumerate(si))
    for i, (start, end) in enumerate(zip(found.windows.start, found.windows.end, strict=True)):
        if end <= mean_si:
            assert np.isnan(found.mean[0, i])
            continue
        days = range(start - 1, end)
        shape = 1 + sum(cases[t] - imported[t] for t in days)
        law = stats.gamma(shape, scale=1 / (1 / 5 + sum(infectivity[t] for t in days)))
        assert found.mean[0, i] == pytest.approx(law.mean(), rel=1e-10)
        assert found.std[0, i] == pytest.approx(law.std(), rel=1e-10)
        assert found.quantiles[0.975][0, i] == pytest.approx(law.ppf(0.975), rel=1e-8)


@SETTINGS
@given(epidemics())
def test_infectivity_is_the_weighted_sum_of_earlier_cases(case: tuple[np.ndarray, ...]) -> None:
    cases, _, si = case
    assert overall_infectivity(cases, si)[1:] == pytest.approx(infectivity_by_hand(cases, si)[1:], rel=1e-10)


@SETTINGS
@given(epidemics())
def test_case_reproduction_shares_each_case_among_its_possible_infectors(
    case: tuple[np.ndarray, ...],
) -> None:
    cases, _, si = case
    found = case_reproduction(cases, si, window=2)
    n = cases.size
    total = infectivity_by_hand(cases, si)
    per_case = np.zeros(n)
    for j in range(n):
        for i in range(j + 1, n):
            if i - j < si.size and total[i] > 0:
                per_case[j] += cases[i] * si[i - j] / total[i]
    for k, (start, end) in enumerate(zip(found.windows.start, found.windows.end, strict=True)):
        days = slice(start - 1, end)
        if cases[days].sum() == 0:
            assert np.isnan(found.mean[0, k])
            continue
        expected = (per_case[days] * cases[days]).sum() / cases[days].sum()
        assert found.mean[0, k] == pytest.approx(expected, rel=1e-9, abs=1e-12)
        assert found.quantiles[0.025][0, k] <= found.quantiles[0.5][0, k] <= found.quantiles[0.975][0, k]
