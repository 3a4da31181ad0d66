"""The small outbreak agrees with the stays it happened in."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from tongzhou.core.errors import InputError
from tongzhou.epi.simulate import synthesize
from tongzhou.epi.simulate.activity import Days
from tongzhou.epi.simulate.outbreak import OutbreakOptions, spread_on_stays

FIRST = date(2020, 1, 10)
OPTIONS = OutbreakOptions(n_index=6, r0=4.0)


@pytest.fixture(scope="module")
def days() -> Days:
    return Days(synthesize(["4403"], 10_000, seed=5), seed=6)


@pytest.fixture(scope="module")
def outbreak(days) -> pl.DataFrame:
    return spread_on_stays(days, FIRST, 14, OPTIONS, seed=2)


def test_every_infection_lies_in_a_stay_of_both(days, outbreak):
    secondary = outbreak.filter(pl.col("infector").is_not_null())
    assert len(secondary) > 10
    stays = pl.concat(list(days.stays(FIRST, 14)))
    for who in ("person", "infector"):
        there = secondary.join(stays, left_on=[who, "place"], right_on=["person", "place"])
        there = there.filter(pl.col("infected_s").is_between("from_s", "until_s"))
        assert there.select("person", "infected_s").n_unique() == len(secondary)


def test_infectors_were_infected_before(outbreak):
    pairs = outbreak.join(outbreak.select(infector="person", since="infected_s"), on="infector")
    assert (pairs["infected_s"] > pairs["since"]).all()


def test_household_infections_happen_at_homes(outbreak):
    homes = outbreak.filter(pl.col("setting") == "household")
    assert (homes["place"] >= 10_000_000_000).all()


def test_outbreak_repeats_with_its_seed(days, outbreak):
    assert spread_on_stays(days, FIRST, 14, OPTIONS, seed=2).equals(outbreak)


def test_named_index_persons_start_the_outbreak(days):
    found = spread_on_stays(days, FIRST, 1, OutbreakOptions(index_persons=(3, 9)), seed=1)
    assert found.filter(pl.col("generation") == 0)["person"].to_list() == [4, 10]


def test_index_persons_that_do_not_exist_are_refused(days):
    with pytest.raises(InputError, match="10000"):
        spread_on_stays(days, FIRST, 1, OutbreakOptions(index_persons=(10_000,)), seed=1)


def test_outbreak_ends_within_its_days(outbreak):
    last = outbreak["infected_s"].max()
    assert last < (date(2020, 1, 10) + timedelta(days=14) - date(1970, 1, 1)).days * 86_400 - 8 * 3600
