"""The synthetic population meets its marginals, is deterministic, and is stored compactly."""

from __future__ import annotations

import csv
import gzip

import numpy as np
import polars as pl
import pytest

from tests.shared_data import shared
from tongzhou.core.errors import InputError
from tongzhou.epi.simulate import Population, Role, SiteKind, synthesize
from tongzhou.epi.simulate.marginals import cities, composition, gravity, mean_household, resolve_areas


@pytest.fixture(scope="module")
def shenzhen() -> Population:
    return synthesize(["4403"], 60_000, seed=7)


def test_city_totals_sum_to_the_census():
    assert cities()["population"].sum() == 126_012_510


def test_city_totals_equal_the_public_table():
    path = shared("data/13_population_households/guangdong_city_population_2020.csv.gz")
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        known = {int(r["adcode"]) // 100: int(r["pop_2020_census"]) for r in csv.DictReader(stream)}
    assert known == dict(cities().select("code", "population").iter_rows())


def test_age_bands_meet_the_census_shares(shenzhen):
    assert (shenzhen.age < 15).mean() == pytest.approx(0.1511, abs=0.001)
    assert (shenzhen.age >= 60).mean() == pytest.approx(0.0536, abs=0.001)


def test_cities_without_own_shares_meet_the_province_together():
    marginals = resolve_areas(["44"])
    young = (marginals.age[:, :15].sum(axis=1) * marginals.residents).sum() / marginals.residents.sum()
    assert young == pytest.approx(composition()["age"]["share_0_14"], abs=1e-9)


def test_households_have_the_sizes_of_the_census(shenzhen):
    first = (shenzhen.home & 15) == 0
    shared_rooms = float(composition()["household"]["collective_share"])
    mean = 1 / first.mean()
    assert mean == pytest.approx(2.62 * (1 - shared_rooms) + 3.4 * shared_rooms, abs=0.1)


def test_sizes_of_households_follow_the_shares_of_the_census(shenzhen):
    starts = np.flatnonzero((shenzhen.home & 15) == 0)
    size = shenzhen.home[starts] >> 4
    large = size[size >= 5]  # rooms are shared by at most four
    wanted = np.asarray(composition()["household"]["size_shares"])
    found = np.bincount(large, minlength=11)[5:11] / len(large)
    assert found == pytest.approx(wanted[4:] / wanted[4:].sum(), abs=0.02)


def test_mean_household_is_near_the_one_of_the_province_and_shares_near_those_of_a_neighbour():
    path = shared("data/13_population_households/household_size_distribution.csv.gz")
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        rows = [r for r in csv.DictReader(stream) if r["region"].startswith("Fujian")]
    fujian = np.asarray([float(r["pct"]) for r in rows]) / 100
    shares = np.asarray(composition()["household"]["size_shares"])
    assert mean_household() == pytest.approx(111_671_837 / 42_469_178, abs=0.02)
    assert np.abs(shares - fujian / fujian.sum()).sum() / 2 < 0.06


def test_sexes_have_the_share_of_the_census_at_every_age():
    population = synthesize(["44"], 200_000, seed=1)
    share = composition()["household"]["share_male"]
    assert population.sex.mean() == pytest.approx(share, abs=0.005)
    bands = [(0, 15), (15, 30), (30, 45), (45, 60), (60, 75), (75, 101)]
    by_band = [population.sex[(population.age >= a) & (population.age < b)].mean() for a, b in bands]
    assert by_band == pytest.approx([share] * 6, abs=0.05)


def test_areas_have_households_of_their_own_mean_size():
    frame = pl.DataFrame(
        {
            "code": ["4401", "4403"],
            "household_size": [3.2, 2.1],
            "collective_share": [0.0, 0.0],
            "population": [20_000, 20_000],
        }
    )
    population = synthesize(frame, 40_000, seed=1)
    for area, mean in enumerate((3.2, 2.1)):
        low, high = population.area_start[area : area + 2]
        care = population.role[low:high] == Role.CARE_RESIDENT
        homes = ((population.home[low:high] & 15) == 0) & ~care
        assert (high - low - care.sum()) / homes.sum() == pytest.approx(mean, rel=0.03)


def test_six_digit_codes_are_read_padded_or_not():
    assert synthesize(["440300"], 500, seed=1).digest() == synthesize(["4403"], 500, seed=1).digest()
    assert len(resolve_areas(["440000"], 5000).code) == 21


def travel_shares() -> tuple[np.ndarray, np.ndarray]:
    """Return where travellers of each city go within the province, published and by gravity, rows sum to 1."""
    path = shared("data/16_mobility_baidu/baidu_out_share_from_guangdong_cities_to_2020-02-29.csv.gz")
    table = cities()
    names = table["name"].to_list()
    rows = pl.read_csv(path).filter(
        (pl.col("date") < "2020-01-10") & pl.col("origin").is_in(names) & pl.col("dest").is_in(names)
    )
    published = np.zeros((len(names), len(names)))
    for origin, goal, share in rows.group_by("origin", "dest").agg(pl.col("pct").mean()).iter_rows():
        published[names.index(origin), names.index(goal)] = share
    np.fill_diagonal(published, 0)
    columns = (table[name].to_numpy().astype(float) for name in ("population", "longitude", "latitude"))
    return published / published.sum(axis=1, keepdims=True), np.diff(gravity(*columns), prepend=0.0, axis=1)


def test_travellers_between_cities_go_where_they_went_in_january_2020():
    published, found = travel_shares()
    weight = cities()["population"].to_numpy() / 126_012_510
    assert weight @ np.abs(published - found).sum(axis=1) / 2 < 0.24
    apart = ~np.eye(len(weight), dtype=bool)
    assert np.corrcoef(np.log(published[apart] + 1e-4), np.log(found[apart]))[0, 1] > 0.85


def test_workers_of_another_city_are_drawn_by_gravity():
    population = synthesize(["44"], 400_000, seed=2)
    workers = np.flatnonzero(population.role == Role.WORKER)
    city_of_cell = population.area_city[population.cell_area]
    home = city_of_cell[population.cell_of(workers)]
    work = city_of_cell[population.site_cell[population.site_of(workers)]]
    assert (home != work).mean() == pytest.approx(composition()["travel"]["other_city"], rel=0.1)
    table = cities()
    columns = (table[name].to_numpy().astype(float) for name in ("population", "longitude", "latitude"))
    wanted = np.diff(gravity(*columns), prepend=0.0, axis=1)[0]
    left = (home == 4401) & (work != 4401)
    found = np.asarray([(work[left] == code).mean() for code in table["code"]])
    assert np.abs(found - wanted).sum() / 2 < 0.15


def test_household_members_stand_together_and_count_from_zero(shenzhen):
    size, place = shenzhen.home >> 4, shenzhen.home & 15
    starts = np.flatnonzero(place == 0)
    assert np.array_equal(np.diff(np.append(starts, shenzhen.n_persons)), size[starts])
    assert np.array_equal(np.arange(shenzhen.n_persons) - place, np.repeat(starts, size[starts]))


def test_few_homes_hold_children_alone(shenzhen):
    starts = np.flatnonzero((shenzhen.home & 15) == 0)
    oldest = np.maximum.reduceat(shenzhen.age, starts)
    assert (oldest < 18).mean() < 0.01


def test_members_of_teams_are_the_persons_of_these_teams(shenzhen):
    teams = np.repeat(np.arange(len(shenzhen.team_start) - 1), np.diff(shenzhen.team_start))
    assert np.array_equal(shenzhen.team[shenzhen.member], teams)
    assert len(np.unique(shenzhen.member)) == np.count_nonzero(shenzhen.team >= 0)


def test_classes_hold_one_school_level(shenzhen):
    pupils = np.flatnonzero((shenzhen.role >= Role.KINDERGARTEN) & (shenzhen.role <= Role.UNIVERSITY))
    kind = shenzhen.site_kind[shenzhen.site_of(pupils)]
    assert np.array_equal(kind, shenzhen.role[pupils])


def test_everybody_with_a_day_role_has_a_team(shenzhen):
    assert np.all(shenzhen.team[shenzhen.role != Role.NONE] >= 0)


def test_each_neighbourhood_kind_of_venue_exists(shenzhen):
    wanted = {SiteKind.SHOP, SiteKind.RESTAURANT, SiteKind.LEISURE, SiteKind.HOSPITAL, SiteKind.CLINIC}
    assert wanted <= {SiteKind(int(k)) for k in np.unique(shenzhen.site_kind)}


def test_population_does_not_depend_on_threads():
    one = synthesize(["4403", "4419"], 20_000, seed=3, n_threads=1)
    assert one.digest() == synthesize(["4403", "4419"], 20_000, seed=3, n_threads=4).digest()


def test_seed_changes_the_population():
    assert synthesize(["4403"], 5_000, seed=1).digest() != synthesize(["4403"], 5_000, seed=2).digest()


def test_population_takes_less_than_16_bytes_a_person(shenzhen):
    assert shenzhen.bytes_per_person < 16


def test_saved_population_is_read_back(tmp_path, shenzhen):
    shenzhen.save(tmp_path / "city")
    assert Population.load(tmp_path / "city").digest() == shenzhen.digest()


def test_folder_without_population_is_named(tmp_path):
    with pytest.raises(InputError, match="holds no population"):
        Population.load(tmp_path)


def test_areas_get_persons_in_proportion_to_residents():
    frame = pl.DataFrame({"code": ["440305001", "440305002"], "population": [1000, 3000]})
    population = synthesize(frame, 400, seed=1)
    assert np.diff(population.area_start).tolist() == [100, 300]


def test_areas_as_small_as_a_grid_are_filled():
    grids = pl.DataFrame({"code": ["440305007001001", "440305007001002"], "population": [450, 350]})
    assert synthesize(grids, seed=1).area_code.tolist() == [440305007001001, 440305007001002]


def test_unknown_area_is_named():
    with pytest.raises(InputError, match="990101") as error:
        synthesize(["990101"], 100)
    assert error.value.code == "simulate.unknown_area"


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (pl.DataFrame({"code": ["4403"], "population": [-1]}), "simulate.bad_population"),
        (pl.DataFrame({"code": ["4403", "4403"], "population": [1, 1]}), "simulate.area_twice"),
        (
            pl.DataFrame({"code": ["4403"], "share_0_14": [0.8], "share_60_plus": [0.4]}),
            "simulate.bad_shares",
        ),
        (pl.DataFrame({"code": ["4403"], "household_size": [0.9]}), "simulate.bad_households"),
        (pl.DataFrame({"code": ["4403"], "collective_share": [1.1]}), "simulate.bad_shares"),
        (pl.DataFrame({"code": []}, schema={"code": pl.String}), "simulate.no_areas"),
    ],
)
def test_impossible_marginals_are_refused(frame, code):
    with pytest.raises(InputError) as error:
        synthesize(frame, 100)
    assert error.value.code == code
