"""Triangle sums and Lawless' weights equal a literal transcription of the formulas on any line list."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongzhou.epi.nowcast import NowcastOptions, estimate_nowcast, reporting_triangle
from tongzhou.epi.nowcast.lawless import reported_share

DAY = dt.date(2022, 1, 1)
SETTINGS = settings(max_examples=25, deadline=None, derandomize=True)


@st.composite
def linelists(draw: st.DrawFn) -> tuple[pl.DataFrame, int]:
    n_days = draw(st.integers(12, 25))
    seed = draw(st.integers(0, 10_000))
    rng = np.random.default_rng(seed)
    event = np.concatenate([[0], rng.integers(0, n_days, 150)])
    report = event + np.concatenate([[0], rng.poisson(2, 150)])
    dates = {
        name: [DAY + dt.timedelta(days=int(d)) for d in days]
        for name, days in (("date_onset", event), ("date_reporting", report))
    }
    return pl.DataFrame(dates), n_days - 1


@SETTINGS
@given(linelists(), st.integers(6, 11))
def test_sums_of_the_triangle_follow_lawless(case: tuple[pl.DataFrame, int], m: int) -> None:
    cases, last = case
    triangle = reporting_triangle(cases, now=DAY + dt.timedelta(days=last), D=6)
    exact, up_to = triangle.totals(m)
    for x in range(7):
        days = range(max(0, last - m), last - x + 1)
        assert exact[x] == sum(triangle.counts[t, x] for t in days)
        assert up_to[x] == sum(triangle.counts[t, y] for t in days for y in range(x + 1))


@SETTINGS
@given(linelists())
def test_share_reported_is_the_product_of_reverse_hazards(case: tuple[pl.DataFrame, int]) -> None:
    cases, last = case
    triangle = reporting_triangle(cases, now=DAY + dt.timedelta(days=last), D=6)
    exact, up_to = triangle.totals(None)
    hazard = np.where(up_to > 0, exact / np.maximum(up_to, 1), 0)
    share, _ = reported_share(triangle, None)
    for x in range(7):
        assert share[x] == pytest.approx(np.prod([1 - hazard[y] for y in range(x + 1, 7)]))


@SETTINGS
@given(linelists())
def test_predictive_law_starts_at_what_is_known(case: tuple[pl.DataFrame, int]) -> None:
    cases, last = case
    options = NowcastOptions(n_samples=256)
    found = estimate_nowcast(cases, now=DAY + dt.timedelta(days=last), D=6, options=options)
    for row, seen in enumerate(found.observed.astype(int)):
        assert found.pmf[row, :seen].sum() == 0
        assert found.pmf[row].sum() == pytest.approx(1)
