"""The grids of the demonstration city lie in their own county."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from tongzhou.cli.demo.ground import place_grids
from tongzhou.cli.demo.register import count_residents, make_city
from tongzhou.server.areas.actions import load_areas
from tongzhou.server.areas.queries import get_area

pytestmark = pytest.mark.django_db

COUNTIES = {"440303": (114.1315, 22.5484), "440305": (113.9304, 22.5333), "440309": (114.05, 22.70)}
GRIDS = [f"{county}001001{n:03d}" for county in COUNTIES for n in range(1, 21)]


def tree(**centres: tuple[float, float]) -> None:
    rows = [{"code": "44", "level": "province", "name": "P"}, {"code": "4403", "level": "city", "name": "C"}]
    load_areas([*rows, *({"code": c, "level": "county", "name": c} for c in COUNTIES)], centres)


def test_a_grid_lies_nearest_to_its_own_county() -> None:
    tree(**COUNTIES)
    placed = place_grids(GRIDS, 100)
    points = placed.select("longitude", "latitude").to_numpy()
    away = [np.hypot(*(points - np.asarray(centre)).T) for centre in COUNTIES.values()]
    nearest = np.asarray(list(COUNTIES))[np.argmin(away, axis=0)]
    assert nearest.tolist() == placed["code"].str.head(6).to_list()
    assert placed["population"].sum() == 100 * len(GRIDS)


def test_a_tree_without_centres_leaves_the_spread_to_the_synthesis() -> None:
    tree()
    assert place_grids(GRIDS, 100).columns == pl.DataFrame({"code": [], "population": []}).columns


def test_a_community_has_the_people_of_its_grids_registered() -> None:
    tree()
    community = {"code": "440303001001", "level": "community", "name_zh": "甲社区", "name_en": "A"}
    load_areas([community])
    city = make_city(GRIDS[:4], 600, seed=1)
    load_areas(count_residents(city, date(2022, 7, 12)))
    assert get_area(community["code"]).population == 600
    assert get_area(community["code"]).population_on == date(2022, 7, 12)
