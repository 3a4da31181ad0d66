"""Scans against brute force, on simulated clusters, and on input that cannot be scanned."""

from __future__ import annotations

import itertools

import numpy as np
import polars as pl
import pytest

from tongzhou.core.errors import InputError
from tongzhou.epi import detect
from tongzhou.epi.scan.likelihood import BERNOULLI, EXPECTATION, POISSON, log_ratio
from tongzhou.epi.scan.reading import read_input
from tongzhou.epi.scan.scan import gumbel_p_value
from tongzhou.epi.scan.zones import ZoneLimits, flexible_zones, natural_neighbours, pairwise_distance

PLACES = np.array([[x, y] for x in range(4) for y in range(3)], dtype=float) + 0.01 * np.arange(12)[:, None]
PEOPLE = np.arange(100.0, 220, 10)


def draw(rng, n_cases, n_times):
    share = np.repeat(PEOPLE / PEOPLE.sum() / n_times, n_times)
    return rng.multinomial(n_cases, share).reshape(12, n_times).astype(float)


def best_by_hand(cases, expected, persons, found, family, longest, prospective):
    """Look at every zone and every interval."""
    best = 0.0
    n_times = cases.shape[1]
    for zone in range(found.zone_llr.size):
        members = found.zones.members(zone)
        for first, last in itertools.combinations_with_replacement(range(n_times), 2):
            if last - first >= longest or (prospective and last != n_times - 1):
                continue
            c, e = (x[members, first : last + 1].sum() for x in (cases, expected))
            best = max(best, log_ratio(c, e, cases.sum(), persons, family))
    return best


@pytest.mark.parametrize("prospective", [False, True])
@pytest.mark.parametrize(
    ("model", "family"), [("poisson", POISSON), ("permutation", POISSON), ("expectation", EXPECTATION)]
)
@pytest.mark.parametrize("n_cases", [15, 400])
def test_best_window_is_the_best_of_all_windows(model, family, n_cases, prospective):
    cases = draw(np.random.default_rng(n_cases), n_cases, 20)
    even = np.repeat(PEOPLE[:, None] / PEOPLE.sum() / 20 * n_cases, 20, axis=1)
    margins = cases.sum(axis=1, keepdims=True) * cases.sum(axis=0) / cases.sum()
    expected = margins if model == "permutation" else even
    found = detect.scan(
        cases,
        PEOPLE,
        PLACES,
        model=model,
        n_replicates=0,
        prospective=prospective,
        expected=even if model == "expectation" else None,
    )
    by_hand = best_by_hand(cases, expected, 0.0, found, family, 10, prospective)
    assert found.clusters[0].llr == pytest.approx(by_hand, rel=1e-9)


def test_replicates_hold_the_maxima_of_their_worlds():
    """Every quiet world scanned as if observed gives the simulated maximum."""
    from tongzhou.epi.scan.quiet_worlds import LANES, QuietWorld

    rng = np.random.default_rng(1)
    cases = draw(rng, 300, 24)
    found = detect.scan(cases, PEOPLE, PLACES, n_replicates=40, seed=5)
    seeds = np.random.SeedSequence(5).generate_state(40).astype(np.int64)
    expected = read_input(cases, PEOPLE, PLACES, "poisson", None, None).expected
    nothing = np.zeros(0, dtype=np.int64)
    counts = np.zeros((12, 24, LANES), dtype=np.float32)
    QuietWorld("total", expected, expected, 300, nothing, nothing).draw(counts, seeds[:LANES])
    maxima = [
        detect.scan(counts[:, :, lane].astype(float), PEOPLE, PLACES, n_replicates=0).clusters[0].llr
        for lane in range(LANES)
    ]
    gaps = np.abs(np.array(maxima)[:, None] - found.null_llr).min(axis=1)
    assert gaps.max() < 1e-9


def test_the_seed_decides_the_replicates_and_the_next_seed_differs():
    cases = draw(np.random.default_rng(2), 100, 10)
    one, same, other = (
        detect.scan(cases, PEOPLE, PLACES, n_replicates=50, seed=s).null_llr for s in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("model", ["poisson", "permutation", "bernoulli"])
def test_quiet_worlds_give_even_p_values(model):
    rng = np.random.default_rng(3)
    p_values = []
    for _ in range(60):
        cases = draw(rng, 60, 12)
        found = detect.scan(cases, np.full((12, 12), 40), PLACES, model=model, n_replicates=99)
        p_values.append(found.clusters[0].p_value)
    if model == "poisson":
        return
    assert 0.3 < np.mean(p_values) < 0.7


@pytest.mark.parametrize(
    ("model", "n_times"), [("poisson", 1), ("poisson", 30), ("permutation", 30), ("bernoulli", 1)]
)
def test_a_planted_cluster_is_found_with_its_place_and_time(model, n_times):
    cases = draw(np.random.default_rng(4), 240, n_times)
    window = slice(0, 1) if n_times == 1 else slice(20, 24)
    cases[[4, 5], window] += 40 if n_times == 1 else 6
    found = detect.scan(cases[:, 0] if n_times == 1 else cases, PEOPLE, PLACES, model=model)
    top = found.to_frame().row(0, named=True)
    assert set(top["members"]) == {5, 6}
    assert top["window"] == ([1, 1] if n_times == 1 else [21, 24])
    assert top["p_value"] == 0.001
    assert top["p_gumbel"] < 1e-4
    assert top["relative_risk"] > 2


def test_clusters_share_no_area_and_come_in_order_of_their_ratio():
    cases = draw(np.random.default_rng(5), 200, 1)[:, 0]
    cases[[0, 11]] += 30
    found = detect.scan(cases, PEOPLE, PLACES, n_replicates=99)
    members = [m for cluster in found.clusters for m in cluster.members]
    assert len(members) == len(set(members))
    assert [c.llr for c in found.clusters] == sorted((c.llr for c in found.clusters), reverse=True)
    assert {found.clusters[0].members[0], found.clusters[1].members[0]} == {0, 11}


def test_flexible_zones_are_all_connected_sets_and_only_those():
    rng = np.random.default_rng(6)
    places = rng.uniform(0, 10, (9, 2))
    touches = natural_neighbours(places)
    program = flexible_zones(
        pairwise_distance(places, "euclidean"), touches, np.ones(9), ZoneLimits(1, np.inf, 9)
    )
    ours = {frozenset(program.members(z).tolist()) for z in range(program.area.size)}
    connected = set()
    for size in range(1, 10):
        for chosen in itertools.combinations(range(9), size):
            reached, edge = {chosen[0]}, [chosen[0]]
            while edge:
                near = set(np.flatnonzero(touches[edge.pop()])) & set(chosen) - reached
                reached |= near
                edge += list(near)
            if len(reached) == size:
                connected.add(frozenset(chosen))
    assert ours == connected
    assert program.is_first.sum() == len(connected)


def test_a_long_cluster_is_found_whole_by_flexible_windows():
    cases = np.full(12, 5.0)
    cases[[1, 4, 7, 10]] = 40
    flexible = detect.scan(cases, np.full(12, 100), PLACES, windows="flexible", max_areas=10, n_replicates=99)
    assert set(flexible.clusters[0].members) == {1, 4, 7, 10}
    circular = detect.scan(cases, np.full(12, 100), PLACES, n_replicates=99)
    assert flexible.clusters[0].llr > circular.clusters[0].llr


def test_bernoulli_replicates_draw_nobody_twice():
    cases = np.array([9.0, 1, 2])
    people = np.array([10.0, 8, 6])
    found = detect.scan(
        cases, people, [[0, 0], [3, 0], [9, 0]], model="bernoulli", max_share=1.0, n_replicates=500
    )
    possible = {
        round(max(log_ratio(c, n * 12 / 24, 12.0, 24.0, BERNOULLI) for c, n in sums), 8)
        for a in range(11)
        for b in range(9)
        for d in [12 - a - b]
        if 0 <= d <= 6
        for sums in [[(a, 10), (b, 8), (d, 6), (a + b, 18), (b + d, 14)]]
    }
    gaps = np.abs(found.null_llr[:, None] - np.array(sorted(possible))).min(axis=1)
    assert gaps.max() < 1e-7


def test_names_dates_and_mappings_are_carried_through():
    frame = pl.DataFrame({"north": [1, 2, 9, 8], "south": [1, 0, 1, 1], "east": [0, 1, 0, 1]})
    days = ["2020-02-01", "2020-02-02", "2020-02-03", "2020-02-04"]
    found = detect.scan(
        frame,
        {"north": 100, "south": 100, "east": 100},
        {"north": (113.3, 23.1), "south": (114.1, 22.5), "east": (116.7, 23.4)},
        metric="greatcircle",
        dates=days,
        n_replicates=19,
    )
    top = found.to_frame().row(0, named=True)
    assert top["members"] == ["north"]
    assert str(top["start_date"]) == "2020-02-03"
    assert found.echarts(language="zh")["series"]


def test_distance_on_the_sphere_is_in_kilometres():
    distance = pairwise_distance(np.array([[113.26, 23.13], [114.06, 22.54]]), "greatcircle")
    assert distance[0, 1] == pytest.approx(105, abs=2)


def test_gumbel_p_value_follows_the_ranks():
    null = np.random.default_rng(7).gumbel(5, 1.2, 20_000)
    assert gumbel_p_value(float(np.quantile(null, 0.95)), null) == pytest.approx(0.05, abs=0.005)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cases": np.zeros(12)}, "no cases at all"),
        ({"cases": [-1.0] + [1.0] * 11}, "negative"),
        ({"cases": [np.nan] + [1.0] * 11}, "missing"),
        ({"population": np.r_[0.0, np.ones(11)]}, "Areas 1 have cases but no population"),
        ({"population": np.ones(5)}, "population has the shape"),
        ({"population": None}, "needs a population"),
        (
            {"population": np.ones(12), "model": "bernoulli", "cases": np.full(12, 2.0)},
            "more cases than persons",
        ),
        ({"coordinates": PLACES[:5]}, "coordinates have the shape"),
        ({"model": "gauss"}, "model 'gauss' is unknown"),
        ({"max_share": 0}, "max_share is 0"),
        ({"max_share": 1e-9}, "No zone holds"),
        ({"model": "permutation"}, "needs two time steps"),
        ({"model": "bernoulli", "expected": np.ones(12)}, "no use for expected"),
    ],
)
def test_input_that_cannot_be_scanned_is_refused_with_the_way_out(change, message):
    given = {"cases": np.ones(12), "population": PEOPLE, "coordinates": PLACES} | change
    with pytest.raises(InputError, match=message) as caught:
        detect.scan(given.pop("cases"), given.pop("population"), given.pop("coordinates"), **given)
    assert caught.value.hint


def test_knox_by_permuting_cases_finds_planted_pairs():
    rng = np.random.default_rng(8)
    seeds, when = rng.uniform(0, 100, (30, 2)), rng.uniform(0, 300, 30)
    places = np.concatenate([seeds, seeds + rng.normal(0, 0.5, (30, 2))])
    times = np.concatenate([when, when + rng.uniform(0, 3, 30)])
    found = detect.knox(times, places, eps_t=4, eps_s=3)
    assert found.observed > 4 * found.expected
    assert found.p_cases == 0.001
    assert found.to_frame()["ratio"][0] > 4


def test_event_surveillance_names_the_rows_of_the_cluster():
    rng = np.random.default_rng(9)
    x, y = rng.uniform(0, 100, (2, 60))
    x[40:], y[40:] = rng.normal(50, 1, (2, 20))
    found = detect.stcd(x, y, np.arange(60.0), radius=5, epsilon=1.0, threshold=200)
    assert 41 <= found.alarm_at <= 60
    assert sum(row > 40 for row in found.members) / len(found.members) > 0.8


@pytest.mark.parametrize(
    "call",
    [
        lambda: detect.knox([1.0, np.nan], [[0, 0], [1, 1]], eps_t=1, eps_s=1),
        lambda: detect.knox([1.0, 2], [[0, 0]], eps_t=1, eps_s=1),
        lambda: detect.knox([1.0, 2], [[0, 0], [1, 1]], eps_t=-1, eps_s=1),
        lambda: detect.stcd([1.0, 2], [1, 2], [1, 2], radius=0),
    ],
)
def test_events_that_cannot_be_tested_are_refused(call):
    with pytest.raises(InputError) as caught:
        call()
    assert caught.value.hint
