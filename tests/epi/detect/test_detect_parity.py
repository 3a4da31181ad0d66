"""Detectors against the outputs of R's `surveillance`, at the tolerances of the reference folder."""

from __future__ import annotations

import numpy as np
import pytest

from tests.epi.detect.peer_outputs import NAMES, read_peer, read_table, relative_error
from tests.shared_data import shared
from tongzhou.epi import detect

SIMPLE = 1e-10
FLEXIBLE = {
    "default": {},
    "farrington": {"weights": "farrington", "past_weeks_not_included": 3, "alpha": 0.01},
    "muan": {"threshold_method": "muan"},
    "noufaily": {"threshold_method": "nbPlugin"},
    "notrend": {
        "weights": None,
        "trend": False,
        "past_weeks_not_included": 3,
        "alpha": 0.01,
        "power_transform": "1/2",
        "limit54": (0, 4),
    },
}
WHOLE_YEAR = {"noperiods": 10, "past_weeks_not_included": 26, "pthreshold_trend": 1, "alpha": 0.01}


def assert_same(found, peer, tolerance):
    assert relative_error(found.upper[0, peer.rows], peer.column("upperbound")) <= tolerance
    theirs = np.nan_to_num(peer.column("alarm"), nan=-1)
    np.testing.assert_array_equal(found.alarm[0, peer.rows], theirs)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("method", ["C1", "C2", "C3"])
@pytest.mark.parametrize(("baseline", "min_sigma"), [(7, 0), (14, 1)])
def test_ears_gives_the_bounds_and_alarms_of_the_peer(name, method, baseline, min_sigma):
    peer = read_peer(name, f"ears_{method}_b{baseline}_ms{min_sigma}")
    found = detect.ears(peer.counts, method, baseline, min_sigma=min_sigma)
    assert_same(found, peer, SIMPLE)
    assert np.all(np.delete(found.alarm[0], peer.rows) == -1)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("system", ["rki1", "rki2", "rki3", "bayes1", "bayes2", "bayes3"])
def test_rki_and_bayes_systems_give_the_bounds_and_alarms_of_the_peer(name, system):
    peer = read_peer(name, system)
    if peer is None:
        pytest.skip("the peer has no output for this series")
    method = detect.rki if system.startswith("rki") else detect.bayes
    assert_same(method(peer.counts, system, range=peer.range), peer, SIMPLE)


@pytest.mark.parametrize("name", NAMES)
def test_cdc_gives_the_bounds_and_alarms_of_the_peer(name):
    peer = read_peer(name, "cdc")
    if peer is None:
        pytest.skip("the peer has no output for this series")
    found = detect.cdc(peer.counts, b=peer.b, range=peer.range)
    assert_same(found, peer, SIMPLE)
    np.testing.assert_array_equal(found.details["aggregate"][0, peer.rows], peer.column("aggr4wk"))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "trans", ["standard", "rossi", "anscombe", "anscombe2nd", "pearsonNegBin", "anscombeNegBin"]
)
def test_cusum_gives_the_chart_bounds_and_alarms_of_the_peer(name, trans):
    peer = read_peer(name, f"cusum_{trans}")
    if peer is None:
        pytest.skip("the peer has no output for this series")
    found = detect.cusum(peer.counts, trans=trans, range=peer.range)
    assert_same(found, peer, SIMPLE)
    np.testing.assert_allclose(
        found.details["cusum"][0, peer.rows], peer.column("cusum"), rtol=SIMPLE, atol=1e-12
    )


@pytest.mark.parametrize("name", NAMES)
def test_farrington_gives_the_bounds_alarms_and_trends_of_the_peer(name):
    peer = read_peer(name, "algo_farrington")
    if peer is None:
        pytest.skip("the peer has no output for this series")
    found = detect.farrington(peer.counts, b=peer.b, alpha=0.01, range=peer.range, dates=peer.dates)
    assert_same(found, peer, 1e-9)
    has_trend = ~np.isnan(found.details["trend"][0, peer.rows])
    np.testing.assert_array_equal(has_trend, peer.column("trend"))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("variant", list(FLEXIBLE))
def test_farrington_flexible_gives_all_columns_of_the_peer(name, variant):
    peer = read_peer(name, f"farringtonFlexible_{variant}")
    if peer is None:
        pytest.skip("the peer has no output for this series")
    options = FLEXIBLE[variant] | (WHOLE_YEAR if variant in ("muan", "noufaily") else {})
    found = detect.farrington_flexible(
        peer.counts, freq=peer.freq, b=peer.b, w=3, range=peer.range, dates=peer.dates, **options
    )
    assert_same(found, peer, 1e-9)
    columns = {"expected": found.expected} | {k: found.details[k] for k in ("phi", "p_value", "trend")}
    theirs = {"expected": "expected", "phi": "phi", "p_value": "pvalue", "trend": "trendcoef"}
    for ours, values in columns.items():
        assert relative_error(values[0, peer.rows], peer.column(theirs[ours])) <= 1e-9, ours


def test_200_series_at_once_give_the_bounds_of_the_peer():
    counts = read_table(shared("reference/surveillance/synth200_counts.csv")).drop("t")
    theirs = read_table(shared("reference/surveillance/synth200_noufaily_week520.csv"))
    options = WHOLE_YEAR | {"threshold_method": "nbPlugin"}
    found = detect.farrington_flexible(counts, range=[520], **options)
    upper = theirs["upperbound"].cast(float).fill_null(np.nan).to_numpy()
    np.testing.assert_array_equal(found.upper[:, 519], upper)
    np.testing.assert_array_equal(found.alarm[:, 519], theirs["alarm"].to_numpy())
    np.testing.assert_allclose(found.details["mu0"][:, 519], theirs["mu0"].to_numpy(), rtol=1e-10)
