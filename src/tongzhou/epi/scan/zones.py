"""Candidate zones: circles around every area, or connected shapes within them.

Owns the list of zones as a program of additions, so that each zone's counts come from another's by one addition.
Never looks at cases.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tongzhou.core.errors import InputError
from tongzhou.epi.series import FloatMatrix

IntArray = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

MAX_FLEXIBLE_ZONES = 2_000_000
EARTH_RADIUS_KM = 6371.0088


@dataclass(frozen=True, slots=True)
class ZoneProgram:
    """Zones as steps: zone = the zone in slot `parent` (none when -1) plus one area, kept in `slot`.

    centre, area, slot, parent, size : int64 (Z,) — 0-based centre and area; size in areas
    is_first : bool (Z,) — no earlier step gave the same set of areas
    """

    centre: IntArray
    area: IntArray
    slot: IntArray
    parent: IntArray
    size: IntArray
    is_first: Flags

    @property
    def n_slots(self) -> int:
        """How many slots the program uses."""
        return int(self.slot.max()) + 1

    def members(self, zone: int) -> IntArray:
        """Return the areas of a zone, nearest to its centre first."""
        found: list[int] = []
        slot = int(self.slot[zone])
        step = zone
        while True:
            if int(self.slot[step]) == slot:
                found.append(int(self.area[step]))
                slot = int(self.parent[step])
                if slot < 0:
                    return np.array(found[::-1], dtype=np.int64)
            step -= 1


@dataclass(frozen=True, slots=True)
class ZoneLimits:
    """How large a zone may be: share of the population, radius in units of distance, number of areas."""

    max_share: float
    max_radius: float
    max_areas: int


def pairwise_distance(coordinates: FloatMatrix, metric: str) -> FloatMatrix:
    """Return distances, shape (A, A): euclidean, or kilometres on the sphere from longitude and latitude."""
    if metric == "euclidean":
        difference = coordinates[:, None, :] - coordinates[None, :, :]
        return np.asarray(np.sqrt((difference**2).sum(axis=2)))
    longitude, latitude = np.radians(coordinates).T
    half = np.sin((latitude[:, None] - latitude[None, :]) / 2) ** 2
    half = half + np.cos(latitude)[:, None] * np.cos(latitude)[None, :] * (
        np.sin((longitude[:, None] - longitude[None, :]) / 2) ** 2
    )
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(half, 0, 1))))


def circular_zones(distance: FloatMatrix, weight: FloatMatrix, limits: ZoneLimits) -> ZoneProgram:
    """Return the circles: around each area, its neighbours in order of distance while the limits hold.

    weight : float64 (A,) — population, or whatever `max_share` is a share of
    """
    order = np.argsort(distance, axis=1, kind="stable")
    centre, area, size = [], [], []
    total = weight.sum()
    for i, neighbours in enumerate(order):
        share = np.cumsum(weight[neighbours]) / total
        fits = (share <= limits.max_share + 1e-12) & (distance[i, neighbours] <= limits.max_radius)
        fits &= np.arange(1, neighbours.size + 1) <= limits.max_areas
        used = neighbours[: int(np.argmin(fits)) if not fits.all() else neighbours.size]
        centre += [i] * used.size
        area += used.tolist()
        size += list(range(1, used.size + 1))
    if not area:
        raise InputError(
            "scan.no_zone",
            f"No zone holds at most {limits.max_share:.3g} of the population.",
            "Raise max_share, or use smaller areas.",
        )
    sizes = np.array(size, dtype=np.int64)
    areas = np.array(area, dtype=np.int64)
    parent = np.where(sizes == 1, -1, 0)
    return ZoneProgram(
        centre=np.array(centre, dtype=np.int64),
        area=areas,
        slot=np.zeros_like(sizes),
        parent=parent,
        size=sizes,
        is_first=_mark_first(areas, sizes, order.shape[0]),
    )


def _mark_first(areas: IntArray, sizes: IntArray, n_areas: int) -> Flags:
    """Mark the first zone of every set of areas, by a 128-bit sum of random marks."""
    marks = np.random.default_rng(0).integers(0, 2**63, size=(2, n_areas), dtype=np.uint64)
    keys = np.zeros((2, areas.size), dtype=np.uint64)
    for row in range(2):
        running = np.cumsum(marks[row, areas])
        starts = np.flatnonzero(sizes == 1)
        before = np.where(starts > 0, running[starts - 1], np.uint64(0))
        keys[row] = running - np.repeat(before, np.diff(np.append(starts, areas.size)))
    _, first = np.unique(keys, axis=1, return_index=True)
    is_first = np.zeros(areas.size, dtype=np.bool_)
    is_first[first] = True
    return is_first


def natural_neighbours(coordinates: FloatMatrix) -> Flags:
    """Return which areas touch in the Delaunay triangulation of their points, bool (A, A)."""
    from scipy.spatial import Delaunay, QhullError

    touches = np.zeros((coordinates.shape[0],) * 2, dtype=np.bool_)
    try:
        triangles = Delaunay(coordinates).simplices
    except QhullError:
        order = np.lexsort(coordinates.T)
        touches[order[:-1], order[1:]] = touches[order[1:], order[:-1]] = True
        return touches
    for a, b in ((0, 1), (1, 2), (0, 2)):
        touches[triangles[:, a], triangles[:, b]] = touches[triangles[:, b], triangles[:, a]] = True
    return touches


def flexible_zones(
    distance: FloatMatrix, touches: Flags, weight: FloatMatrix, limits: ZoneLimits
) -> ZoneProgram:
    """Return all connected sets of areas that hold a centre and lie within its nearest `max_areas`.

    References
    ----------
    Tango and Takahashi (2005), International Journal of Health Geographics 4: 11.
    """
    steps: list[tuple[int, int, int, int]] = []
    seen: set[int] = set()
    first: list[bool] = []
    total = float(weight.sum())
    order = np.argsort(distance, axis=1, kind="stable")
    for i in range(order.shape[0]):
        near = [int(a) for a in order[i, : limits.max_areas] if distance[i, a] <= limits.max_radius]
        linked = {a: [b for b in near if touches[a, b]] for a in near}
        stack: list[tuple[int, int, int, float, tuple[int, ...], int]] = [(i, 0, 1 << i, 0.0, (), 0)]
        while stack:
            area, depth, members, share, frontier, barred = stack.pop()
            share += float(weight[area]) / total
            if share > limits.max_share + 1e-12:
                continue
            steps.append((i, area, depth, depth + 1))
            first.append(members not in seen)
            seen.add(members)
            barred |= 1 << area
            grown = tuple(frontier) + tuple(
                b for b in linked[area] if not barred >> b & 1 and b not in frontier
            )
            closed = barred
            for place, b in enumerate(grown):
                rest = grown[place + 1 :]
                stack.append((b, depth + 1, members | 1 << b, share, rest, closed | 1 << b))
                closed |= 1 << b
            if len(steps) > MAX_FLEXIBLE_ZONES:
                raise InputError(
                    "scan.too_many_zones",
                    f"More than {MAX_FLEXIBLE_ZONES} connected zones lie within {limits.max_areas} areas.",
                    "Lower max_areas.",
                )
    table = np.array(steps, dtype=np.int64).reshape(-1, 4)
    return ZoneProgram(
        centre=table[:, 0],
        area=table[:, 1],
        slot=table[:, 2],
        parent=table[:, 2] - 1,
        size=table[:, 3],
        is_first=np.array(first, dtype=np.bool_),
    )
