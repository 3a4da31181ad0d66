"""Proper scores equal the peer's and their definitions."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy import stats

from tests.shared_data import shared
from tongzhou.core.errors import InputError
from tongzhou.epi.forecast import HUB_LEVELS, crps_sample, dss, interval_score, logs, rps, ses, wis
from tongzhou.epi.forecast.scores import pit_sample

SCORES = {"logs": (logs, 1e-8), "rps": (rps, 1e-6), "dss": (dss, 1e-8), "ses": (ses, 1e-8)}


@pytest.mark.parametrize("name", SCORES)
@pytest.mark.parametrize("is_poisson", [True, False])
def test_score_equals_surveillance(name: str, is_poisson: bool) -> None:
    table = pl.read_csv(shared("reference/surveillance/scores_poisson_negbin.csv"), null_values=["NA", ""])
    rows = table.filter(pl.col("size").is_null() == is_poisson)
    score, tolerance = SCORES[name]
    size = None if is_poisson else rows["size"].to_numpy()
    ours = score(rows["x"].to_numpy(), rows["mu"].to_numpy(), size)
    assert ours == pytest.approx(rows[name].to_numpy(), rel=tolerance, abs=1e-12)


def test_crps_of_samples_is_its_definition() -> None:
    draws = np.random.default_rng(1).normal(size=200)
    expected = np.abs(draws - 0.3).mean() - 0.5 * np.abs(draws[:, None] - draws).mean()
    assert float(crps_sample(draws, 0.3)) == pytest.approx(expected)


def test_wis_is_the_sum_of_interval_scores() -> None:
    levels = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
    q = np.array([1.0, 3.0, 4.0, 6.0, 9.0])
    total = 0.5 * abs(4.0 - 11.0)
    total += 0.5 / 2 * float(interval_score(3.0, 6.0, 11.0, 0.5))
    total += 0.1 / 2 * float(interval_score(1.0, 9.0, 11.0, 0.1))
    assert float(wis(q, levels, 11.0)) == pytest.approx(total / 2.5)


def test_wis_approaches_crps() -> None:
    law = stats.norm(3, 2)
    fine = np.linspace(0.001, 0.999, 999)
    draws = law.ppf((np.arange(20_000) + 0.5) / 20_000)
    assert float(wis(law.ppf(fine), fine, 5.0)) == pytest.approx(float(crps_sample(draws, 5.0)), rel=0.01)


def test_pit_of_a_right_forecast_is_uniform() -> None:
    rng = np.random.default_rng(2)
    pit = pit_sample(rng.poisson(30, (2000, 500)), rng.poisson(30, 2000))
    assert stats.kstest(pit, "uniform").statistic < 0.05


def test_bad_levels_and_means_are_refused() -> None:
    with pytest.raises(InputError, match="symmetric"):
        wis([1, 2], [0.1, 0.5], 1)
    with pytest.raises(InputError, match="mean"):
        logs(1, 0)
    with pytest.raises(InputError, match="size"):
        rps(1, 1, -1)
    assert len(HUB_LEVELS) == 23
