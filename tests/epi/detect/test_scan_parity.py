"""Scan statistics, Knox's test and event surveillance against the outputs of the peers."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.special import xlog1py, xlogy
from scipy.stats import ks_2samp

from tests.epi.detect.peer_outputs import read_table
from tests.shared_data import shared
from tongzhou.epi import detect

SCANS = (
    ("pennLCInt", "poisson", 0.5),
    ("pennLC", "poisson", 0.5),
    ("pennLC", "poisson", 0.1),
    ("pennLC", "bernoulli", 0.5),
    ("NYleukemiaInt", "bernoulli", 0.2),
    ("NYleukemiaInt", "bernoulli", 0.5),
)
CUT_TO_INTEGERS = (
    ("NYleukemia", "poisson", 0.5),
    ("NYleukemia", "bernoulli", 0.15),
    ("NYleukemia", "bernoulli", 0.5),
)


def read_scan(name, model, share, n_replicates=0):
    tag = "binomial" if model == "bernoulli" else model
    folder = shared("reference/scan")
    given = read_table(folder / f"{name}_input.csv")
    stem = f"{name}_{tag}_ub{share}"
    path = folder / f"{stem}_zones.csv"
    zones = read_table(path if path.exists() else folder / f"{stem}_zones.csv.gz")
    has_expected = "expected" in given.columns and model == "poisson"
    found = detect.scan(
        given["cases"].to_numpy(),
        given["population"].to_numpy(),
        given.select("x", "y").to_numpy(),
        model=model,
        max_share=share,
        n_replicates=n_replicates,
        seed=1,
        expected=given["expected"].to_numpy() if has_expected else None,
    )
    return found, zones, read_table(folder / f"{stem}_clusters.csv"), folder / f"{stem}_null_llr.csv"


@pytest.mark.parametrize(("name", "model", "share"), SCANS)
def test_every_circle_has_the_ratio_of_the_peer(name, model, share):
    found, zones, _, _ = read_scan(name, model, share)
    ours = found.zone_frame()
    for column in ("center", "end", "n_areas"):
        np.testing.assert_array_equal(ours[column].to_numpy(), zones[column].to_numpy())
    np.testing.assert_allclose(ours["llr"].to_numpy(), zones["llr"].to_numpy(), atol=1e-7, rtol=0)


@pytest.mark.parametrize(("name", "model", "share"), SCANS)
def test_clusters_and_p_values_are_those_of_the_peer(name, model, share):
    found, _, clusters, null_path = read_scan(name, model, share, n_replicates=999)
    ours = found.to_frame()
    for row, theirs in enumerate(clusters.iter_rows(named=True)):
        assert ours["members"][row].to_list() == [int(a) for a in str(theirs["areas"]).split(";")]
        assert ours["observed"][row] == pytest.approx(theirs["cases"])
        p = theirs["p"]
        two_errors = 2 * np.sqrt(p * (1 - p) * (1 / 999 + 1 / 9999)) + 1 / 1000
        assert abs(ours["p_value"][row] - p) <= two_errors
        assert abs(ours["p_gumbel"][row] - p) <= two_errors
    null = read_table(null_path)["max_llr"].to_numpy()
    assert ks_2samp(found.null_llr, null).pvalue > 0.001


@pytest.mark.parametrize(("name", "model", "share"), CUT_TO_INTEGERS)
def test_fractional_totals_are_not_cut_to_integers(name, model, share):
    found, zones, clusters, _ = read_scan(name, model, share)
    theirs = zones["llr"].to_numpy()
    gap = np.abs(found.zone_llr - theirs)
    assert 0.001 < gap.max() < (0.155 if (model, share) != ("bernoulli", 0.5) else 0.192)
    np.testing.assert_allclose(ratio_of_cut_totals(found, name, model), theirs, atol=1e-7, rtol=0)
    ours = found.to_frame()
    for row, cluster in enumerate(clusters.iter_rows(named=True)):
        assert ours["members"][row].to_list() == [int(a) for a in str(cluster["areas"]).split(";")]
        assert ours["llr"][row] == pytest.approx(cluster["llr"], abs=0.155)


def ratio_of_cut_totals(found, name, model):
    """The ratio of every zone when the total of cases, and of expected cases, is cut to an integer as the peer does."""
    given = read_table(shared("reference/scan") / f"{name}_input.csv")
    members = [found.zones.members(zone) for zone in range(found.zone_llr.size)]
    cases, people, expected = (
        np.array([given[column].to_numpy()[zone].sum() for zone in members])
        for column in ("cases", "population", "expected")
    )
    total = int(given["cases"].sum())
    if model == "poisson":
        outside = int(given["expected"].sum()) - expected
        ratio = cases * np.log(cases / expected) + (total - cases) * np.log((total - cases) / outside)
        return np.where(cases / expected > (total - cases) / outside, ratio, 0.0)
    everybody = int(given["population"].sum())
    groups = ((cases, people), (total - cases, everybody - people))
    ratio = sum(xlogy(c, c / n) + xlog1py(n - c, -c / n) for c, n in groups)
    ratio -= xlogy(total, total / everybody) + xlog1py(everybody - total, -total / everybody)
    return np.where(cases / people > (total - cases) / (everybody - people), ratio, 0.0)


def new_mexico():
    folder = shared("reference/scan")
    table = read_table(folder / "NM_popcas.csv").filter(pl.col("year").is_between(1986, 1989))
    places = read_table(folder / "NM_geo.csv")
    wide = {
        column: table.pivot(on="county", index="year", values=column)
        .sort("year")
        .select(places["county"].to_list())
        for column in ("count", "population")
    }
    return (
        folder,
        wide["count"].to_numpy().T,
        wide["population"].to_numpy().T,
        places.select("long", "lat").to_numpy(),
    )


def peer_scores(folder, name, zones):
    scores = read_table(folder / f"NM_{name}_1986_1989_observed.csv").filter(pl.col("score") > 0)
    members = {z: tuple(int(a) for a in str(a).split(";")) for z, a in zones.iter_rows()}
    return {
        (tuple(sorted(members[z])), d): s
        for z, d, s in scores.select("zone", "duration", "score").iter_rows()
    }


@pytest.mark.parametrize(("name", "model"), [("pb_poisson", "poisson"), ("eb_poisson", "expectation")])
def test_prospective_space_time_scan_gives_the_scores_of_the_peer(name, model):
    folder, cases, population, places = new_mexico()
    if model == "poisson":
        baselines = population / population.sum(axis=0) * cases.sum() / cases.shape[1]
    else:
        baselines = read_table(folder / "NM_eb_baselines.csv").to_numpy().T
    options = {
        "max_share": 1.0,
        "max_areas": 15,
        "max_duration": 4,
        "prospective": True,
        "metric": "greatcircle",
    }
    found = detect.scan(cases, population, places, model=model, expected=baselines, **options)
    theirs = peer_scores(folder, name, read_table(folder / "NM_zones.csv"))
    top = found.clusters[0]
    members = tuple(sorted(m + 1 for m in top.members))
    assert (members, top.last - top.first + 1) == max(theirs, key=theirs.get)
    assert top.llr == pytest.approx(max(theirs.values()), rel=1e-9)
    assert top.p_value == pytest.approx(
        read_table(folder / f"NM_{name}_1986_1989_mlc.csv")["mc_pvalue"][0], abs=0.03
    )
    assert_zone_scores(found, theirs)


def test_permutation_scan_with_expected_numbers_gives_the_scores_of_the_peer():
    folder, cases, population, places = new_mexico()
    baselines = population / population.sum(axis=0) * cases.sum() / cases.shape[1]
    found = detect.scan(
        cases,
        population,
        places,
        model="permutation",
        expected=baselines,
        max_share=1.0,
        max_areas=15,
        max_duration=4,
        prospective=True,
        metric="greatcircle",
        n_replicates=0,
    )
    theirs = peer_scores(folder, "permutation", read_table(folder / "NM_zones.csv"))
    assert found.clusters[0].llr == pytest.approx(max(theirs.values()), rel=1e-9)
    assert_zone_scores(found, theirs)


def assert_zone_scores(found, theirs):
    best, n_shared = {}, 0
    for (zone, _), score in theirs.items():
        best[zone] = max(score, best.get(zone, 0))
    for zone in range(found.zone_llr.size):
        key = tuple(sorted((found.zones.members(zone) + 1).tolist()))
        if key in best:
            n_shared += 1
            assert found.zone_llr[zone] == pytest.approx(best[key], rel=1e-9)
    assert n_shared >= len(best) - 1


def type_b_events():
    events = read_table(shared("reference/surveillance/imdepi/events.csv"))
    return events.filter(pl.col("type") == "B").sort("time")


def test_knox_counts_expectations_and_p_values_are_those_of_the_peer():
    events = type_b_events()
    for row in read_table(shared("reference/surveillance/imdepi/knox_B.csv")).iter_rows(named=True):
        found = detect.knox(
            events["time"].to_numpy(),
            events.select("x", "y").to_numpy(),
            eps_t=row["eps_t"],
            eps_s=row["eps_s"],
        )
        assert found.observed == row["knox"]
        assert found.expected == pytest.approx(row["expected"], rel=1e-12)
        assert found.p_poisson == pytest.approx(row["p_poisson"], rel=1e-9)
        assert found.p_value == pytest.approx(row["p_mc999"], abs=0.03)
        assert found.p_cases > found.p_value - 0.02


@pytest.mark.parametrize(("radius", "alarm_at", "centre"), [(20, 46, 41), (50, 53, 50)])
@pytest.mark.parametrize("cusum", [False, True])
def test_event_surveillance_gives_the_statistic_and_first_alarm_of_the_peer(radius, alarm_at, centre, cusum):
    events = type_b_events()
    tag = "cusum" if cusum else "SR"
    theirs = read_table(shared(f"reference/surveillance/imdepi/stcd_B_r{radius}_{tag}.csv"))
    found = detect.stcd(events["x"], events["y"], events["time"], radius=radius, cusum=cusum)
    np.testing.assert_allclose(found.statistic, theirs["R"].to_numpy(), rtol=1e-8)
    assert (found.alarm_at, found.centre) == ((None, None) if cusum else (alarm_at, centre))
    assert bool(found.members) != cusum
