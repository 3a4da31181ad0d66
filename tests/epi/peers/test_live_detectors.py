"""Detectors against R's `surveillance`, run here and now on random series with random options."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.epi.detect.peer_outputs import NAMES, read_peer
from tests.epi.peers.live import numbers, random_series, run_r, vector
from tongzhou.epi import detect

N_SERIES = 6
N_MONITORED = 20
RELATIVE = 1e-6


@dataclass
class Case:
    """One call on both sides: R's text, our result, the monitored range."""

    call: str
    ours: Callable[[], detect.Detection]
    rows: slice


def flag(value: bool) -> str:
    return "TRUE" if value else "FALSE"


def ears(rng: np.random.Generator, x: Any, freq: int) -> Case:
    method, lag = [("C1", 0), ("C2", 2), ("C3", 4)][rng.integers(3)]
    baseline, sigma = int(rng.choice([3, 7, 14])), float(rng.choice([0, 0.5]))
    alpha = float(rng.choice([0.001, 0.01, 0.025]))
    control = f"method='{method}',baseline={baseline},minSigma={sigma},alpha={alpha}"
    return Case(
        f"bounds(earsC(new({vector(x)}),control=list({control})))",
        lambda: detect.ears(x, method, baseline, alpha, min_sigma=sigma),
        slice(baseline + lag, None),
    )


def system(rng: np.random.Generator, x: Any, freq: int) -> Case:
    name, b, w = str(rng.choice(["rki", "bayes"])), int(rng.integers(0, 4)), int(rng.choice([1, 2, 4, 6]))
    recent = bool(b == 0 or rng.random() < 0.5)
    first = b * freq + w + 1
    options = {"alpha": 0.025} if name == "bayes" else {}
    control = f"range={first}:{x.size},b={b},w={w},actY={flag(recent)}" + (",alpha=0.025" if options else "")
    call = f"chart(algo.{name}(structure(old({vector(x)},{freq}),class='disProg'),control=list({control})))"
    method = getattr(detect, name)
    return Case(
        call,
        lambda: method(x, b=b, w=w, act_y=recent, freq=freq, range=(first, x.size), **options),
        slice(first - 1, None),
    )


def cusum(rng: np.random.Generator, x: Any, freq: int) -> Case:
    trans = str(rng.choice(["standard", "rossi", "anscombe", "anscombe2nd", "pearsonNegBin", "none"]))
    k, h, first = float(rng.uniform(0.3, 1.5)), float(rng.uniform(1, 5)), 2 * freq
    m = [None, "glm", float(x[:first].mean() + 0.5)][rng.integers(3)]
    text = "NULL" if m is None else repr(m)
    control = f"range={first}:{x.size},k={k!r},h={h!r},m={text},trans='{trans}',alpha=0.3"
    call = f"chart(algo.cusum(structure(old({vector(x)},{freq}),class='disProg'),control=list({control})))"
    return Case(
        call,
        lambda: detect.cusum(x, k=k, h=h, m=m, trans=trans, alpha=0.3, freq=freq, range=(first, x.size)),
        slice(first - 1, None),
    )


def glr(rng: np.random.Generator, x: Any, freq: int) -> Case:
    """With the mean in control spelt out for every week: given one number, the peer reads beyond its memory."""
    first = 2 * freq
    last = min(x.size, first + 40)
    alpha, window = float(rng.choice([0, 0.2, 0.8])), int(rng.choice([-1, 10]))
    direction, theta = str(rng.choice(["inc", "dec"])), [None, 0.5][rng.integers(2)]
    mean = np.full(last - first + 1, max(float(x[:first].mean()), 0.3))
    given = rng.random() < 0.5
    mu0 = f"rep({float(mean[0])!r},{mean.size})" if given else "list(S=1,trend=FALSE)"
    text = "NULL" if theta is None else repr(theta)
    control = (
        f"range={first}:{last},c.ARL=4,mu0={mu0},alpha={alpha},M={window},dir='{direction}',theta={text}"
    )
    call = (
        f"algo.glrnb(structure(old({vector(x)},{freq}),class='disProg'),control=list({control},ret='value'))"
    )
    options: dict[str, Any] = {"alpha": alpha, "m": window, "dir": direction, "theta": theta, "c_arl": 4.0}
    options |= {"mu0": mean if given else {"S": 1}, "freq": freq, "range": (first, last)}
    return Case(f"chart({call})", lambda: detect.glr_nb(x, **options), slice(first - 1, last))


def flexible(rng: np.random.Generator, x: Any, freq: int) -> Case:
    b, w, alpha = int(rng.integers(3, 5)), int(rng.integers(1, 4)), float(rng.choice([0.05, 0.01]))
    method = str(rng.choice(["delta", "nbPlugin", "muan"]))
    power, periods = str(rng.choice(["2/3", "1/2", "none"])), int(rng.choice([1, 5]))
    weight, trend = float(rng.choice([2.58, 1.0])), bool(rng.random() < 0.7)
    reweight, p_trend = bool(rng.random() < 0.7), float(rng.choice([0.05, 1]))
    w, periods = (w, periods) if freq == 52 else (1, 1)
    past, is_dated = int(rng.choice([w, w + 8])), bool(rng.random() < 0.5)
    first = b * freq + w + 3
    last = min(x.size, first + 12)
    control = (
        f"range={first}:{last},b={b},w={w},reweight={flag(reweight)},weightsThreshold={weight},trend={flag(trend)},"
        f"pThresholdTrend={p_trend},powertrans='{power}',noPeriods={periods},pastWeeksNotIncluded={past},"
        f"thresholdMethod='{method}',alpha={alpha}"
    )
    from_day = ",from='2001-01-01'" if is_dated else ""
    step = 7 * np.arange(x.size) if freq == 52 else None
    weeks = np.datetime64("2001-01-01") + step if step is not None else None
    months = (np.datetime64("2001-01") + np.arange(x.size)).astype("datetime64[D]")
    options: dict[str, Any] = {
        "freq": freq,
        "b": b,
        "w": w,
        "weights": weight if reweight else None,
        "trend": trend,
        "pthreshold_trend": p_trend,
        "power_transform": power,
        "noperiods": periods,
        "past_weeks_not_included": past,
        "threshold_method": method,
        "alpha": alpha,
        "dates": (months if weeks is None else weeks) if is_dated else None,
        "range": (first, last),
    }
    return Case(
        f"bounds(farringtonFlexible(new({vector(x)},{freq}{from_day}),control=list({control})))",
        lambda: detect.farrington_flexible(x, **options),
        slice(first - 1, last),
    )


def old_call(name: str, x: Any, freq: int, control: str) -> str:
    return f"chart(algo.{name}(structure(old({vector(x)},{freq}),class='disProg'),control=list({control})))"


def cdc(rng: np.random.Generator, x: Any, freq: int) -> Case:
    b, m, alpha = int(rng.integers(2, 6)), int(rng.integers(0, 3)), float(rng.choice([0.001, 0.025, 0.1]))
    x = x if freq == 52 else random_series(rng, 7 * 52, 52)  # the peer knows weeks only
    first = b * 52 + 4 * (m + 1)
    last = min(x.size, first + N_MONITORED)
    return Case(
        old_call("cdc", x, 52, f"range={first}:{last},b={b},m={m},alpha={alpha}"),
        lambda: detect.cdc(x, b=b, m=m, alpha=alpha, range=(first, last)),
        slice(first - 1, last),
    )


def farrington(rng: np.random.Generator, x: Any, freq: int) -> Case:
    b, w, alpha = int(rng.integers(2, 6)), int(rng.integers(2, 5)), float(rng.choice([0.01, 0.05]))
    reweight, trend = bool(rng.random() < 0.7), bool(rng.random() < 0.7)
    power = str(rng.choice(["2/3", "1/2", "none"]))
    limit = (int(rng.choice([0, 5])), int(rng.choice([2, 4])))
    first = b * freq + w + 1
    last = min(x.size, first + N_MONITORED)
    control = (
        f"range={first}:{last},b={b},w={w},reweight={flag(reweight)},verbose=FALSE,alpha={alpha},"
        f"trend={flag(trend)},limit54=c{limit},powertrans='{power}',fitFun='algo.farrington.fitGLM.fast'"
    )
    options: dict[str, Any] = {"b": b, "w": w, "reweight": reweight, "trend": trend, "alpha": alpha}
    options |= {"limit54": limit, "power_transform": power, "freq": freq, "range": (first, last)}
    return Case(
        old_call("farrington", x, freq, control),
        lambda: detect.farrington(x, **options),
        slice(first - 1, last),
    )


def outbreak_p(rng: np.random.Generator, x: Any, freq: int) -> Case:
    """Short and low, where the peer's products of ratios neither overflow nor underflow."""
    start, length = int(rng.integers(1, x.size - 40)), int(rng.integers(10, 30))
    x = np.minimum(x[start : start + length], 40)
    k = float(rng.choice([5, 100]))
    return Case(
        old_call("outbreakP", x, freq, f"range=1:{x.size},k={k},ret='value'"),
        lambda: detect.outbreak_p(x, k=k, range=(1, x.size)),
        slice(None),
    )


SHORT = (cdc, farrington, outbreak_p)


def random_cases(kind: Any, n: int) -> list[Case]:
    cases = []
    for seed in range(n):
        rng = np.random.default_rng([len(kind.__name__), seed])
        freq = int(rng.choice([52, 52, 12]))
        cases.append(kind(rng, random_series(rng, 7 * freq, freq), freq))
    return cases


def assert_peers(cases: list[Case], folder: Path) -> None:
    for case, peer in zip(cases, run_r("surveillance", [c.call for c in cases], folder), strict=True):
        assert "failed" not in peer.columns, case.call
        found = case.ours()
        ours, theirs = found.upper[0, case.rows], numbers(peer["upper"])
        np.testing.assert_allclose(ours, theirs, rtol=RELATIVE, atol=1e-8, err_msg=case.call)
        alarm = np.where(found.alarm[0, case.rows] < 0, np.nan, found.alarm[0, case.rows])
        np.testing.assert_array_equal(alarm, numbers(peer["alarm"]), err_msg=case.call)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [ears, system, cusum, glr, flexible, *SHORT], ids=lambda kind: kind.__name__)
def test_detector_gives_the_bounds_and_alarms_of_the_peer_on_random_series(kind, tmp_path):
    assert_peers(random_cases(kind, N_SERIES), tmp_path)


def test_quick_detectors_give_the_bounds_and_alarms_of_the_peer_on_random_series(tmp_path):
    assert_peers([case for kind in SHORT for case in random_cases(kind, 2)], tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(("output", "alpha"), [("glr_pois_const", 0.0), ("glr_nb_const", 0.2)])
def test_charts_of_one_mean_are_those_of_the_peer_when_it_is_told_the_mean_of_every_time_point(
    output, alpha, tmp_path
):
    given = [peer for peer in (read_peer(name, output) for name in NAMES) if peer is not None]
    calls = []
    for peer in given:
        first, last = peer.range
        mean = f"rep({float(peer.column('mu0')[0])!r},{last - first + 1})"
        control = f"range={first}:{last},c.ARL=5,mu0={mean},alpha={alpha},Mtilde=1,M=-1,ret='value',dir='inc'"
        data = f"structure(old({vector(peer.counts)}),class='disProg')"
        calls.append(f"chart(algo.glrnb({data},control=list({control},theta=NULL)))")
    for peer, theirs in zip(given, run_r("surveillance", calls, tmp_path), strict=True):
        mean = float(peer.column("mu0")[0])
        found = detect.glr_nb(peer.counts, mu0=mean, alpha=alpha, range=peer.range)
        np.testing.assert_allclose(
            found.upper[0, peer.rows], numbers(theirs["upper"]), rtol=RELATIVE, atol=1e-8
        )
        np.testing.assert_array_equal(found.alarm[0, peer.rows], numbers(theirs["alarm"]))
