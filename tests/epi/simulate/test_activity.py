"""Stays and trips fit the population, the clock and the vehicle, and can be made again in parts."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from tongzhou.core.errors import InputError
from tongzhou.core.exposures import Conveyance
from tongzhou.core.time import day_start
from tongzhou.epi.simulate import registers, synthesize
from tongzhou.epi.simulate.activity import Days

MONDAY, SUNDAY = date(2020, 1, 13), date(2020, 1, 19)


@pytest.fixture(scope="module")
def days() -> Days:
    return Days(synthesize(["4403"], 20_000, seed=5), seed=6)


@pytest.fixture(scope="module")
def monday(days) -> pl.DataFrame:
    return pl.concat(list(days.stays(MONDAY, 1)))


def test_stays_of_a_person_do_not_overlap(monday):
    late = monday.sort("person", "from_s").filter(pl.col("from_s") < pl.col("until_s").shift().over("person"))
    assert late.is_empty()


def test_stays_lie_within_their_local_day(monday):
    midnight = int(day_start(MONDAY).timestamp())
    assert monday["from_s"].min() == midnight
    assert monday["until_s"].max() == midnight + 86_400
    assert (monday["until_s"] > monday["from_s"]).all()


def test_everybody_is_somewhere(days, monday):
    assert monday["person"].n_unique() == days.population.n_persons


def test_places_of_stays_are_registered(days, monday):
    assert monday.join(registers.places(days.population), on="place", how="anti").is_empty()


def test_pupils_go_to_school_on_mondays_and_not_on_sundays(days, monday):
    pupils = (
        registers.persons(days.population).filter(pl.col("role") == "primary").select("person", "site_place")
    )
    at_school = pupils.join(
        monday, left_on=["person", "site_place"], right_on=["person", "place"], how="semi"
    )
    sunday = pl.concat(list(days.stays(SUNDAY, 1)))
    off = pupils.join(sunday, left_on=["person", "site_place"], right_on=["person", "place"], how="semi")
    assert len(at_school) > 0.95 * len(pupils)
    assert off.is_empty()


def test_nights_are_spent_at_home(days, monday):
    homes = (
        registers.persons(days.population)
        .filter(pl.col("role") != "care_resident")
        .select("person", "home_place")
    )
    first = monday.sort("from_s").group_by("person", maintain_order=True).first().join(homes, on="person")
    assert (first["place"] == first["home_place"]).all()


def test_a_part_of_the_day_is_the_same_alone(days):
    whole = days.stays_of_day(MONDAY)
    part = days.stays_of_day(MONDAY, 500, 700)
    assert np.array_equal(whole[(whole[:, 0] > 500) & (whole[:, 0] <= 700)], part)


def test_batches_do_not_change_the_stays(days, monday):
    small = pl.concat(list(days.stays(MONDAY, 1, batch=777)))
    assert small.equals(monday)


def test_no_seat_is_sold_twice(days):
    trips = pl.concat(list(days.trips(MONDAY, 3)))
    seated = trips.filter(pl.col("row").is_not_null())
    assert len(seated) > 0
    assert not seated.select("vehicle", "trip_day", "carriage", "row", "seat").is_duplicated().any()


def test_trips_have_the_columns_of_the_ledger(days):
    from tongzhou.ledger.schemas import TRIPS

    trips = next(days.trips(MONDAY, 1))
    assert set(trips.columns) <= set(TRIPS.names)
    assert set(trips["conveyance"].unique()) <= {c.value for c in Conveyance}


def test_register_of_places_has_coordinates_near_the_city(days):
    places = registers.places(days.population)
    assert places["longitude"].is_between(113.5, 114.7).all()
    assert places["latitude"].is_between(22.3, 22.9).all()
    assert {"home", "primary", "shop", "hospital", "quarantine_site"} <= set(places["kind"])


def test_less_than_one_day_is_refused(days):
    with pytest.raises(InputError, match="0 days"):
        list(days.stays(MONDAY, 0))
