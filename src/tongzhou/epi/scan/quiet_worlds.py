"""Worlds in which nothing clusters: cases drawn again under each model.

Owns the drawing, `LANES` worlds side by side. Never scans them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Draw = Literal["total", "persons", "shuffle", "cells"]

LANES = 32


@dataclass(frozen=True, slots=True)
class QuietWorld:
    """How to draw a world.

    draw_by : "total" — `n_cases` fall on cells in proportion to `expected`; "persons" — among whole `persons`,
        without replacement; "shuffle" — the cases keep their areas and swap their days; "cells" — each cell draws a
        Poisson number of its own
    expected, persons : float64 (A, T); case_area, case_day : int64 (cases,), for "shuffle"
    """

    draw_by: Draw
    expected: Floats
    persons: Floats
    n_cases: int
    case_area: Ints
    case_day: Ints

    def draw(self, counts: Singles, seeds: Ints) -> None:
        """Fill lane i of `counts`, shape (A, T, LANES), with the world of seed i."""
        n_cells = self.expected.size
        if self.draw_by == "cells":
            for lane, seed in enumerate(seeds):
                counts[:, :, lane] = np.random.default_rng(seed).poisson(self.expected)
        elif self.draw_by == "total" and self.n_cases >= 2 * n_cells:
            share = self.expected.ravel() / self.expected.sum()
            for lane, seed in enumerate(seeds):
                drawn = np.random.default_rng(seed).multinomial(self.n_cases, share)
                counts[:, :, lane] = drawn.reshape(self.expected.shape)
        elif self.draw_by == "shuffle":
            shuffle_days(counts, seeds, self.case_area, self.case_day)
        else:
            is_single = self.draw_by == "persons"
            weight = self.persons if is_single else self.expected
            chance, other = build_alias(weight.ravel() * (n_cells / weight.sum()))
            draw_cells(counts, seeds, self.persons, is_single, self.n_cases, chance, other)


@njit(cache=True, error_model="numpy")
def build_alias(scaled: Floats) -> tuple[Floats, Ints]:
    """Return the tables of Walker's alias method; `scaled` are weights with mean 1, used up."""
    n = scaled.size
    chance, other = np.ones(n), np.zeros(n, dtype=np.int64)
    small, large = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    n_small, n_large = 0, 0
    for i in range(n):
        if scaled[i] < 1.0:
            small[n_small] = i
            n_small += 1
        else:
            large[n_large] = i
            n_large += 1
    while n_small > 0 and n_large > 0:
        n_small -= 1
        less, more = small[n_small], large[n_large - 1]
        chance[less], other[less] = scaled[less], more
        scaled[more] -= 1.0 - scaled[less]
        if scaled[more] < 1.0:
            n_large -= 1
            small[n_small] = more
            n_small += 1
    return chance, other


@njit(cache=True, nogil=True, error_model="numpy")
def draw_cells(
    counts: Singles, seeds: Ints, persons: Floats, is_single: bool, n_cases: int, chance: Floats, other: Ints
) -> None:
    """Draw `n_cases` cells per lane; when `is_single`, no person twice (or, beyond half, draw those left over)."""
    n_days = counts.shape[1]
    n_persons = int(persons.sum()) if is_single else 0
    is_inverse = is_single and 2 * n_cases > n_persons
    for lane in range(seeds.size):
        np.random.seed(seeds[lane])
        left = n_persons - n_cases if is_inverse else n_cases
        while left > 0:
            place = np.random.random() * chance.size
            cell = int(place)
            if place - cell >= chance[cell]:
                cell = other[cell]
            a, t = cell // n_days, cell % n_days
            if is_single and np.random.random() * persons[a, t] < counts[a, t, lane]:
                continue
            counts[a, t, lane] += 1.0
            left -= 1
        if is_inverse:
            for a in range(counts.shape[0]):
                for t in range(n_days):
                    counts[a, t, lane] = persons[a, t] - counts[a, t, lane]


@njit(cache=True, nogil=True, error_model="numpy")
def shuffle_days(counts: Singles, seeds: Ints, case_area: Ints, case_day: Ints) -> None:
    """Give every case of every lane the day of another."""
    days = np.empty_like(case_day)
    for lane in range(seeds.size):
        np.random.seed(seeds[lane])
        for i in range(days.size):
            j = int(np.random.random() * (i + 1))
            days[i] = days[j]
            days[j] = case_day[i]
        for i in range(days.size):
            counts[case_area[i], days[i], lane] += 1.0
