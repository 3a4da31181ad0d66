"""Nowcasts equal those of R's surveillance on the 2011 HUS outbreak."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from tests.shared_data import shared
from tongzhou.epi.nowcast import Nowcast, NowcastOptions, estimate_nowcast, reporting_triangle

DAYS = ("2011-06-02", "2011-06-10")
PRIOR = NowcastOptions(mean_lambda=50, var_lambda=3000, N_tInf_max=300)
COLUMNS = {"event": "dHosp", "report": "dReport"}


def read(name: str) -> pl.DataFrame:
    path = shared(f"reference/surveillance/nowcast_hus/{name}.csv")
    return pl.read_csv(path, try_parse_dates=True, null_values=["NA", ""])


def nowcast(now: str, method: str) -> tuple[Nowcast, pl.DataFrame]:
    peer = read(f"nowcast_{now}_{method}")
    when = peer["date"].to_list()
    found = estimate_nowcast(
        read("linelist"), now=now, when=when, method=method, D=15, options=PRIOR, **COLUMNS
    )  # type: ignore[arg-type, misc]
    return found, peer


def test_triangle_equals_the_peer() -> None:
    ours = reporting_triangle(read("linelist"), now="2011-07-04", D=15, **COLUMNS)
    peer = read("reporting_triangle_2011-07-04_D15").drop("date").to_numpy().astype(float)
    assert np.array_equal(ours.counts, peer, equal_nan=True)


@pytest.mark.parametrize("now", DAYS)
@pytest.mark.parametrize(
    ("method", "tolerance", "steps"),
    [
        ("lawless", 1e-6, 0),
        ("bayes.notrunc.bnb", 1e-6, 0),
        ("bayes.trunc", 0.002, 1),
        ("bayes.notrunc", 0.002, 1),
    ],
)
def test_nowcast_equals_the_peer(now: str, method: str, tolerance: float, steps: int) -> None:
    ours, peer = nowcast(now, method)
    frame = ours.to_frame()
    assert frame["observed"].to_list() == peer["observed"].to_list()
    assert np.abs(ours.mean / peer["mean"].to_numpy() - 1).max() < tolerance
    for column, name in (("low", "lo95"), ("median", "median"), ("high", "hi95")):
        assert (frame[column] - peer[name]).abs().max() <= steps  # type: ignore[operator]


@pytest.mark.parametrize("now", DAYS)
@pytest.mark.parametrize("method", ["lawless", "bayes.trunc", "bayes.notrunc", "bayes.notrunc.bnb"])
def test_predictive_law_and_delay_equal_the_peer(now: str, method: str) -> None:
    ours, _ = nowcast(now, method)
    for i, (_, rows) in enumerate(read(f"pmf_{now}_{method}").group_by("date", maintain_order=True)):
        gap = np.abs(rows["p"].to_numpy() - ours.pmf[i, rows["N"].to_numpy()])
        assert gap.sum() / 2 < 0.02
    cdf = read(f"delaycdf_{now}_{method.removesuffix('.bnb')}")["cdf"].to_numpy()[:16]
    assert ours.delay_cdf == pytest.approx(cdf, rel=1e-8)
