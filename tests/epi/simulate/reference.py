"""The model of `simulate.run` once more, plain and slow: every pair of persons, one event at a time.

Written from the definition, sharing no code with the engine: each infectious person meets each other person as a
Poisson process whose mean is the pair's contact (layer weight shared evenly within the layer).
"""

from __future__ import annotations

import heapq

import numpy as np


def outbreak(
    rng: np.random.Generator,
    contact: np.ndarray,
    latent: float,
    infectious: float,
    isolated_after: float = np.inf,
) -> list[float]:
    """Return the moments of infection of an outbreak from one person, days from the first.

    contact : float64, shape (N, N) — mean infecting contacts of i with j over a mean infectious period
    latent, infectious : float, days — means of exponential periods
    isolated_after : float, days — nobody infects so long after becoming infectious
    """
    n = len(contact)
    is_infected, moments_of = np.zeros(n, bool), []
    events = [(0.0, int(rng.integers(n)))]
    while events:
        now, person = heapq.heappop(events)
        if is_infected[person]:
            continue
        is_infected[person] = True
        moments_of.append(now)
        begin, length = now + rng.exponential(latent), rng.exponential(infectious)
        for other in range(n):
            n_contacts = rng.poisson(contact[person, other] * length / infectious)
            moments = length * rng.random(n_contacts)
            moments = moments[moments < isolated_after]
            if len(moments):
                heapq.heappush(events, (begin + float(moments.min()), other))
    return moments_of


def contact_of(home: np.ndarray, team: np.ndarray, weights: tuple[float, float, float]) -> np.ndarray:
    """Return mean contact of every pair from household, team and random mixing weights."""
    n = len(home)
    contact = np.zeros((n, n))
    for label, weight in ((home, weights[0]), (team, weights[1])):
        same = (label[:, None] == label) & ~np.eye(n, dtype=bool)
        contact += weight * same / np.maximum(same.sum(axis=1, keepdims=True), 1)
    # A random contact may draw oneself, which is nobody.
    return contact + weights[2] * (1 - np.eye(n)) / n
