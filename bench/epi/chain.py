"""Chain of 5,000 cases and 20,000 contacts: inference, layout and the columns the console draws."""

from __future__ import annotations

import functools

import numpy as np
import polars as pl

from tongzhou.epi.chain import ChainModel, infer_chain, layout_tree
from tongzhou.epi.delays import Delay

N_CASES, N_CONTACTS, N_DAYS = 5_000, 20_000, 120
MODEL = ChainModel(
    Delay.serial_interval(6.3, 4.2), incubation=Delay.from_moments("lognormal", mean=5.9, sd=3.9)
)


@functools.cache
def outbreak() -> tuple[pl.DataFrame, pl.DataFrame, np.ndarray]:
    """Cases with onset and some exposure windows, contacts of which a fifth are true, and the true infectors."""
    rng = np.random.default_rng(1)
    onset, infector = np.zeros(N_CASES, dtype=np.int64), np.full(N_CASES, -1)
    for row in range(1, N_CASES):
        infector[row] = int(rng.integers(max(0, row - 40 - row // 2), row))
        onset[row] = onset[infector[row]] + 1 + int(rng.gamma(2.2, 2.3))
    start = pl.Series(onset - 12).set(pl.Series(rng.random(N_CASES) > 0.3), None)
    cases = pl.DataFrame({"case_id": np.arange(N_CASES), "onset": onset, "exposure_start": start})
    true = np.column_stack([infector[1:], np.arange(1, N_CASES)])[rng.random(N_CASES - 1) < 0.8]
    near = rng.integers(0, N_CASES - 300, N_CONTACTS - len(true))
    noise = np.column_stack([near, near + rng.integers(1, 300, near.size)])
    pairs = np.concatenate([true, noise])
    setting = rng.choice(["household", "work", "dining"], len(pairs))
    return cases, pl.DataFrame({"from": pairs[:, 0], "to": pairs[:, 1], "setting": setting}), infector


def infer_and_lay_out() -> None:
    """Everything the console needs, from the tables on."""
    cases, contacts, _ = outbreak()
    infer_chain(cases, contacts, model=MODEL).graph()


def lay_out() -> None:
    """The layout alone, of the true tree."""
    cases, _, infector = outbreak()
    layout_tree(cases["onset"].to_numpy(), infector)


MEASURES = {
    "chain, 5,000 cases and 20,000 contacts": (infer_and_lay_out, 5.0),
    "chain layout alone, 5,000 cases": (lay_out, None),
}
