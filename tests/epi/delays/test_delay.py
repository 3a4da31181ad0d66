"""Delays: discretising, convolving and undoing it."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy import integrate

from tests.shared_data import shared
from tongzhou.core.errors import InputError
from tongzhou.epi.delays import BackProjectionOptions, Delay, back_project, convolve, deconvolve
from tongzhou.epi.delays.families import FAMILIES, FAMILY_NAMES

ONSETS = "reference/surveillance/backproj"


def test_serial_interval_equals_epiestim_on_the_grid() -> None:
    grid = pl.read_csv(shared("reference/epiestim/discr_si_grid.csv"))
    for (mean, sd), rows in grid.group_by("mean", "sd"):
        ours = Delay.serial_interval(float(mean), float(sd)).pmf(61)  # type: ignore[arg-type]
        assert np.abs(ours - rows.sort("k")["p"].to_numpy()).max() < 1e-12


@pytest.mark.parametrize("family", FAMILY_NAMES)
def test_families_keep_moments_quantiles_and_integrals(family: str) -> None:
    law = FAMILIES[family]
    a, b = law.from_moments(np.asarray(5.2), np.asarray(3.1))
    mean, sd = law.moments(a, b)
    assert (float(mean), float(sd)) == pytest.approx((5.2, 3.1))
    x = np.array([0.5, 2.0, 7.0, 20.0])
    assert law.quantile(law.cdf(x, a, b), a, b) == pytest.approx(x)
    for value, expected in zip(x, law.cdf_integral(x, a, b), strict=True):
        assert integrate.quad(lambda u: law.cdf(np.asarray(u), a, b), 0, value)[0] == pytest.approx(expected)
        density = integrate.quad(lambda u: np.exp(law.log_pdf(np.asarray(u), a, b)), 0, value)[0]
        assert density == pytest.approx(float(law.cdf(np.asarray(value), a, b)), rel=1e-6)


@pytest.mark.parametrize("family", FAMILY_NAMES)
def test_double_censored_days_equal_simulation(family: str) -> None:
    delay = Delay.from_moments(family, mean=4.0, sd=2.5)  # type: ignore[arg-type]
    rng = np.random.default_rng(3)
    days = np.floor(rng.random(400_000) + delay.sample(400_000, rng)).astype(int)
    seen = np.bincount(days, minlength=20)[:20] / days.size
    assert delay.pmf(20) == pytest.approx(seen, abs=0.004)


def test_schemes_add_up_and_refuse_unknown_names() -> None:
    delay = Delay.from_moments("lognormal", mean=5, sd=3)
    for scheme in ("double", "left"):
        assert delay.pmf(200, scheme=scheme).sum() == pytest.approx(1, abs=1e-6)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="Scheme"):
        delay.pmf(5, scheme="middle")  # type: ignore[arg-type]


@pytest.mark.parametrize(("mean", "sd", "shift"), [(0, 1, 0), (1, 0, 0), (1, 1, 1), (np.nan, 1, 0)])
def test_impossible_moments_are_refused(mean: float, sd: float, shift: float) -> None:
    with pytest.raises(InputError, match="impossible"):
        Delay.from_moments("gamma", mean=mean, sd=sd, shift=shift)


def test_table_delay_keeps_its_numbers() -> None:
    delay = Delay.from_pmf([0.1, 0.6, 0.3])
    assert delay.mean == pytest.approx(1.2)
    assert delay.pmf(5).tolist() == [0.1, 0.6, 0.3, 0, 0]
    assert delay.cdf([0, 1, 5]).tolist() == pytest.approx([0.1, 0.7, 1.0])


@pytest.mark.parametrize("k", [0, 2, 4])
def test_back_projection_equals_surveillance(k: int) -> None:
    onsets = pl.read_csv(shared(f"{ONSETS}/input.csv"))["onsets"].to_numpy()
    incubation = pl.read_csv(shared(f"{ONSETS}/incubation_pmf.csv"))["p"].to_numpy()
    options = BackProjectionOptions(k=k, eps=1e-4, iter_max=1000)
    expected = pl.read_csv(shared(f"{ONSETS}/lambda_k{k}.csv"))["lambda"].to_numpy()
    assert np.abs(back_project(onsets, incubation, options=options).values[0] - expected).max() < 1e-3


def test_back_projection_counts_exposures_of_the_day_of_onset() -> None:
    truth = np.array([5.0, 20, 60, 90, 60, 20, 5, 5, 5, 5])
    for share in (0.3, 0.6, 1.0):
        pmf = [share, 1 - share]
        found = back_project(convolve(truth, pmf), pmf, options=BackProjectionOptions(0, 1e-9, 20_000))
        assert found.values[0][:-1] == pytest.approx(truth[:-1], rel=0.02, abs=0.5)


def outbreak() -> tuple[np.ndarray, np.ndarray]:
    t = np.arange(80)
    true = 200 * np.exp(-0.5 * ((t - 35) / 8) ** 2) + 5
    return true, np.random.default_rng(2).poisson(convolve(true, Delay.from_moments("gamma", mean=6, sd=3)))


def test_richardson_lucy_moves_the_peak_back() -> None:
    true, reports = outbreak()
    found = deconvolve(reports, Delay.from_moments("gamma", mean=6, sd=3))
    assert abs(int(found.values[0].argmax()) - 35) <= 3
    assert np.abs(found.values[0][10:65] - true[10:65]).mean() < 0.15 * true.mean() + 8
    assert found.values[0].sum() == pytest.approx(true.sum(), rel=0.1)


def test_back_projection_bootstrap_covers_the_estimate() -> None:
    _, reports = outbreak()
    options = BackProjectionOptions(n_bootstrap=40)
    delay = Delay.from_moments("gamma", mean=6, sd=3)
    found = back_project(reports, delay, options=options, rng=np.random.default_rng(1))
    frame = found.to_frame()
    assert (frame["low"] <= frame["high"]).all()
    middle = frame[20:55]
    assert ((middle["low"] <= middle["estimate"]) & (middle["estimate"] <= middle["high"])).mean() > 0.8


def test_odd_smoothing_and_missing_randomness_are_refused() -> None:
    with pytest.raises(InputError, match="even"):
        back_project([1, 2, 3], [0, 1.0], options=BackProjectionOptions(k=3))
    with pytest.raises(InputError, match="randomness"):
        back_project([1, 2, 3], [0, 1.0], options=BackProjectionOptions(n_bootstrap=3))


def test_convolution_keeps_what_arrives_in_time() -> None:
    assert convolve(np.array([[4.0, 0, 0], [0, 0, 4.0]]), [0.25, 0.75]).tolist() == [[1, 3, 0], [0, 0, 1]]
