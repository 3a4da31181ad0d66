"""Assigns persons of all cities to teams and sites; used by `simulate.population` while it synthesises."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from tongzhou.epi.simulate import sites
from tongzhou.epi.simulate.marginals import AreaMarginals, composition, gravity

Array = np.ndarray[Any, np.dtype[Any]]

_CHUNK = 1 << 20


class Grouping:
    """Teams and sites under construction."""

    def __init__(
        self,
        age: Array,
        role: Array,
        cells: dict[str, Array],
        marginals: AreaMarginals,
        salt: np.uint64,
        n_threads: int,
    ) -> None:
        self.age, self.role, self.salt, self.n_threads = age, role, salt, n_threads
        self.cell_start = cells["cell_start"]
        n, n_cells = len(age), len(cells["cell_area"])
        city = np.concatenate([[0], np.cumsum(np.diff(marginals.city) != 0)])
        self.cell_city = city[cells["cell_area"]].astype(np.int64)
        self.n_cities = int(city[-1]) + 1
        self.city_cell = np.searchsorted(self.cell_city, np.arange(self.n_cities + 1)).astype(np.int64)
        self.flows = _gravity(cells, self.city_cell, self.cell_start)
        self.team = np.full(n, -1, np.int32)
        room = n // 4 + 16 * n_cells + 200 * self.n_cities
        self.site_first_team = np.zeros(room + 1, np.int32)
        self.site_kind = np.zeros(room, np.uint8)
        self.site_cell = np.zeros(room, np.int32)
        self.at = np.zeros(2, np.int64)

    @property
    def _tables(self) -> tuple[Array, Array, Array, Array]:
        return self.site_first_team, self.site_kind, self.site_cell, self.cell_start

    def _persons(self, city: int, role: int) -> Array:
        """Return the persons of a city with a role, in order of home."""
        begin, end = self.cell_start[self.city_cell[city]], self.cell_start[self.city_cell[city + 1]]
        found = np.empty(end - begin, np.int32)
        n = sites.list_role(begin, end, self.role, role, found)
        return found[:n].copy()

    def group_city(self, city: int) -> None:
        """Assign pupils, school staff, health staff and care homes of one city."""
        school, places = composition()["schooling"], composition()["places"]
        first_class = int(self.at[0])
        for kind, name in enumerate(("kindergarten", "primary", "junior", "senior", "university"), 1):
            size = np.asarray([school[name][4], school[name][3], kind], np.int64)
            sites.group_pupils(self._persons(city, kind), self.age, size, self._tables, self.at, self.team)
        sites.join_teams(self._persons(city, sites.SCHOOL_STAFF), first_class, int(self.at[0]), self.team)
        health = self._persons(city, sites.HEALTH_STAFF)
        half = len(health) // 2
        n_city = int(self.cell_start[self.city_cell[city + 1]] - self.cell_start[self.city_cell[city]])
        for some, kind, per in (
            (health[:half:1], sites.HOSPITAL, "hospital"),
            (health[half:], sites.CLINIC, "clinic"),
        ):
            n_sites = max(1, round(n_city / places[per]))
            size = np.asarray([max(1, len(some) // n_sites), 12, kind], np.int64)
            sites.group_even(some, size, self._tables, self.at, self.team)
        first_ward = int(self.at[0])
        residents = self._persons(city, sites.CARE_RESIDENT)
        size = np.asarray([120, 12, sites.CARE_HOME], np.int64)
        sites.group_even(residents, size, self._tables, self.at, self.team)
        sites.join_teams(self._persons(city, sites.CARE_STAFF), first_ward, int(self.at[0]), self.team)

    def group_workers(self) -> None:
        """Send every worker to a cell, and split the workers of each cell into workplaces."""
        work, travel, places = composition()["work"], composition()["travel"], composition()["places"]
        n, n_cells = len(self.age), len(self.cell_city)
        work_cell = np.empty(n, np.int32)
        shares = np.asarray([travel["own_cell"], travel["near"], travel["other_city"]])
        for a in range(0, n, _CHUNK):
            b = min(a + _CHUNK, n)
            sites.draw_work_cells(
                a,
                b,
                self.role,
                self.cell_start,
                self.cell_city,
                self.city_cell,
                shares,
                self.flows,
                self.salt,
                work_cell[a:b],
            )
        start = np.zeros(n_cells + 1, np.int64)
        workers = np.empty(int(np.count_nonzero(work_cell >= 0)), np.int32)
        sites.sort_by_cell(work_cell, n_cells, start, workers)
        del work_cell
        low, high = np.asarray(work["size_from"], float), np.asarray(work["size_until"], float)
        by_firm = np.asarray(work["size_shares"]) / ((low + high) / 2)
        sizes = (low, high, np.cumsum(by_firm / by_firm.sum()))
        venues = np.asarray([places[name] for name in ("shop", "restaurant", "leisure")], float)
        sites.group_workers(
            workers,
            start,
            np.diff(self.cell_start).astype(float),
            sizes,
            venues,
            work["team_size"],
            self._tables,
            self.at,
            self.team,
            self.salt,
        )

    def finish(self) -> dict[str, Array]:
        """Return the arrays of a `Population` that speak of teams and sites."""
        n_teams, n_sites = int(self.at[0]), int(self.at[1])
        self.site_first_team[n_sites] = n_teams
        start = np.zeros(n_teams + 1, np.int64)
        member = np.empty(int(np.count_nonzero(self.team >= 0)), np.int32)
        sites.list_members(self.team, n_teams, start, member)
        return {
            "team": self.team,
            "team_start": start,
            "member": member,
            "site_first_team": self.site_first_team[: n_sites + 1].copy(),
            "site_kind": self.site_kind[:n_sites].copy(),
            "site_cell": self.site_cell[:n_sites].copy(),
        }


def _gravity(cells: dict[str, Array], city_cell: Array, cell_start: Array) -> Array:
    """Return cumulative shares of the other cities among those who leave each city, shape (K, K)."""
    persons = np.diff(cell_start[city_cell]).astype(float)
    longitude = np.asarray([cells["cell_longitude"][a:b].mean() for a, b in itertools.pairwise(city_cell)])
    latitude = np.asarray([cells["cell_latitude"][a:b].mean() for a, b in itertools.pairwise(city_cell)])
    return gravity(persons, longitude, latitude)
