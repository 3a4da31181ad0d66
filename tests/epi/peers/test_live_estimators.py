"""Reproduction numbers, nowcasts and back-projection against R, run here and now on random series and options."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pytest

from tests.epi.peers.live import names, numbers, run_r, vector
from tongzhou.epi.delays import BackProjectionOptions, Delay, back_project
from tongzhou.epi.nowcast import Nowcast, NowcastOptions, estimate_nowcast
from tongzhou.epi.reproduction import UncertainSerialInterval, WindowEstimate, case_reproduction, estimate_rt

QUICK, MANY = 4, 30
LEVELS = (0.025, 0.05, 0.25, 0.5, 0.75, 0.95, 0.975)
DAY = dt.date(2022, 1, 3)
QUANTILES = tuple(f"q{p:g}" for p in LEVELS)
N_SI = 400
BRACKETS = {
    p: (max(p - 4 * np.sqrt(p * (1 - p) / N_SI), 1e-3), min(p + 4 * np.sqrt(p * (1 - p) / N_SI), 1 - 1e-3))
    for p in (0.025, 0.5, 0.975)
}
EMIT_RT = f"setNames(r$R[, c(1, 3:11)], {names(('start', 'mean', 'std', *QUANTILES))})"
Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass
class Case:
    """One call on both sides."""

    call: str
    ours: Callable[[], WindowEstimate]


def epidemic(rng: np.random.Generator) -> Floats:
    """An epidemic curve of some length and size: waves, gaps without a case, one case, or tens of millions."""
    n, kind = int(rng.choice([9, 15, 30, 90, 200])), rng.integers(0, 6)
    mean = np.exp(np.cumsum(rng.normal(0, 0.15, n)) + rng.uniform(0, 4))
    cases = rng.poisson(np.minimum(mean, 1e4)).astype(float)
    if kind == 1:
        cases = np.where(rng.random(n) < 0.8, 0, cases)
    if kind == 2:
        cases[: n // 3] = 0
    if kind == 3:
        cases = np.round(cases * 1e6)
    if kind == 4:
        cases[n // 2 :] = 0
    cases[rng.integers(0, max(1, n // 4))] += 1
    return cases


def serial(rng: np.random.Generator, n: int) -> tuple[str, str, Delay | Floats]:
    """A serial interval: R's method and its part of the configuration, and ours."""
    if rng.random() < 0.5:
        mean, sd = float(rng.uniform(1.5, min(12, n / 2))), float(rng.uniform(0.5, 5))
        return "parametric_si", f"mean_si={mean!r},std_si={sd!r}", Delay.serial_interval(mean, sd)
    weights = np.append(0, rng.gamma(0.7, size=int(rng.integers(1, min(40, 2 * n)))))
    pmf = weights / weights.sum()
    return "non_parametric_si", f"si_distr={vector(pmf)}", pmf


def windows(rng: np.random.Generator, n: int) -> tuple[str, int | tuple[Floats, Floats]]:
    """Sliding windows of any length, or loose ones of uneven length."""
    if rng.random() < 0.3:
        start = np.sort(rng.integers(2, n, 3)).astype(float)
        end = np.maximum(start, np.sort(rng.integers(2, n + 1, 3)))
        return f"t_start={vector(start)},t_end={vector(end)}", (start, end)
    length = int(rng.choice([1, 2, 7, 14, n - 1]))
    length = min(length, n - 1)
    return f"t_start=2:{n - length + 1},t_end={length + 1}:{n}", length


def rt(rng: np.random.Generator) -> Case:
    cases = epidemic(rng)
    (method, si_text, si), (at, window) = serial(rng, cases.size), windows(rng, cases.size)
    prior = {"prior_mean": float(rng.uniform(0.5, 6)), "prior_std": float(rng.uniform(0.5, 6))}
    imported = np.floor(cases * rng.random(cases.size)) if rng.random() < 0.5 else None
    text = f"I={vector(cases)}"
    if imported is not None:
        imported[0] = cases[0]
        text = f"local={vector(cases - imported)},imported={vector(imported)}"
    config = f"{at},{si_text},mean_prior={prior['prior_mean']!r},std_prior={prior['prior_std']!r}"
    call = (
        f"r <- estimate_R(data.frame({text}),method='{method}',config=make_config(list({config})));{EMIT_RT}"
    )
    return Case(
        call, lambda: estimate_rt(cases, si, window=window, imported=imported, quantiles=LEVELS, **prior)
    )


def uncertain(rng: np.random.Generator) -> Case:
    """Windows end after the longest mean: before, the peer drops draws with a longer one, here nodes of a grid drop."""
    cases = epidemic(rng)[:60]
    while cases.size < 30:
        cases = epidemic(rng)[:60]
    mean, sd = float(rng.uniform(3, 7)), float(rng.uniform(1, 3))
    spread, sd_spread = 0.2 * mean, 0.2 * sd
    bounds = ((max(1.0, mean - 2 * spread), mean + 2 * spread), (sd - 2 * sd_spread, sd + 2 * sd_spread))
    start = np.arange(max(2, int(bounds[0][1]) - 4), cases.size - 5)
    config = (
        f"mean_si={mean!r},std_mean_si={spread!r},min_mean_si={bounds[0][0]!r},max_mean_si={bounds[0][1]!r},"
        f"std_si={sd!r},std_std_si={sd_spread!r},min_std_si={bounds[1][0]!r},max_std_si={bounds[1][1]!r},"
        f"n1={N_SI},n2=30,seed=1,t_start={start[0]}:{start[-1]},t_end={start[0] + 6}:{cases.size}"
    )
    call = (
        f"r <- estimate_R({vector(cases)},method='uncertain_si',config=make_config(list({config})));{EMIT_RT}"
    )
    said = UncertainSerialInterval(mean, spread, bounds[0], sd, sd_spread, bounds[1])
    levels = tuple(sorted(level for pair in BRACKETS.values() for level in pair))
    return Case(call, lambda: estimate_rt(cases, said, window=(start, start + 6), quantiles=levels))


def assert_rows(found: WindowEstimate, peer: pl.DataFrame, tolerance: dict[str, float], call: str) -> None:
    assert found.windows.start.tolist() == peer["start"].to_list(), call
    ours = {"mean": found.mean[0], "std": found.std[0]}
    ours |= {name: found.quantiles[p][0] for p, name in zip(LEVELS, QUANTILES, strict=True)}
    for name, values in ours.items():
        np.testing.assert_allclose(
            values,
            numbers(peer[name]),
            rtol=tolerance.get(name, tolerance["quantiles"]),
            err_msg=f"{name} {call}",
        )


@pytest.mark.parametrize("n", [QUICK, pytest.param(MANY, marks=pytest.mark.slow)])
def test_rt_is_that_of_the_peer_on_random_series(n, tmp_path):
    cases = [rt(np.random.default_rng([1, seed])) for seed in range(n)]
    for case, peer in zip(cases, run_r("EpiEstim", [c.call for c in cases], tmp_path), strict=True):
        assert "failed" not in peer.columns, case.call
        assert_rows(case.ours(), peer, {"mean": 1e-9, "std": 1e-9, "quantiles": 1e-7}, case.call)


@pytest.mark.slow
def test_rt_of_an_uncertain_serial_interval_is_that_of_the_peer_on_random_series(tmp_path):
    """Up to the peer's Monte Carlo error: a share of its draws, no more independent than its N_SI serial intervals."""
    cases = [uncertain(np.random.default_rng([2, seed])) for seed in range(4)]
    for case, peer in zip(cases, run_r("EpiEstim", [c.call for c in cases], tmp_path), strict=True):
        assert "failed" not in peer.columns, case.call
        found = case.ours()
        assert found.windows.start.tolist() == peer["start"].to_list(), case.call
        gap = np.abs(found.mean[0] - numbers(peer["mean"]))
        assert np.nanmax(gap / found.std[0]) < 4 / np.sqrt(N_SI), case.call
        for p, (low, high) in BRACKETS.items():
            theirs = numbers(peer[f"q{p:g}"])
            is_known = ~np.isnan(theirs)
            assert (theirs >= found.quantiles[low][0])[is_known].all(), f"{p} {case.call}"
            assert (theirs <= found.quantiles[high][0])[is_known].all(), f"{p} {case.call}"


def wallinga_teunis(rng: np.random.Generator) -> Case:
    cases = np.minimum(epidemic(rng)[:60], 50)
    (method, si_text, si), (at, window) = serial(rng, cases.size), windows(rng, cases.size)
    config = f"list({at},{si_text},n_sim=1000)"
    call = f"set.seed(1);r <- wallinga_teunis({vector(cases)},method='{method}',config={config})"
    columns = names(("start", "mean", "std", "low", "high"))
    if isinstance(window, int):
        window = (np.arange(2, cases.size - window + 2), np.arange(window + 1, cases.size + 1))
    levels = (0.015, 0.025, 0.035, 0.965, 0.975, 0.985)
    return Case(
        f"{call};setNames(r$R[, c(1, 3:6)], {columns})",
        lambda: case_reproduction(cases, si, window=window, quantiles=levels),
    )


@pytest.mark.parametrize("n", [QUICK, pytest.param(12, marks=pytest.mark.slow)])
def test_case_reproduction_is_that_of_the_peer_on_random_series(n, tmp_path):
    cases = [wallinga_teunis(np.random.default_rng([3, seed])) for seed in range(n)]
    for case, peer in zip(cases, run_r("EpiEstim", [c.call for c in cases], tmp_path), strict=True):
        assert "failed" not in peer.columns, case.call
        found = case.ours()
        is_counted = np.isin(found.windows.start, peer["start"].to_numpy())  # not those before the first case
        ours = {name: values[0, is_counted] for name, values in (("mean", found.mean), ("std", found.std))}
        mean = numbers(peer["mean"])
        np.testing.assert_allclose(ours["mean"], mean, rtol=1e-9, atol=1e-12, err_msg=case.call)
        allowed = np.maximum(0.05, 0.1 * mean)
        assert (np.abs(ours["std"] - numbers(peer["std"])) <= allowed).all(), case.call
        for name, low, high in (("low", 0.015, 0.035), ("high", 0.965, 0.985)):
            values = numbers(peer[name])
            assert (values >= found.quantiles[low][0, is_counted] - allowed).all(), case.call
            assert (values <= found.quantiles[high][0, is_counted] + allowed).all(), case.call


NOWCAST = """
data <- data.frame(event = as.Date({event}, origin = '2022-01-03'), report = as.Date({report}, origin = '2022-01-03'))
now <- as.Date({now}, origin = '2022-01-03')
when <- seq(now - {D}, now, by = '1 day')
prior <- structure('poisgamma', mean.lambda = {mean}, var.lambda = {var})
r <- nowcast(now = now, when = when, dEventCol = 'event', dReportCol = 'report', data = data, D = {D}, m = {m},
  method = '{method}', control = list(N.tInf.prior = prior, nSamples = 5000, N.tInf.max = {most},
  gd.prior.kappa = {kappa}, predPMF = TRUE))
laws <- sapply(as.character(when), function(d) as.numeric(r@predPMF[[d]][['{method}']]))
cut <- function(p) apply(laws, 2, function(law) which(cumsum(law) > p)[1] - 1)
data.frame(mean = colSums(laws * 0:{most}), low = cut(0.025), median = cut(0.5), high = cut(0.975))
"""
NOWCAST_TOLERANCE = {
    "lawless": (1e-6, 0),
    "bayes.notrunc.bnb": (1e-6, 0),
    "bayes.trunc": (0.03, 1),
    "bayes.notrunc": (0.03, 1),
}


@dataclass
class NowcastCase:
    """One nowcast on both sides, with the method."""

    call: str
    ours: Callable[[], Nowcast]
    method: str


def nowcast(rng: np.random.Generator, method: str) -> NowcastCase:
    """A line list of some length, level, drift and delay, seen on some day."""
    n, most = int(rng.integers(20, 40)), 200
    mean = np.exp(rng.uniform(0.5, 3.3) + np.cumsum(rng.normal(0, 0.08, n)))
    event = np.repeat(np.arange(n), np.append(1, rng.poisson(np.minimum(mean, 25))[1:]))
    report = event + rng.negative_binomial(3, 3 / (3 + rng.uniform(1, 6)), event.size)
    longest = int(rng.integers(3, 9))
    options = NowcastOptions(
        m=None if rng.random() < 0.5 else int(rng.integers(longest, n)),
        gd_prior_kappa=float(rng.choice([0.1, 1.0])),
        mean_lambda=float(rng.uniform(5, 50)),
        var_lambda=float(rng.uniform(200, 3000)),
        N_tInf_max=most,
    )
    call = NOWCAST.format(
        event=vector(event),
        report=vector(report),
        now=n - 1,
        D=longest,
        mean=options.mean_lambda,
        var=options.var_lambda,
        m="NULL" if options.m is None else options.m,
        method=method,
        most=most,
        kappa=options.gd_prior_kappa,
    )
    frame = pl.DataFrame(
        {
            name: [DAY + dt.timedelta(days=int(d)) for d in days]
            for name, days in (("date_onset", event), ("date_reporting", report))
        }
    )
    now = DAY + dt.timedelta(days=n - 1)
    return NowcastCase(
        call,
        lambda: estimate_nowcast(frame, now=now, method=method, D=longest, options=options),  # type: ignore[arg-type]
        method,
    )


@pytest.mark.parametrize("n", [1, pytest.param(4, marks=pytest.mark.slow)])
def test_nowcast_is_that_of_the_peer_on_random_line_lists(n, tmp_path):
    cases = [
        nowcast(np.random.default_rng([4, seed]), method)
        for seed in range(n)
        for method in (NOWCAST_TOLERANCE if n > 1 else ("lawless", "bayes.notrunc.bnb"))
    ]
    for case, peer in zip(cases, run_r("surveillance", [c.call for c in cases], tmp_path), strict=True):
        assert "failed" not in peer.columns, case.call
        found, (relative, steps) = case.ours(), NOWCAST_TOLERANCE[case.method]
        np.testing.assert_allclose(found.mean, numbers(peer["mean"]), rtol=relative, err_msg=case.call)
        frame = found.to_frame()
        for name in ("low", "median", "high"):
            gap = np.abs(frame[name].to_numpy() - numbers(peer[name]))
            assert np.nanmax(gap) <= np.maximum(steps, 0.03 * steps * frame[name].max()), (
                f"{name} {case.call}"
            )


@pytest.mark.parametrize("n", [QUICK, pytest.param(MANY, marks=pytest.mark.slow)])
def test_back_projection_is_that_of_the_peer_on_random_series(n, tmp_path):
    cases = []
    for seed in range(n):
        rng = np.random.default_rng([5, seed])
        onsets, pmf = np.minimum(epidemic(rng), 1e6)[:24], rng.gamma(0.8, size=int(rng.integers(3, 12)))
        pmf[0] = 0 if rng.random() < 0.5 else pmf[0]
        onsets[onsets.size // 2], pmf = onsets[onsets.size // 2] + 1, pmf / pmf.sum()
        options = BackProjectionOptions(
            k=int(rng.choice([0, 2, 4])), eps=1e-3, iter_max=int(rng.choice([4, 20]))
        )
        control = (
            f"k={options.k},eps=rep({options.eps},2),iter.max=rep({options.iter_max},2),B=-1,eq3a.method='R'"
        )
        call = f"backprojNP(new({vector(onsets)}),incu.pmf={vector(pmf)},control=list({control}))"
        cases.append((f"data.frame(rate=as.vector({call}@upperbound))", onsets, pmf, options))
    for (call, onsets, pmf, options), peer in zip(
        cases, run_r("surveillance", [case[0] for case in cases], tmp_path), strict=True
    ):
        assert "failed" not in peer.columns, call
        found = back_project(onsets, pmf, options=options).values[0]
        np.testing.assert_allclose(found, numbers(peer["rate"]), rtol=1e-9, atol=1e-3, err_msg=call)
