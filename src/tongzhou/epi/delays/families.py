"""Continuous delay families on [0, inf): distribution function, its integral, density, quantile and moments.

Owns formulas only, vectorised over time and over parameters. Knows no shift, no discretisation and no data.
Each family has two parameters: gamma (shape, scale), weibull (shape, scale), lognormal (meanlog, sdlog).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

from tongzhou.core.errors import InputError

Floats = npt.NDArray[np.float64]
FamilyName = Literal["gamma", "lognormal", "weibull"]
FAMILY_NAMES: tuple[FamilyName, ...] = ("gamma", "lognormal", "weibull")


@dataclass(frozen=True, slots=True)
class Family:
    """One family; every function broadcasts its time and its two parameters.

    cdf(x, a, b) : F(x)
    partial_mean(x, a, b) : E[X; X <= x], the mean restricted to X <= x
    log_pdf(x, a, b), quantile(p, a, b)
    moments(a, b) : mean and standard deviation
    from_moments(mean, sd) : the two parameters
    """

    name: FamilyName
    parameter_names: tuple[str, str]
    cdf: Callable[[Floats, Floats, Floats], Floats]
    partial_mean: Callable[[Floats, Floats, Floats], Floats]
    log_pdf: Callable[[Floats, Floats, Floats], Floats]
    quantile: Callable[[Floats, Floats, Floats], Floats]
    moments: Callable[[Floats, Floats], tuple[Floats, Floats]]
    from_moments: Callable[[Floats, Floats], tuple[Floats, Floats]]

    def cdf_integral(self, x: Floats, a: Floats, b: Floats) -> Floats:
        """Return the integral of F from 0 to x, that is x F(x) - E[X; X <= x]; 0 for x <= 0."""
        positive = np.maximum(x, 0.0)
        return positive * self.cdf(positive, a, b) - self.partial_mean(positive, a, b)


def _gamma_log_pdf(x: Floats, shape: Floats, scale: Floats) -> Floats:
    return special.xlogy(shape - 1, x) - x / scale - special.gammaln(shape) - shape * np.log(scale)


def _weibull_log_pdf(x: Floats, shape: Floats, scale: Floats) -> Floats:
    ratio = x / scale
    return np.log(shape / scale) + special.xlogy(shape - 1, ratio) - ratio**shape


def _log_ratio(x: Floats, meanlog: Floats, sdlog: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return (np.log(np.maximum(x, 0.0)) - meanlog) / sdlog


def _lognormal_log_pdf(x: Floats, meanlog: Floats, sdlog: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return -0.5 * _log_ratio(x, meanlog, sdlog) ** 2 - np.log(x * sdlog * np.sqrt(2 * np.pi))


def _weibull_moments(shape: Floats, scale: Floats) -> tuple[Floats, Floats]:
    first = special.gamma(1 + 1 / shape)
    second = special.gamma(1 + 2 / shape)
    return scale * first, scale * np.sqrt(np.maximum(second - first**2, 0))


def _weibull_from_moments(mean: Floats, sd: Floats) -> tuple[Floats, Floats]:
    target = np.log1p((np.asarray(sd) / mean) ** 2)

    def solve(goal: float) -> float:
        def gap(log_shape: float) -> float:
            inverse = np.exp(-log_shape)
            return float(special.gammaln(1 + 2 * inverse) - 2 * special.gammaln(1 + inverse) - goal)

        return float(np.exp(optimize.brentq(gap, -3.0, 8.0, xtol=1e-14)))

    shape = np.vectorize(solve, otypes=[float])(target)
    return shape, mean / special.gamma(1 + 1 / shape)


def _lognormal_from_moments(mean: Floats, sd: Floats) -> tuple[Floats, Floats]:
    variance = np.log1p((np.asarray(sd) / mean) ** 2)
    return np.log(mean) - variance / 2, np.sqrt(variance)


FAMILIES: dict[str, Family] = {
    "gamma": Family(
        "gamma",
        ("shape", "scale"),
        cdf=lambda x, a, b: special.gammainc(a, x / b),
        partial_mean=lambda x, a, b: a * b * special.gammainc(a + 1, x / b),
        log_pdf=_gamma_log_pdf,
        quantile=lambda p, a, b: b * special.gammaincinv(a, p),
        moments=lambda a, b: (a * b, np.sqrt(a) * b),
        from_moments=lambda mean, sd: ((mean / sd) ** 2, sd**2 / mean),
    ),
    "lognormal": Family(
        "lognormal",
        ("meanlog", "sdlog"),
        cdf=lambda x, a, b: special.ndtr(_log_ratio(x, a, b)),
        partial_mean=lambda x, a, b: np.exp(a + b**2 / 2) * special.ndtr(_log_ratio(x, a, b) - b),
        log_pdf=_lognormal_log_pdf,
        quantile=lambda p, a, b: np.exp(a + b * special.ndtri(p)),
        moments=lambda a, b: (np.exp(a + b**2 / 2), np.exp(a + b**2 / 2) * np.sqrt(np.expm1(b**2))),
        from_moments=_lognormal_from_moments,
    ),
    "weibull": Family(
        "weibull",
        ("shape", "scale"),
        cdf=lambda x, a, b: -np.expm1(-((x / b) ** a)),
        partial_mean=lambda x, a, b: b * special.gamma(1 + 1 / a) * special.gammainc(1 + 1 / a, (x / b) ** a),
        log_pdf=_weibull_log_pdf,
        quantile=lambda p, a, b: b * (-np.log1p(-p)) ** (1 / a),
        moments=_weibull_moments,
        from_moments=_weibull_from_moments,
    ),
}


def find_family(name: str) -> Family:
    """Return a family by name.

    Raises
    ------
    InputError
        ``delay.family`` — unknown name
    """
    if name not in FAMILIES:
        raise InputError(
            "delay.family", f"Delay family {name!r} is unknown.", f"Use one of {', '.join(FAMILY_NAMES)}."
        )
    return FAMILIES[name]
