"""Kulldorff's scan statistics: where and when do more cases stand together than chance puts there?

Owns the entry point: options, the scan of the observed cases, the choice of clusters, and their p-values.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from tongzhou.core.errors import InputError
from tongzhou.core.estimates import Provenance, digest_arrays
from tongzhou.epi.scan.intervals import best_interval, best_suffix
from tongzhou.epi.scan.likelihood import BERNOULLI
from tongzhou.epi.scan.quiet_worlds import Draw, QuietWorld
from tongzhou.epi.scan.reading import ScanInput, read_input
from tongzhou.epi.scan.replicates import Flags, Floats, Ints, root_bounds, simulate_maxima
from tongzhou.epi.scan.result import Cluster, ScanResult
from tongzhou.epi.scan.threads import run_all
from tongzhou.epi.scan.zones import (
    IntArray,
    ZoneLimits,
    ZoneProgram,
    circular_zones,
    flexible_zones,
    natural_neighbours,
    pairwise_distance,
)
from tongzhou.epi.series import FloatMatrix

REFERENCE = (
    "Kulldorff (1997), Communications in Statistics 26: 1481-1496; Kulldorff et al. (2005), PLoS Medicine 2."
)
EULER = 0.5772156649015329
FLEXIBLE_AREAS = 8
DRAWS: dict[str, Draw] = {
    "poisson": "total",
    "bernoulli": "persons",
    "permutation": "shuffle",
    "expectation": "cells",
}


@dataclass(frozen=True, slots=True)
class ScanOptions:
    """Options of one scan, checked."""

    model: str
    max_share: float
    n_replicates: int
    seed: int
    windows: str
    prospective: bool
    max_duration: int
    max_radius: float
    max_areas: int
    max_clusters: int
    metric: str


def scan(
    cases: object,
    population: object,
    coordinates: object,
    *,
    model: str = "poisson",
    max_share: float = 0.5,
    n_replicates: int = 999,
    seed: int = 0,
    windows: str = "circular",
    prospective: bool = False,
    max_duration: int | None = None,
    max_radius: float | None = None,
    max_areas: int | None = None,
    max_clusters: int = 10,
    expected: object = None,
    adjacency: object = None,
    metric: str = "euclidean",
    dates: object = None,
) -> ScanResult:
    """Find the zones, and the time windows, with more cases than chance would put there.

    Parameters
    ----------
    cases : counts of shape (A,) for space alone, or (A, T) for space and time; a mapping area -> count or series; or
        a frame with a row per time step and a column per area
    population : persons at risk, shape (A,) or (A, T), or a mapping; for the Bernoulli model cases and controls
        together; the permutation model takes None, or uses it for `max_share` only
    coordinates : x and y, or longitude and latitude, shape (A, 2) or a mapping
    model : {"poisson", "bernoulli", "permutation", "expectation"} — cases given their total; cases among persons;
        times shuffled among cases; each cell against its own expected number
    max_share : float in (0, 1] — largest share of the population in a zone (of the cases for the permutation model
        without population)
    n_replicates : int — quiet worlds simulated for the p-values; 0 for none
    seed : int — of the simulation; results do not depend on the number of threads
    windows : {"circular", "flexible"} — circles around each area, or connected shapes among the nearest `max_areas`
    prospective : bool — only windows that last until the end: is there a cluster now?
    max_duration : int, time steps — longest window; None is half the period
    max_radius : float, unit of distance — None is unlimited
    max_areas : int — most areas in a zone; None is unlimited for circles, 8 for flexible windows
    max_clusters : int — how many to report, none sharing an area with a more likely one
    expected : shape (A,) or (A, T), optional — expected numbers in place of the population, or of the product of the
        margins for the permutation model; not for the Bernoulli model
    adjacency : bool, shape (A, A), optional — which areas touch, for flexible windows; None is the Delaunay
        triangulation of the coordinates
    metric : {"euclidean", "greatcircle"} — unit of the coordinates, or kilometres from longitude and latitude
    dates : sequence of T dates, optional

    Returns
    -------
    ScanResult
        `.to_frame()` has ``members, window, observed, expected, llr, p_value`` and more; `.zone_frame()` the best
        window of every zone; `.null_llr` the simulated maxima.

    Raises
    ------
    InputError
        ``scan.*`` and ``series.*``

    Notes
    -----
    Poisson: expected numbers are in proportion to the population of every area and time step. Permutation: to the
    product of the margins. The p-value is (1 + worlds at least as extreme) / (1 + worlds), for secondary clusters
    against the same maxima; ``p_gumbel`` fits an extreme value distribution to the maxima and resolves p-values below
    1 / (1 + worlds). Neighbours at equal distance enter in the order of the input. In space and time every interval
    counts, yet few are looked at: see `tongzhou.epi.scan.intervals`.

    References
    ----------
    Kulldorff (1997); Kulldorff et al. (1998), American Journal of Public Health 88: 1377; Kulldorff et al. (2005),
    PLoS Medicine 2: e59 (permutation); Tango and Takahashi (2005); Neill (2009); Abrams et al. (2010),
    International Journal of Health Geographics 9: 61 (Gumbel).

    Examples
    --------
    >>> found = scan([1, 9, 8, 0], [100, 100, 100, 100], [[0, 0], [5, 0], [6, 0], [9, 9]], n_replicates=99)
    >>> found.to_frame()["members"].to_list()[0]
    [2, 3]
    """
    given = read_input(cases, population, coordinates, model, expected, dates)
    options = _check(
        given,
        ScanOptions(
            model,
            max_share,
            n_replicates,
            seed,
            windows,
            prospective,
            max(1, given.cases.shape[1] // 2) if max_duration is None else max_duration,
            np.inf if max_radius is None else max_radius,
            (FLEXIBLE_AREAS if windows == "flexible" else given.cases.shape[0])
            if max_areas is None
            else max_areas,
            max_clusters,
            metric,
        ),
    )
    zones, distance = _build_zones(given, adjacency, options)
    total = given.cases.sum()
    persons = given.persons.sum() if given.family == BERNOULLI else 0.0
    whole = np.array([total, persons, given.family, options.max_duration], dtype=np.float64)
    steps = (zones.area, zones.slot, zones.parent, zones.is_first)
    ratio, first, last = scan_zones(given.cases, given.expected, steps, whole, options.prospective)
    null_llr = _simulate(given, steps, whole, options)
    clusters = _choose_clusters(given, zones, distance, (ratio, first, last), null_llr, options)
    return ScanResult(
        clusters=clusters,
        names=given.names,
        null_llr=np.sort(null_llr)[::-1],
        zone_llr=ratio,
        zone_first=first,
        zone_last=last,
        zones=zones,
        coordinates=given.coordinates,
        n_times=given.cases.shape[1],
        dates=given.dates,
        provenance=_trace_back(given, options),
    )


def _trace_back(given: ScanInput, options: ScanOptions) -> Provenance:
    listed = {name: getattr(options, name) for name in ScanOptions.__slots__}
    digest = digest_arrays(given.cases, given.expected, given.coordinates)
    return Provenance(f"Scan statistic ({options.model})", listed, digest, REFERENCE)


def _check(given: ScanInput, options: ScanOptions) -> ScanOptions:
    n_times = given.cases.shape[1]
    faults = (
        (not 0 < options.max_share <= 1, f"max_share is {options.max_share}; it lies above 0 and up to 1."),
        (options.n_replicates < 0, f"n_replicates is {options.n_replicates}; it is 0 or more."),
        (
            not 1 <= options.max_duration <= n_times,
            f"max_duration is {options.max_duration}, of {n_times} steps.",
        ),
        (options.max_areas < 1, f"max_areas is {options.max_areas}; it is 1 or more."),
        (options.windows not in ("circular", "flexible"), f"windows {options.windows!r} is unknown."),
        (options.metric not in ("euclidean", "greatcircle"), f"metric {options.metric!r} is unknown."),
        (
            options.model == "permutation" and n_times < 2,
            "The permutation model needs two time steps or more.",
        ),
    )
    for is_wrong, message in faults:
        if is_wrong:
            raise InputError("scan.option", message, "See the parameters of scan.")
    return options


def _build_zones(
    given: ScanInput, adjacency: object, options: ScanOptions
) -> tuple[ZoneProgram, FloatMatrix]:
    distance = pairwise_distance(given.coordinates, options.metric)
    limits = ZoneLimits(options.max_share, options.max_radius, options.max_areas)
    if options.windows == "circular":
        return circular_zones(distance, given.weight, limits), distance
    if adjacency is None:
        touches = natural_neighbours(given.coordinates)
    else:
        touches = np.asarray(adjacency).astype(np.bool_)
        if touches.shape != distance.shape or np.any(touches != touches.T):
            raise InputError(
                "scan.adjacency",
                f"adjacency has the shape {touches.shape} or is not symmetric; there are {distance.shape[0]} areas.",
                "Give a symmetric matrix of True and False.",
            )
    return flexible_zones(distance, touches, given.weight, limits), distance


def _simulate(
    given: ScanInput,
    steps: tuple[IntArray, IntArray, IntArray, Flags],
    whole: FloatMatrix,
    options: ScanOptions,
) -> FloatMatrix:
    """Return the largest ratio of each quiet world; totals are rounded, since cases are whole."""
    seeds = np.random.SeedSequence(options.seed).generate_state(options.n_replicates).astype(np.int64)
    rounded = whole.copy()
    draw_by = DRAWS[options.model]
    expected = given.expected
    if draw_by != "cells":
        rounded[0] = max(1.0, np.round(whole[0]))
        expected = expected * (rounded[0] / whole[0])
    rounded[1] = np.round(whole[1])
    days = areas = np.zeros(0, dtype=np.int64)
    if draw_by == "shuffle":
        cells = np.repeat(np.arange(given.cases.size), given.cases.ravel().astype(np.int64))
        areas, days = np.divmod(cells, given.cases.shape[1])
    persons = np.round(given.persons) if draw_by == "persons" else given.persons
    world = QuietWorld(draw_by, expected, persons, int(rounded[0]), areas, days)
    return simulate_maxima(world, steps, rounded, seeds, options.prospective)


def scan_zones(
    cases: Floats,
    expected: Floats,
    steps: tuple[Ints, Ints, Ints, Flags],
    whole: Floats,
    is_prospective: bool,
) -> tuple[Floats, Ints, Ints]:
    """Return the best window of every zone: ratio, first and last time step (0-based)."""
    best = np.zeros((steps[0].size, 3))
    counts = np.ascontiguousarray(cases)
    run_all(
        lambda bounds: scan_zones_between(counts, expected, steps, whole, is_prospective, bounds, best),
        root_bounds(steps[2]),
    )
    return best[:, 0], best[:, 1].astype(np.int64), best[:, 2].astype(np.int64)


@njit(cache=True, nogil=True, error_model="numpy")
def scan_zones_between(
    cases: Floats,
    expected: Floats,
    steps: tuple[Ints, Ints, Ints, Flags],
    whole: Floats,
    is_prospective: bool,
    bounds: tuple[int, int],
    best: Floats,
) -> None:
    """Fill `best` with (ratio, first, last) of the zones from one root to another."""
    area, slot, parent, _ = steps
    n_days = cases.shape[1]
    c, e = np.zeros((slot.max() + 1, n_days)), np.zeros((slot.max() + 1, n_days))
    for z in range(bounds[0], bounds[1]):
        s, p, a = slot[z], parent[z], area[z]
        for t in range(n_days):
            c[s, t] = cases[a, t] + (c[p, t] if p >= 0 else 0.0)
            e[s, t] = expected[a, t] + (e[p, t] if p >= 0 else 0.0)
        if is_prospective or n_days == 1:
            best_suffix(c[s], e[s], whole, best[z])
        else:
            best_interval(c[s], e[s], whole, best[z])


def _choose_clusters(
    given: ScanInput,
    zones: ZoneProgram,
    distance: FloatMatrix,
    best: tuple[FloatMatrix, IntArray, IntArray],
    null_llr: FloatMatrix,
    options: ScanOptions,
) -> tuple[Cluster, ...]:
    """Return the zones with the largest ratios that share no area with one chosen before."""
    ratio, first, last = best
    chosen: list[Cluster] = []
    is_taken = np.zeros(given.cases.shape[0], dtype=np.bool_)
    for zone in np.argsort(-ratio, kind="stable"):
        if len(chosen) == options.max_clusters or ratio[zone] <= 0:
            break
        members = zones.members(int(zone))
        if is_taken[members].any():
            continue
        is_taken[members] = True
        members = members[np.argsort(distance[zones.centre[zone], members], kind="stable")]
        chosen.append(
            _describe_cluster(
                given,
                members,
                (int(first[zone]), int(last[zone])),
                float(ratio[zone]),
                float(distance[zones.centre[zone], members].max()),
                null_llr,
            )
        )
    return tuple(chosen)


def _describe_cluster(
    given: ScanInput,
    members: IntArray,
    window: tuple[int, int],
    ratio: float,
    radius: float,
    null_llr: FloatMatrix,
) -> Cluster:
    inside = (members[:, None], np.arange(window[0], window[1] + 1)[None, :])
    observed, expected = float(given.cases[inside].sum()), float(given.expected[inside].sum())
    rest_seen, rest_expected = given.cases.sum() - observed, given.expected.sum() - expected
    outside = rest_seen / rest_expected if rest_expected > 0 else np.nan
    risk = observed / expected / outside if outside > 0 else np.inf
    n = null_llr.size
    p_value = (1 + int(np.sum(null_llr >= ratio - 1e-10))) / (1 + n) if n else None
    return Cluster(
        members=tuple(int(m) for m in members),
        first=window[0] + 1,
        last=window[1] + 1,
        observed=observed,
        expected=expected,
        relative_risk=float(risk),
        llr=ratio,
        p_value=p_value,
        p_gumbel=gumbel_p_value(ratio, null_llr) if n > 1 else None,
        radius=radius,
    )


def gumbel_p_value(ratio: float, null_llr: FloatMatrix) -> float:
    """Return the upper tail of a Gumbel distribution with the mean and sd of the simulated maxima.

    References
    ----------
    Abrams, Kulldorff and Kleinman (2010).
    """
    scale = float(null_llr.std(ddof=1)) * np.sqrt(6) / np.pi
    place = float(null_llr.mean()) - EULER * scale
    if scale <= 0:
        return 1.0 if ratio <= place else 0.0
    return float(-np.expm1(-np.exp(-(ratio - place) / scale)))
