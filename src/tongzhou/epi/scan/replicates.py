"""The largest ratio of simulated quiet worlds, compiled, many worlds side by side.

Owns scanning worlds in which nothing clusters. Never draws them, never keeps which window was largest.
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from numba import njit

from tongzhou.epi.scan.intervals import (
    FAMILY,
    LONGEST,
    MAX_SEGMENTS,
    PERSONS,
    TOTAL,
    cut_segments,
    may_beat,
    search_segment,
)
from tongzhou.epi.scan.likelihood import log_ratio, variance
from tongzhou.epi.scan.quiet_worlds import LANES, QuietWorld
from tongzhou.epi.scan.threads import run_all

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

MARGIN = 0.02
"""Allowance for single precision in line sums; it costs a few needless looks, never a window."""


@njit(cache=True, fastmath=True, error_model="numpy")
def _line_sums(zone: Singles, e: Floats, slope: Floats, n: int, running: Singles, best: Singles) -> None:
    """Set best[k, lane] to the largest sum of (count - slope k x expected) over consecutive days."""
    running[:n, :] = 0.0
    best[:n, :] = 0.0
    for t in range(zone.shape[0]):
        for k in range(n):
            loss = np.float32(slope[k] * e[t])
            for r in range(LANES):
                value = max(running[k, r] + (zone[t, r] - loss), np.float32(0.0))
                running[k, r] = value
                best[k, r] = max(best[k, r], value)


@njit(cache=True, error_model="numpy")
def _scan_intervals(
    zone: Singles,
    e: Floats,
    whole: Floats,
    segments: Floats,
    work: tuple[Singles, Singles, Floats, Floats],
    level: Floats,
) -> None:
    """Raise `level` of each lane to the best interval of the zone, where that is higher."""
    low, high, slope = segments[0], segments[1], segments[2]
    n = 0
    while n < MAX_SEGMENTS and not math.isnan(low[n]):
        n += 1
    running, best, series, found = work
    _line_sums(zone, e, slope, n, running, best)
    for k in range(n):
        for r in range(LANES):
            line_sum = best[k, r] * (1.0 + 1e-4) + MARGIN
            if may_beat(line_sum, low[k], high[k], slope[k], level[r], whole):
                for t in range(e.size):
                    series[t] = zone[t, r]
                found[0] = level[r]
                search_segment(series, e, (low[k], high[k], slope[k]), level[r], whole, found)
                level[r] = found[0]


@njit(cache=True, fastmath=True, error_model="numpy")
def _may_rise(day: Singles, sums: Singles, level: Floats, expected: float, spread: float) -> np.bool_:
    """Add a day to the sums; return whether any lane's excess passes the bound of its level."""
    most = np.float32(-1.0)
    for r in range(LANES):
        sums[r] += day[r]
        excess = sums[r] - np.float32(expected)
        most = max(most, excess * abs(excess) - np.float32(level[r] * spread * (1.0 - 1e-4)))
    return most > -1e-3


@njit(cache=True, error_model="numpy")
def _scan_suffixes(zone: Singles, e: Floats, whole: Floats, sums: Singles, level: Floats) -> None:
    """Raise `level` of each lane to the best window that ends on the last day."""
    total, persons, family, longest = whole[TOTAL], whole[PERSONS], int(whole[FAMILY]), int(whole[LONGEST])
    sums[:] = 0.0
    expected = 0.0
    for first in range(e.size - 1, max(-1, e.size - 1 - longest), -1):
        expected += e[first]
        spread = variance(expected, total, persons, family)
        if not _may_rise(zone[first], sums, level, expected, spread):
            continue
        for r in range(LANES):
            excess = sums[r] - expected
            if excess > 0.0 and excess * excess > level[r] * spread:
                ratio = log_ratio(sums[r], expected, total, persons, family)
                level[r] = max(level[r], ratio)


@njit(cache=True, nogil=True, error_model="numpy")
def scan_block(
    counts: Singles,
    expected: Floats,
    steps: tuple[Ints, Ints, Ints, Flags],
    segments: Floats,
    whole: Floats,
    n_worlds: int,
) -> Floats:
    """Return the largest ratio of each lane over all zones and windows; lanes beyond `n_worlds` stay idle."""
    area, slot, parent, is_first = steps
    n_days = expected.shape[1]
    n_slots = slot.max() + 1
    zone = np.zeros((n_slots, n_days, LANES), dtype=np.float32)
    e = np.zeros((n_slots, n_days))
    level = np.zeros(LANES)
    level[n_worlds:] = math.inf
    sums = np.zeros(LANES, dtype=np.float32)
    running = np.zeros((MAX_SEGMENTS, LANES), dtype=np.float32)
    best = np.zeros((MAX_SEGMENTS, LANES), dtype=np.float32)
    series, found = np.empty(n_days), np.empty(3)
    for z in range(area.size):
        s, p, a = slot[z], parent[z], area[z]
        _add_area(zone, e, counts, expected, (s, p, a))
        if not is_first[z]:
            continue
        if segments.shape[0] == 0:
            _scan_suffixes(zone[s], e[s], whole, sums, level)
        else:
            _scan_intervals(zone[s], e[s], whole, segments[z], (running, best, series, found), level)
    return level


@njit(cache=True, error_model="numpy")
def _add_area(
    zone: Singles, e: Floats, counts: Singles, expected: Floats, step: tuple[int, int, int]
) -> None:
    s, p, a = step
    for t in range(e.shape[1]):
        e[s, t] = expected[a, t] if p < 0 else e[p, t] + expected[a, t]
        for r in range(LANES):
            zone[s, t, r] = counts[a, t, r] if p < 0 else zone[p, t, r] + counts[a, t, r]


@njit(cache=True, nogil=True, error_model="numpy")
def cut_zones_between(
    expected: Floats,
    steps: tuple[Ints, Ints, Ints, Flags],
    whole: Floats,
    bounds: tuple[int, int],
    out: Floats,
) -> None:
    """Fill `out` with the segments of the zones from one root to another: low, high, slope."""
    area, slot, parent, is_first = steps
    e = np.zeros((slot.max() + 1, expected.shape[1]))
    for z in range(bounds[0], bounds[1]):
        s, p = slot[z], parent[z]
        for t in range(e.shape[1]):
            e[s, t] = expected[area[z], t] + (e[p, t] if p >= 0 else 0.0)
        if is_first[z]:
            cut_segments(e[s], whole, out[z, 0], out[z, 1], out[z, 2])


def cut_zones(expected: Floats, steps: tuple[Ints, Ints, Ints, Flags], whole: Floats) -> Floats:
    """Return the segments of every zone: low, high, slope, shape (Z, 3, segments); NaN where there are fewer."""
    out = np.full((steps[0].size, 3, MAX_SEGMENTS), np.nan)
    run_all(lambda bounds: cut_zones_between(expected, steps, whole, bounds, out), root_bounds(steps[2]))
    return out


def root_bounds(parent: Ints) -> list[tuple[int, int]]:
    """Return the ranges of steps that start from nothing, in a few long pieces."""
    roots = np.append(np.flatnonzero(parent < 0), parent.size)
    cuts = roots[np.unique(np.linspace(0, roots.size - 1, 9).astype(np.int64))]
    return [(int(low), int(high)) for low, high in pairwise(cuts)]


def simulate_maxima(
    world: QuietWorld,
    steps: tuple[Ints, Ints, Ints, Flags],
    whole: Floats,
    seeds: Ints,
    is_prospective: bool,
) -> Floats:
    """Return the largest ratio of each of `seeds.size` quiet worlds.

    whole : cases, persons, family, longest window
    """
    segments = np.empty((0, 3, MAX_SEGMENTS))
    if not is_prospective and world.expected.shape[1] > 1:
        segments = cut_zones(world.expected, steps, whole)

    def simulate(part: Ints) -> Floats:
        counts = np.zeros((*world.expected.shape, LANES), dtype=np.float32)
        world.draw(counts, part)
        return np.asarray(scan_block(counts, world.expected, steps, segments, whole, part.size)[: part.size])

    parts = [seeds[i : i + LANES] for i in range(0, seeds.size, LANES)]
    return np.concatenate([np.zeros(0), *run_all(simulate, parts)])
