"""Infections brought in from outside, as plain values, whatever the disease: how many, with whom, how long ago.

Owns the vocabulary and its check; `tongzhou.epi.simulate` brings them in.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tongzhou.core.errors import InputError, list_offenders

_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Infected persons who arrive, in parties of one household.

    counts : mapping of area code to persons on the first day, or to persons day by day
    party : shares — of parties with 1, 2, 3 ... infected members; they arrive at one moment
    days_since : float, days — from infection to arrival, exponential with this mean, drawn for each member: a source
        that grows by a rate r a day gives 1 / r where the infected travel as others do
    """

    counts: Mapping[int | str, int | Sequence[int]]
    party: tuple[float, ...] = (1.0,)
    days_since: float = 0.0


def check_arrivals(arrivals: Arrivals) -> None:
    """Refuse arrivals that cannot be; their counts are checked against a population where they are used.

    Raises
    ------
    InputError
        ``arrivals.bad_value``.
    """
    party, days = arrivals.party, arrivals.days_since
    bad = [f"party[{k}] = {share}" for k, share in enumerate(party, 1) if not 0 <= share <= 1]
    bad += [] if abs(math.fsum(party) - 1) < _ROUNDING else [f"shares of parties sum to {math.fsum(party)}"]
    bad += [] if days >= 0 and math.isfinite(days) else [f"days_since = {days}"]
    if bad:
        raise InputError(
            "arrivals.bad_value",
            f"These arrivals cannot be: {list_offenders(bad)}.",
            "Shares of parties lie in 0..1 and sum to 1; days are at least 0.",
        )
