"""The 90 % intervals of offspring, attack rates and pooled prevalence hold the truth 87 to 93 times in a hundred."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tongzhou.epi.chain import fit_offspring, superspreading_share
from tongzhou.epi.proportions import proportion_interval
from tongzhou.epi.screening import prevalence_from_pools

Check = Callable[[np.random.Generator], list[bool]]


def offspring_fit(rng: np.random.Generator) -> list[bool]:
    r, k, n = [(1.0, 0.3, 200), (0.4, 0.5, 300), (1.5, 1.0, 120)][rng.integers(3)]
    fit = fit_offspring(rng.negative_binomial(k, k / (k + r), n), level=0.9)
    share, truth = fit.superspreading_share(), superspreading_share(r, k)
    return [
        fit.mean.low <= r <= fit.mean.high,
        fit.dispersion.low <= k <= fit.dispersion.high,
        share.low <= truth <= share.high,
    ]


def pools(rng: np.random.Generator) -> list[bool]:
    p, size = float(rng.uniform(0.005, 0.03)), int(rng.choice([5, 10, 20]))
    positive = rng.binomial(300, 0.95 - 0.94 * (1 - p) ** size)
    found = prevalence_from_pools(size, 300, positive, sensitivity=0.95, specificity=0.99, level=0.9)
    return [found.low <= p <= found.high]


def attack_rate(rng: np.random.Generator) -> list[bool]:
    n, p = int(rng.integers(40, 800)), float(rng.uniform(0.02, 0.4))
    low, high = proportion_interval(rng.binomial(n, p), n, level=0.9)
    return [bool(low <= p <= high)]


CHECKS: dict[str, tuple[Check, int]] = {
    "chain.fit_offspring": (offspring_fit, 1000),
    "screening.prevalence_from_pools": (pools, 3000),
    "contact.secondary_attack_rates (Wilson)": (attack_rate, 4000),
}


def measure(name: str, share_of_full: float) -> tuple[np.ndarray, int]:
    check, full = CHECKS[name]
    n = int(full * share_of_full)
    return np.array([check(np.random.default_rng([20260101, i])) for i in range(n)]).mean(axis=0), n


@pytest.mark.parametrize("name", CHECKS)
def test_interval_covers_within_the_error_of_few_simulations(name):
    covered, n = measure(name, 0.1)
    slack = 3 * np.sqrt(0.09 / n)
    assert ((covered > 0.87 - slack) & (covered < 0.93 + slack)).all(), covered


@pytest.mark.slow
@pytest.mark.parametrize("name", CHECKS)
def test_interval_covers_at_full_size(name):
    covered, n = measure(name, 1.0)
    error = np.sqrt(0.09 / n)
    assert ((covered >= 0.87 - error) & (covered <= 0.93 + error)).all(), covered
