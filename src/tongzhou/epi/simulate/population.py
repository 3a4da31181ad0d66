"""A population one to one: ages, households, schools, workplaces, in arrays of some bytes a person.

Owns the layout and `synthesize`. Never knows a disease.

Layout. Persons stand in the order area > cell > household, so that a home, a cell, an area and a city are
ranges; a person holds 8 bytes (age, sex, role, shape of the home, team), a member of a team 4 more.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from enum import IntEnum
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from tongzhou.core.errors import InputError
from tongzhou.core.estimates import digest_arrays
from tongzhou.epi.simulate import households, sites
from tongzhou.epi.simulate.checks import check_synthesis
from tongzhou.epi.simulate.marginals import AreaMarginals, composition, household_sizes, resolve_areas

Array = np.ndarray[Any, np.dtype[Any]]

CELL_PERSONS = 4000
_CHUNK = 1 << 20


class Role(IntEnum):
    """What a person does by day."""

    NONE = 0
    KINDERGARTEN = 1
    PRIMARY = 2
    JUNIOR = 3
    SENIOR = 4
    UNIVERSITY = 5
    WORKER = 6
    SCHOOL_STAFF = 7
    HEALTH_STAFF = 8
    CARE_STAFF = 9
    CARE_RESIDENT = 10


class SiteKind(IntEnum):
    """What a site is; the first five are schools by level."""

    KINDERGARTEN = 1
    PRIMARY = 2
    JUNIOR = 3
    SENIOR = 4
    UNIVERSITY = 5
    SHOP = 20
    RESTAURANT = 21
    LEISURE = 22
    FIRM = 23
    HOSPITAL = 24
    CLINIC = 25
    CARE_HOME = 26


@dataclass(frozen=True, slots=True)
class Population:
    """N persons in A areas and C cells, T teams at S sites.

    age : uint8, shape (N,), years — 100 stands for 100 and over
    sex : uint8, shape (N,) — 1 male, 0 female
    role : uint8, shape (N,) — `Role`
    home : uint8, shape (N,) — size of the household << 4 | place of the person in it
    team : int32, shape (N,) — class, work team or ward; -1 for none
    team_start : int64, shape (T + 1,) — range of `member` of each team
    member : int32, shape (M,) — persons by team
    site_first_team : int32, shape (S + 1,) — range of teams of each site
    site_kind : uint8, shape (S,) — `SiteKind`; site_cell : int32, shape (S,)
    cell_start : int64, shape (C + 1,) — range of persons of each cell
    cell_area : int32, shape (C,) — index of the area of each cell
    area_code, area_city, area_residents : int64, shape (A,)
    cell_longitude, cell_latitude, cell_radius_km : float64, shape (C,)
    seed : int
    """

    age: Array
    sex: Array
    role: Array
    home: Array
    team: Array
    team_start: Array
    member: Array
    site_first_team: Array
    site_kind: Array
    site_cell: Array
    cell_start: Array
    cell_area: Array
    area_code: Array
    area_city: Array
    area_residents: Array
    cell_longitude: Array
    cell_latitude: Array
    cell_radius_km: Array
    seed: int = 0

    @property
    def n_persons(self) -> int:
        """Number of persons."""
        return len(self.age)

    @property
    def n_sites(self) -> int:
        """Number of sites; homes are not counted."""
        return len(self.site_kind)

    @property
    def bytes_per_person(self) -> float:
        """Bytes of all arrays, divided by the persons."""
        total = sum(getattr(self, f.name).nbytes for f in fields(self) if f.name != "seed")
        return float(total / max(self.n_persons, 1))

    @property
    def area_start(self) -> Array:
        """Range of persons of each area, int64, shape (A + 1,)."""
        first = np.searchsorted(self.cell_area, np.arange(len(self.area_code) + 1))
        return np.asarray(self.cell_start[first])

    def cell_of(self, person: Array) -> Array:
        """Return the cell of persons."""
        return np.asarray(np.searchsorted(self.cell_start, person, side="right") - 1)

    def area_of(self, person: Array) -> Array:
        """Return the area code of persons."""
        return np.asarray(self.area_code[self.cell_area[self.cell_of(person)]])

    def home_of(self, person: Array) -> Array:
        """Return the number of the home of persons: that of its first member."""
        return np.asarray(np.asarray(person, np.int64) - (self.home[person] & 15))

    def household_of(self, person: int) -> Array:
        """Return the members of the household of one person."""
        shape = int(self.home[person])
        first = person - (shape & 15)
        return np.arange(first, first + (shape >> 4))

    def site_of(self, person: Array) -> Array:
        """Return the site of persons by day; -1 for none."""
        team = self.team[person]
        found = np.searchsorted(self.site_first_team, team, side="right") - 1
        return np.asarray(np.where(team < 0, -1, found))

    def digest(self) -> str:
        """Return the SHA-256 of all arrays."""
        return digest_arrays(*(getattr(self, f.name) for f in fields(self) if f.name != "seed"))

    def save(self, folder: Path) -> None:
        """Write the arrays to a folder, one file each, to be mapped into memory by `load`."""
        folder.mkdir(parents=True, exist_ok=True)
        for f in fields(self):
            if f.name != "seed":
                np.save(folder / f"{f.name}.npy", getattr(self, f.name))
        (folder / "population.json").write_text(json.dumps({"format": 1, "seed": self.seed}))

    @classmethod
    def load(cls, folder: Path) -> Population:
        """Map a saved population into memory, read-only.

        Raises
        ------
        InputError
            ``simulate.no_population`` when the folder holds none.
        """
        meta = folder / "population.json"
        if not meta.exists():
            raise InputError(
                "simulate.no_population", f"{folder} holds no population.", "Save one with Population.save."
            )
        names = [f.name for f in fields(cls) if f.name != "seed"]
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in names}
        return cls(**arrays, seed=int(json.loads(meta.read_text())["seed"]))


def synthesize(
    areas: Sequence[object] | pl.DataFrame,
    n_persons: int | None = None,
    seed: int = 0,
    *,
    n_threads: int = 2,
    cell_persons: int = CELL_PERSONS,
) -> Population:
    """Make the population of areas from their marginals.

    Parameters
    ----------
    areas : sequence of area codes, or a frame as `simulate.marginals.resolve_areas` reads it
    n_persons : int, persons — size of the whole; every resident when left out
    seed : int — the same seed gives the same population on any number of threads
    cell_persons : int, persons — neighbours who share shops; smaller areas are one cell each

    Raises
    ------
    InputError
        as `simulate.marginals.resolve_areas`; ``simulate.bad_argument``.

    Notes
    -----
    Time O(persons); 8 bytes a person, 4 a team member, about 1 for teams and sites.
    """
    check_synthesis(areas, n_persons, seed, n_threads, cell_persons)
    marginals = resolve_areas(areas, n_persons)
    cells = _cut_cells(marginals, cell_persons)
    n = int(cells["cell_start"][-1])
    persons = tuple(np.zeros(n, np.uint8) for _ in range(4))
    salt = np.uint64(seed)
    _fill_persons(persons, cells, marginals, salt, n_threads)
    age, sex, home, role = persons
    _draw_roles(age, role, salt, n_threads)
    grouped = _group(age, role, cells, marginals, salt, n_threads)
    return Population(
        age=age,
        sex=sex,
        role=role,
        home=home,
        **grouped,
        **{k: v for k, v in cells.items() if k != "profile"},
        area_code=marginals.code,
        area_city=marginals.city,
        area_residents=marginals.residents,
        seed=seed,
    )


def _cut_cells(marginals: AreaMarginals, cell_persons: int) -> dict[str, Array]:
    """Cut each area into cells of about equal size, spread evenly over the disc of the area."""
    n_cells = np.maximum(1, np.round(marginals.persons / cell_persons)).astype(np.int64)
    area = np.repeat(np.arange(len(n_cells)), n_cells)
    k = np.arange(len(area)) - np.repeat(np.cumsum(n_cells) - n_cells, n_cells)
    of = n_cells[area]
    persons = marginals.persons[area]
    size = (k + 1) * persons // of - k * persons // of
    reach = np.where(of > 1, np.sqrt((k + 0.5) / of), 0.0) * marginals.radius_km[area]
    turn = k * 2.399963
    latitude = marginals.latitude[area] + reach * np.sin(turn) / 111.0
    return {
        "cell_start": np.concatenate([[0], np.cumsum(size)]).astype(np.int64),
        "cell_area": area.astype(np.int32),
        "cell_longitude": marginals.longitude[area]
        + reach * np.cos(turn) / (111.0 * np.cos(np.radians(latitude))),
        "cell_latitude": latitude,
        "cell_radius_km": marginals.radius_km[area] / np.sqrt(of),
    }


def _in_threads(work: Any, parts: Sequence[Any], n_threads: int) -> None:
    """Run `work` on each part, `n_threads` at a time; parts must not depend on each other."""
    if n_threads <= 1 or len(parts) <= 1:
        for part in parts:
            work(part)
        return
    with ThreadPoolExecutor(n_threads) as pool:
        list(pool.map(work, parts))


def _fill_persons(
    persons: tuple[Array, ...],
    cells: dict[str, Array],
    marginals: AreaMarginals,
    salt: np.uint64,
    n_threads: int,
) -> None:
    """Fill ages, sexes and homes cell by cell."""
    table = composition()
    household = table["household"]
    profiles, profile = np.unique(marginals.age, axis=0, return_inverse=True)
    sizes, size_profile = np.unique(marginals.household_size, return_inverse=True)
    tables = (
        np.cumsum([household_sizes(size) for size in sizes.tolist()], axis=1),
        size_profile.ravel()[cells["cell_area"]],
        marginals.collective_share[cells["cell_area"]],
        np.asarray(household["collective_sizes"], np.int64),
        np.asarray(household["collective_age"], np.int64),
        float(household["share_male"]),
        float(table["work"]["share_in_care_home"]),
    )
    cdfs = np.cumsum(profiles, axis=1)
    cell_profile = profile.ravel()[cells["cell_area"]]
    n_cells = len(cells["cell_area"])
    parts = np.array_split(np.arange(n_cells), max(1, min(n_cells, 64)))
    _in_threads(
        lambda some: households.fill_cells(
            some, cells["cell_start"], cdfs, cell_profile, tables, salt, persons
        ),
        parts,
        n_threads,
    )


def _draw_roles(age: Array, role: Array, salt: np.uint64, n_threads: int) -> None:
    """Draw who learns and who works."""
    table = composition()
    school, work = table["schooling"], table["work"]
    levels = np.asarray([school[SiteKind(k).name.lower()][:3] for k in range(1, 6)], float)
    staff = np.asarray([work[f"share_{kind}_staff"] for kind in ("school", "health", "care")])
    work_from, rate = np.asarray(work["from_age"], float), np.asarray(work["rate"])
    n = len(age)
    _in_threads(
        lambda a: sites.draw_roles(a, min(a + _CHUNK, n), age, role, levels, work_from, rate, staff, salt),
        range(0, n, _CHUNK),
        n_threads,
    )


def _group(
    age: Array,
    role: Array,
    cells: dict[str, Array],
    marginals: AreaMarginals,
    salt: np.uint64,
    n_threads: int,
) -> dict[str, Array]:
    """Assign teams and sites city by city, then workers over all cities."""
    from tongzhou.epi.simulate.grouping import Grouping

    grouping = Grouping(age, role, cells, marginals, salt, n_threads)
    for city in range(grouping.n_cities):
        grouping.group_city(city)
    grouping.group_workers()
    return grouping.finish()
