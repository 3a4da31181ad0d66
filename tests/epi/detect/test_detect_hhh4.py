"""The endemic-epidemic model against the peer and against simulated truth."""

from __future__ import annotations

import numpy as np
import pytest

from tests.epi.detect.peer_outputs import read_table
from tests.shared_data import shared
from tongzhou.core.errors import InputError
from tongzhou.epi import detect
from tongzhou.epi.forecast import dss, logs, rps, ses

FOLDER = "reference/surveillance/hhh4"


def assert_same(found, name, log_likelihood):
    theirs = read_table(shared(f"{FOLDER}/{name}_coef.csv"))
    assert list(found.names) == theirs["param"].to_list()
    assert found.log_likelihood == pytest.approx(log_likelihood, abs=1e-4)
    np.testing.assert_allclose(found.estimate, theirs["estimate"], rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(found.se, theirs["se"], rtol=1e-2)
    fitted = read_table(shared(f"{FOLDER}/{name}_fitted.csv")).drop("t").to_numpy().T
    np.testing.assert_allclose(found.fitted[:, 1:], fitted, rtol=1e-3)


def weser_ems():
    folder = shared(FOLDER)
    counts = read_table(folder / "measlesWeserEms_counts.csv").drop("t")
    order = read_table(folder / "measlesWeserEms_nbOrder.csv").to_numpy()
    return counts, order, read_table(folder / "measlesWeserEms_popfrac.csv").to_numpy()[0]


def test_one_series_with_season_is_that_of_the_peer():
    counts = read_table(shared("reference/surveillance/salmonella.agona/counts.csv"))["observed"].to_numpy()
    assert_same(detect.hhh4(counts), "agona_ar_nb", -620.8938928518)


@pytest.mark.parametrize(
    ("name", "weights", "log_likelihood"),
    [("weserems_basic", "first", -971.7208958350), ("weserems_powerlaw", "powerlaw", -964.9983214844)],
)
def test_areas_with_neighbours_are_those_of_the_peer(name, weights, log_likelihood):
    counts, order, people = weser_ems()
    found = detect.hhh4(counts, neighbourhood=order, weights=weights, trend=True, offset=people)
    assert_same(found, name, log_likelihood)
    assert found.fitted_frame()["neighbour"].drop_nulls().min() >= 0
    assert found.echarts(language="zh")["series"]


def test_scores_one_step_ahead_are_those_of_the_peer():
    counts, order, people = weser_ems()
    found = detect.hhh4(counts, neighbourhood=order, weights="first", trend=True, offset=people)
    theirs = read_table(shared(f"{FOLDER}/weserems_onestep_scores.csv"))
    at = theirs["t"].to_numpy() - 1
    size = 1 / dict(zip(found.names, found.estimate, strict=True))["overdisp"]
    for name, score in (("logs", logs), ("rps", rps), ("dss", dss), ("ses", ses)):
        ours = score(counts.to_numpy().T[:, at], found.fitted[:, at], size).mean(axis=0)
        np.testing.assert_allclose(ours, theirs[name].to_numpy(), rtol=1e-3)


@pytest.mark.parametrize("family", ["NegBin1", "Poisson"])
def test_intervals_hold_the_truth_of_a_simulated_region(family):
    rng = np.random.default_rng(3)
    order = np.abs(np.subtract.outer(np.arange(6), np.arange(6)))
    truth, y = {"ar.1": -0.9, "ne.1": -1.8, "end.1": 1.0}, np.full((6, 400), 4.0)
    for t in range(1, 400):
        near = (order == 1).T @ y[:, t - 1]
        mean = np.exp(-0.9) * y[:, t - 1] + np.exp(-1.8) * near + np.exp(1 + 0.5 * np.sin(2 * np.pi * t / 52))
        y[:, t] = rng.negative_binomial(5, 5 / (5 + mean)) if family == "NegBin1" else rng.poisson(mean)
    found = detect.hhh4(y, neighbourhood=order, family=family)
    frame = {row["param"]: row for row in found.to_frame().iter_rows(named=True)}
    for name, value in truth.items():
        assert abs(frame[name]["estimate"] - value) < 3.5 * frame[name]["se"]
    if family == "NegBin1":
        assert frame["overdisp"]["estimate"] == pytest.approx(0.2, abs=0.05)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"neighbourhood": np.ones((2, 2))}, "neighbourhood has the shape"),
        ({"offset": [0.0, 1, 1]}, "offset has the shape"),
        ({"family": "gauss"}, "family 'gauss' is unknown"),
    ],
)
def test_input_that_does_not_fit_is_refused(options, message):
    with pytest.raises(InputError, match=message):
        detect.hhh4(np.ones((3, 40)), **options)
