"""A branching outbreak in which every infector, infection day and contact is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from tongzhou.epi.delays import Delay

SI = Delay.from_moments("gamma", mean=6.0, sd=2.5)
R, K = 1.6, 0.4


@dataclass(frozen=True)
class SimulatedOutbreak:
    """onset, infector (row, -1), offspring in the world (also of cases after the cut), day of the cut."""

    onset: np.ndarray
    infector: np.ndarray
    offspring: np.ndarray
    until: int

    @property
    def cases(self) -> pl.DataFrame:
        return pl.DataFrame({"case_id": [f"c{i}" for i in range(self.onset.size)], "onset": self.onset})

    def contacts(self, rng: np.random.Generator, share: float, n_decoys: int) -> pl.DataFrame:
        rows = np.flatnonzero((self.infector >= 0) & (rng.random(self.onset.size) < share))
        decoy = rng.integers(0, self.onset.size, (n_decoys, 2))
        decoy = decoy[decoy[:, 0] != decoy[:, 1]]
        pairs = np.concatenate([np.column_stack([self.infector[rows], rows]), decoy])
        flip = rng.random(len(pairs)) < 0.5
        pairs[flip] = pairs[flip, ::-1]
        return pl.DataFrame({"from": [f"c{i}" for i in pairs[:, 0]], "to": [f"c{i}" for i in pairs[:, 1]]})


def simulate_outbreak(rng: np.random.Generator, n_seeds: int = 20, n_max: int = 400) -> SimulatedOutbreak:
    """Negative binomial offspring, gamma serial intervals in whole days of at least one, cut by time."""
    onset, infector = list(rng.integers(0, 5, n_seeds)), [-1] * n_seeds
    offspring: list[int] = []
    pmf = SI.pmf()
    pmf[0] = 0
    while len(offspring) < len(onset) and len(onset) < 3 * n_max:
        row = len(offspring)
        n = int(rng.negative_binomial(K, K / (K + R)))
        offspring.append(n)
        infector += [row] * n
        onset += list(onset[row] + rng.choice(pmf.size, n, p=pmf / pmf.sum()))
    offspring += [-1] * (len(onset) - len(offspring))
    days, source = np.array(onset), np.array(infector)
    reached = np.array(offspring) >= 0
    until = int(np.sort(days)[min(n_max, days.size) - 1])
    if not reached.all():
        until = min(until, int(days[~reached].min()) - 1)
    kept = np.flatnonzero(days <= until)
    kept = kept[np.argsort(days[kept], kind="stable")]
    place = np.full(days.size + 1, -1)
    place[kept] = np.arange(kept.size)
    return SimulatedOutbreak(days[kept], place[source[kept]], np.array(offspring)[kept], until)
