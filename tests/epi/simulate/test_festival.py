"""Spring Festival: everybody who leaves comes back, contacts fall while they are away, some bring infections."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from tongzhou.core.errors import InputError
from tongzhou.core.measures import Measures
from tongzhou.epi.simulate import run, synthesize
from tongzhou.epi.simulate.festival import (
    FestivalOptions,
    festival_flows,
    festival_introductions,
    festival_limits,
)

NEW_YEAR, FIRST = date(2020, 1, 25), date(2020, 1, 5)
CITY = synthesize(["4403", "4419"], 20_000, seed=9)
FLOWS = festival_flows(CITY, FestivalOptions(NEW_YEAR, share_away=0.4))


def test_who_leaves_comes_back():
    total = FLOWS.group_by("area").agg(pl.col("departures", "returns").sum()).sort("area")
    assert total["departures"].to_numpy() == pytest.approx(0.4 * np.diff(CITY.area_start))
    assert total["returns"].to_numpy() == pytest.approx(total["departures"].to_numpy())
    assert FLOWS.filter(pl.col("day") == FLOWS["day"].max())["away"].to_numpy() == pytest.approx(0, abs=1e-6)


def test_most_are_away_on_new_years_day_and_returns_follow():
    by_day = FLOWS.group_by("day", maintain_order=True).agg(pl.col("away", "returns").sum())
    assert by_day.filter(pl.col("away") == pl.col("away").max())["day"][0] <= NEW_YEAR
    assert by_day.filter(pl.col("returns") > 0)["day"].min() > NEW_YEAR


def test_contacts_fall_with_the_square_of_who_is_left():
    limits = festival_limits(CITY, FLOWS, FIRST)
    lowest = min(limit.kept["work"] for limit in limits)
    assert lowest == pytest.approx(0.36, abs=0.001)
    assert all("household" not in limit.kept for limit in limits)
    assert len(limits) == FLOWS["day"].n_unique()


def test_absence_slows_an_epidemic_and_returns_bring_infections():
    measures = Measures(limits=festival_limits(CITY, FLOWS, FIRST))
    seeds = {"4403": 60}
    away, here = (
        run(CITY, measures=m, days=30, seed=4, introductions=seeds, first_day=FIRST).summary()["infections"]
        for m in (measures, None)
    )
    assert away < here
    brought = festival_introductions(FLOWS, FIRST, prevalence=0.01, seed=3)
    outcome = run(CITY, measures=measures, days=45, seed=4, introductions=brought, first_day=FIRST)
    introduced = outcome.line_list.filter(pl.col("infector").is_null())
    expected = 0.01 * FLOWS["returns"].sum()
    assert len(introduced) == pytest.approx(expected, abs=4 * expected**0.5)
    assert introduced["infected_on"].min() > NEW_YEAR


def test_areas_may_differ():
    flows = festival_flows(CITY, FestivalOptions(NEW_YEAR, share_away={"4403": 0.5, "4419": 0.0}))
    assert flows.filter(pl.col("area") == 4419)["departures"].sum() == 0
    prefixes = {limit.area_prefixes for limit in festival_limits(CITY, flows, FIRST)}
    assert ("4403",) in prefixes


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"share_away": 1.2}, "1.2"),
        ({"share_away": {"9900": 0.1}}, "9900"),
        ({"return_mean": 90.0}, "90.0 days"),
    ],
)
def test_impossible_festivals_are_named(options, says):
    with pytest.raises(InputError, match=says):
        festival_flows(CITY, FestivalOptions(NEW_YEAR, **options))
