"""The model of `simulate.run` once more, plain and slow: every pair of persons, one event at a time.

Written from the definition, sharing no code with the engine: each infectious person meets each other person as a
Poisson process whose mean is the pair's contact (layer weight shared evenly within the layer).
"""

from __future__ import annotations

import heapq

import numpy as np


def outbreak_size(
    rng: np.random.Generator, contact: np.ndarray, latent: float, infectious: float, n_index: int
) -> int:
    """Return how many persons are ever infected.

    contact : float64, shape (N, N) — mean infecting contacts of i with j over a mean infectious period
    latent, infectious : float, days — means of exponential periods
    """
    n = len(contact)
    is_infected = np.zeros(n, bool)
    events = [(0.0, int(person)) for person in rng.choice(n, n_index, replace=False)]
    while events:
        now, person = heapq.heappop(events)
        if is_infected[person]:
            continue
        is_infected[person] = True
        begin, length = now + rng.exponential(latent), rng.exponential(infectious)
        for other in range(n):
            n_contacts = rng.poisson(contact[person, other] * length / infectious)
            if n_contacts:
                moments = begin + length * rng.random(n_contacts)
                heapq.heappush(events, (float(moments.min()), other))
    return int(is_infected.sum())


def contact_of(home: np.ndarray, team: np.ndarray, weights: tuple[float, float, float]) -> np.ndarray:
    """Return mean contact of every pair from household, team and random mixing weights."""
    n = len(home)
    contact = np.zeros((n, n))
    for label, weight in ((home, weights[0]), (team, weights[1])):
        same = (label[:, None] == label) & ~np.eye(n, dtype=bool)
        contact += weight * same / np.maximum(same.sum(axis=1, keepdims=True), 1)
    # A random contact may draw oneself, which is nobody.
    return contact + weights[2] * (1 - np.eye(n)) / n
