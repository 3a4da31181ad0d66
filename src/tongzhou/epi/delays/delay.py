"""A delay between two events: a shifted continuous family or a table of probabilities, and its days.

Owns turning a delay into probabilities per day. Never fits one; `fit` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from tongzhou.core.errors import InputError
from tongzhou.epi.delays.families import FAMILIES, FamilyName, Floats, find_family

Scheme = Literal["double", "left", "rounded"]
Kind = Literal["gamma", "lognormal", "weibull", "table"]
TAIL = 1e-8
SUM_TOLERANCE = 0.01


@dataclass(frozen=True, slots=True)
class Delay:
    """A delay in days.

    family : ``gamma``, ``lognormal``, ``weibull`` or ``table``
    parameters : two floats of the family (see `families`), or probabilities of lags 0, 1, ... for ``table``
    shift : float, days — added to the family's variable
    name : str — which delay this is, for provenance

    Examples
    --------
    >>> round(Delay.from_moments("gamma", mean=5.0, sd=3.0).mean, 6)
    5.0
    >>> Delay.serial_interval(mean=2.6, sd=1.5).pmf(4).round(3).tolist()
    [0.0, 0.233, 0.359, 0.198]
    """

    family: Kind
    parameters: tuple[float, ...]
    shift: float = 0.0
    name: str = ""

    @classmethod
    def from_moments(
        cls, family: FamilyName, *, mean: float, sd: float, shift: float = 0.0, name: str = ""
    ) -> Delay:
        """Return the delay of a family with a mean (shift included) and a standard deviation, in days."""
        check_moments(mean, sd, shift)
        a, b = find_family(family).from_moments(np.asarray(mean - shift), np.asarray(sd))
        return cls(family, (float(a), float(b)), shift, name)

    @classmethod
    def serial_interval(cls, mean: float, sd: float, *, name: str = "serial interval") -> Delay:
        """Return Cori's serial interval: a gamma shifted by one day, so that nobody infects on day 0."""
        return cls.from_moments("gamma", mean=mean, sd=sd, shift=1.0, name=name)

    @classmethod
    def from_pmf(cls, probabilities: npt.ArrayLike, *, name: str = "") -> Delay:
        """Return the delay with given probabilities of lags 0, 1, ...; their sum must be 1 within 0.01."""
        return cls("table", tuple(check_pmf(probabilities, name or "delay").tolist()), 0.0, name)

    @property
    def mean(self) -> float:
        """Mean in days, of the continuous variable (of the table for a table)."""
        if self.family == "table":
            p = np.asarray(self.parameters)
            return float(np.arange(p.size) @ p / p.sum())
        return float(FAMILIES[self.family].moments(*self._pair())[0]) + self.shift

    @property
    def sd(self) -> float:
        """Standard deviation in days."""
        if self.family == "table":
            p = np.asarray(self.parameters) / sum(self.parameters)
            return float(np.sqrt((np.arange(p.size) - self.mean) ** 2 @ p))
        return float(FAMILIES[self.family].moments(*self._pair())[1])

    def cdf(self, x: npt.ArrayLike) -> Floats:
        """Return P(delay <= x), x in days."""
        values = np.asarray(x, dtype=np.float64)
        if self.family == "table":
            steps = np.concatenate([[0.0], np.cumsum(self.parameters)])
            return steps[np.clip(np.floor(values).astype(np.int64) + 1, 0, steps.size - 1)]
        a, b = self._pair()
        return FAMILIES[self.family].cdf(np.maximum(values - self.shift, 0.0), a, b)

    def quantile(self, p: npt.ArrayLike) -> Floats:
        """Return the delay in days that a share `p` does not exceed."""
        shares = np.asarray(p, dtype=np.float64)
        if self.family == "table":
            return np.searchsorted(np.cumsum(self.parameters), shares - 1e-15).astype(np.float64)
        a, b = self._pair()
        return FAMILIES[self.family].quantile(shares, a, b) + self.shift

    def pmf(
        self, n_lags: int | None = None, *, scheme: Scheme = "double", normalise: bool | None = None
    ) -> Floats:
        """Return probabilities of whole days 0 .. n_lags - 1, shape (n_lags,).

        Parameters
        ----------
        n_lags : int, optional — as many as carry all but 1e-8 when None
        scheme : ``double`` (both events are days: the first is uniform in its day), ``left`` (from an
            instant: F(k + 1) - F(k)) or ``rounded`` (F(k + 1/2) - F(k - 1/2))
        normalise : bool, optional — divide by the sum; by default only when `n_lags` is None

        References
        ----------
        Cori et al. 2013, Am J Epidemiol 178:1505, web appendix 11 (``double`` with a shift of one day).
        """
        if self.family == "table":
            p = np.asarray(self.parameters, dtype=np.float64)
            p = p if n_lags is None else np.pad(p, (0, max(0, n_lags - p.size)))[:n_lags]
        else:
            n = n_lags if n_lags is not None else int(np.ceil(self.quantile(1 - TAIL))) + 2
            a, b = self._pair()
            p = discretise(self.family, a[None], b[None], n, shift=self.shift, scheme=scheme)[0]
        must_sum = normalise if normalise is not None else n_lags is None
        return p / p.sum() if must_sum else p

    def sample(self, size: int, rng: np.random.Generator) -> Floats:
        """Draw `size` delays in days (whole days for a table)."""
        if self.family == "table":
            p = np.asarray(self.parameters)
            return rng.choice(p.size, size, p=p / p.sum()).astype(np.float64)
        return self.quantile(rng.random(size))

    def _pair(self) -> tuple[Floats, Floats]:
        a, b = self.parameters
        return np.asarray(a), np.asarray(b)


def discretise(
    family: str,
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    n_lags: int,
    *,
    shift: float = 0.0,
    scheme: Scheme = "double",
) -> Floats:
    """Return probabilities of lags 0 .. n_lags - 1 for many parameter pairs, shape (K, n_lags).

    a, b : float, shape (K,) — parameters of the family
    """
    law = find_family(family)
    first = np.asarray(a, dtype=np.float64)[:, None]
    second = np.asarray(b, dtype=np.float64)[:, None]
    lags = np.arange(n_lags, dtype=np.float64) - shift
    if scheme == "double":
        edges = np.concatenate([[lags[0] - 1], lags, [lags[-1] + 1]])[None, :]
        return np.maximum(np.diff(law.cdf_integral(edges, first, second), n=2, axis=1), 0.0)
    offset = {"left": 0.0, "rounded": -0.5}.get(scheme)
    if offset is None:
        raise InputError("delay.scheme", f"Scheme {scheme!r} is unknown.", "Use double, left or rounded.")
    edges = np.concatenate([lags, [lags[-1] + 1]])[None, :] + offset
    return np.diff(law.cdf(np.maximum(edges, 0.0), first, second), axis=1)


def check_moments(mean: float, sd: float, shift: float = 0.0) -> None:
    """Raise ``delay.moments`` unless mean > shift and sd > 0, both finite."""
    if not (np.isfinite(mean) and np.isfinite(sd) and mean > shift and sd > 0):
        raise InputError(
            "delay.moments",
            f"A delay with mean {mean} and sd {sd} days is impossible with a shift of {shift} days.",
            f"The mean must be above {shift} and the sd above 0.",
        )


def check_pmf(probabilities: npt.ArrayLike, name: str) -> Floats:
    """Return probabilities of lags 0, 1, ... after checking that they are one distribution.

    Raises
    ------
    InputError
        ``delay.pmf`` — empty, not one-dimensional, not finite, negative, or a sum off 1 by more than 0.01
    """
    try:
        p = np.asarray(probabilities, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError("delay.pmf", f"{name} is no list of numbers.", "Give one from lag 0.") from None
    if p.ndim != 1 or p.size == 0:
        raise InputError("delay.pmf", f"{name} has shape {p.shape}; one list is needed.", "Start at lag 0.")
    bad = np.flatnonzero(~(p >= 0) | ~np.isfinite(p))
    if bad.size:
        raise InputError(
            "delay.pmf", f"{name} is negative or missing at lag {bad[0]}.", "Probabilities are 0 or more."
        )
    if abs(p.sum() - 1) > SUM_TOLERANCE:
        raise InputError(
            "delay.pmf", f"{name} sums to {p.sum():.4g}, not to 1.", "Divide by the sum, or add missing lags."
        )
    return p


def as_pmf(delay: Delay | npt.ArrayLike, *, name: str, n_lags: int | None = None) -> Floats:
    """Return a delay, or probabilities from lag 0, as a checked array of probabilities from lag 0."""
    if isinstance(delay, Delay):
        return delay.pmf(n_lags)
    return check_pmf(delay, name)
