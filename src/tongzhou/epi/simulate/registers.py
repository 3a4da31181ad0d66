"""The population as registers a province keeps: persons, households, places with coordinates.

Owns how indices become rows for the ledger and the demo province. Coordinates are WGS-84 and synthetic: a
place
scatters around the centre of its cell by its own number.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from tongzhou.core.exposures import Setting
from tongzhou.epi.simulate.activity import QUARANTINE_NUMBER, SETTING_OF_KIND
from tongzhou.epi.simulate.day_plans import HOME_NUMBER
from tongzhou.epi.simulate.marginals import composition
from tongzhou.epi.simulate.population import Population, Role, SiteKind

Array = np.ndarray[Any, np.dtype[Any]]


def persons(population: Population, begin: int = 0, end: int | None = None) -> pl.DataFrame:
    """Return persons: person, age, sex, role, household, area_code, home_place, site_place, team.

    `household` is the ledger number of its first member, `site_place` and `team` are null for who has none.
    """
    index = np.arange(begin, population.n_persons if end is None else end)
    home = population.home_of(index)
    site, team = population.site_of(index), population.team[index]
    roles = np.asarray([Role(k).name.lower() for k in range(len(Role))])
    return pl.DataFrame(
        {
            "person": index + 1,
            "age": population.age[index],
            "sex": np.where(population.sex[index] == 1, "male", "female"),
            "role": roles[population.role[index]],
            "household": home + 1,
            "area_code": population.area_of(index),
            "home_place": home + HOME_NUMBER,
            "site_place": site + 1,
            "team": team.astype(np.int64),
        }
    ).with_columns(
        pl.when(pl.col("site_place") > 0).then("site_place"), pl.when(pl.col("team") >= 0).then("team")
    )


def places(population: Population) -> pl.DataFrame:
    """Return every place: place, kind, setting, area_code, longitude, latitude, persons (who belong there).

    Homes, then sites, then quarantine sites (persons is the number of rooms, one to 500 residents).
    """
    return pl.concat([_homes(population), _sites(population), _quarantine_sites(population)])


def _scatter(population: Population, number: Array, cell: Array) -> tuple[Array, Array]:
    """Return longitude and latitude of places around the centre of their cells."""
    scrambled = number.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    scrambled ^= scrambled >> np.uint64(29)
    turn = (scrambled & np.uint64(0xFFFF)).astype(float) / 65536 * 2 * np.pi
    reach = np.sqrt(((scrambled >> np.uint64(16)) & np.uint64(0xFFFF)).astype(float) / 65536)
    km = reach * population.cell_radius_km[cell]
    latitude = population.cell_latitude[cell] + km * np.sin(turn) / 111.0
    longitude = population.cell_longitude[cell] + km * np.cos(turn) / (111.0 * np.cos(np.radians(latitude)))
    return np.round(longitude, 6), np.round(latitude, 6)


def _frame(
    population: Population, number: Array, cell: Array, kind: Any, setting: Any, n: Array
) -> pl.DataFrame:
    longitude, latitude = _scatter(population, number, cell)
    return pl.DataFrame(
        {
            "place": number.astype(np.int64),
            "kind": kind,
            "setting": setting,
            "area_code": population.area_code[population.cell_area[cell]],
            "longitude": longitude,
            "latitude": latitude,
            "persons": n.astype(np.int64),
        }
    )


def _homes(population: Population) -> pl.DataFrame:
    first = np.flatnonzero((population.home & 15) == 0)
    size = population.home[first] >> 4
    kind = ["home"] * len(first)
    setting = [Setting.HOUSEHOLD.value] * len(first)
    return _frame(population, first + HOME_NUMBER, population.cell_of(first), kind, setting, size)


def _sites(population: Population) -> pl.DataFrame:
    first = population.team_start[population.site_first_team]
    kinds = [SiteKind(int(k)) for k in population.site_kind]
    return _frame(
        population,
        np.arange(population.n_sites) + 1,
        population.site_cell.astype(np.int64),
        [kind.name.lower() for kind in kinds],
        [SETTING_OF_KIND[kind].value for kind in kinds],
        np.diff(first),
    )


def _quarantine_sites(population: Population) -> pl.DataFrame:
    n_cells = len(population.cell_area)
    n = max(1, round(population.n_persons / composition()["places"]["quarantine_site"]))
    cell = np.arange(n) * n_cells // n
    rooms = np.full(n, max(50, population.n_persons // n // 500))
    kind, setting = ["quarantine_site"] * n, [Setting.QUARANTINE_SITE.value] * n
    return _frame(population, np.arange(n) + QUARANTINE_NUMBER, cell, kind, setting, rooms)
