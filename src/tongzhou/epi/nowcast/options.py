"""Options of the nowcasts.

Owns defaults and their checks; the names follow R's ``surveillance::nowcast`` where a user would look for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tongzhou.core.errors import InputError

Method = Literal[
    "lawless",
    "lawless.complete",
    "bayes.trunc",
    "bayes.notrunc",
    "bayes.notrunc.bnb",
    "chain.ladder",
]
METHODS: tuple[Method, ...] = (
    "lawless",
    "lawless.complete",
    "bayes.trunc",
    "bayes.notrunc",
    "bayes.notrunc.bnb",
    "chain.ladder",
)


@dataclass(frozen=True, slots=True)
class NowcastOptions:
    """How a nowcast is made.

    m : int or None — days of event that inform the delay (all when None)
    alpha : float — 1 - level of the interval
    N_tInf_max : int or None — largest total considered; None takes several times the largest expected
    mean_lambda, var_lambda : float or None — of the negative binomial prior of a day's total; None takes a wide prior
        around the mean of days already complete
    gd_prior_kappa : float — concentration of the symmetric Dirichlet prior of the delay
    n_samples : int, a power of two — points of the quasi-random average over the delay's posterior
    """

    m: int | None = None
    alpha: float = 0.05
    N_tInf_max: int | None = None
    mean_lambda: float | None = None
    var_lambda: float | None = None
    gd_prior_kappa: float = 0.1
    n_samples: int = 4096

    def check(self, max_delay: int) -> None:
        """Raise ``nowcast.options`` with the allowed range of the first bad value."""
        faults = (
            (not 0 < self.alpha < 1, f"alpha is {self.alpha}", "Use a number between 0 and 1."),
            (self.m is not None and self.m < max_delay, f"m is {self.m}", f"Use D = {max_delay} or more."),
            (self.gd_prior_kappa <= 0, f"gd_prior_kappa is {self.gd_prior_kappa}", "Use a number above 0."),
            (
                self.n_samples < 2 or self.n_samples & (self.n_samples - 1) != 0,
                f"n_samples is {self.n_samples}",
                "Use a power of two.",
            ),
            (
                self.mean_lambda is not None
                and self.var_lambda is not None
                and not 0 < self.mean_lambda < self.var_lambda,
                f"mean_lambda is {self.mean_lambda}, var_lambda {self.var_lambda}",
                "The variance must exceed the mean, both above 0.",
            ),
        )
        for is_bad, what, hint in faults:
            if is_bad:
                raise InputError("nowcast.options", f"{what}.", hint)
