"""Serial and generation intervals from a chain, with their censoring. Owns making records; `delays` fits them."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from tongzhou.core.errors import EstimationFailed, InputError
from tongzhou.epi.chain.cases import FOREVER
from tongzhou.epi.chain.chain import Chain
from tongzhou.epi.delays import DelayFit, fit_delay
from tongzhou.epi.delays.families import FamilyName
from tongzhou.epi.frames import UNKNOWN_DAY, day_number

Floats = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]
Bounds = tuple[Int64s, Int64s]
N_TREES = 10


@dataclasses.dataclass(frozen=True, slots=True)
class IntervalOptions:
    """How intervals are fitted.

    family : ``gamma``, ``lognormal`` or ``weibull``
    shift : float, days — intervals are longer than this; negative where an infectee may fall ill first
    observed_until : day number or date, optional — onsets after it could not be seen; corrects for pairs not
        yet complete
    growth : float, per day — growth rate of infections
    n_trees : int — sampled trees of an uncertain chain
    level : float — of the intervals
    """

    family: FamilyName = "gamma"
    shift: float = 0.0
    observed_until: int | str | np.datetime64 | None = None
    growth: float = 0.0
    n_trees: int = N_TREES
    level: float = 0.95


def serial_interval(
    chain: Chain, options: IntervalOptions | None = None, *, rng: np.random.Generator | None = None
) -> DelayFit:
    """Fit onset to onset of infector and infectee; each onset is somewhere in its day.

    Parameters
    ----------
    rng : for an uncertain chain, whose trees are sampled; their fits are pooled

    Raises
    ------
    InputError
        ``chain.rng``; ``records.impossible`` — intervals at or below `shift`
    EstimationFailed
        ``chain.too_few_pairs``

    Notes
    -----
    A chain inferred with an assumed serial interval gives back much of what was assumed; trust this where
    contacts or known infectors decide.
    """
    onset = chain.cases.onset
    return _fit(chain, (onset, onset), options or IntervalOptions(), rng, "serial interval")


def generation_interval(
    chain: Chain, options: IntervalOptions | None = None, *, rng: np.random.Generator | None = None
) -> DelayFit:
    """Fit infection to infection from the exposure windows of infector and infectee.

    Pairs of which one has no first day of exposure are left out; a window without end lasts to onset.

    Raises
    ------
    InputError
        ``chain.rng``; ``records.impossible``
    EstimationFailed
        ``chain.too_few_pairs``
    """
    first = chain.cases.exposed_from
    last = np.minimum(chain.cases.exposed_until, chain.cases.onset)
    return _fit(
        chain,
        (first, np.where(last == FOREVER, UNKNOWN_DAY, last)),
        options or IntervalOptions(),
        rng,
        "generation interval",
    )


def _fit(
    chain: Chain, bounds: Bounds, options: IntervalOptions, rng: np.random.Generator | None, name: str
) -> DelayFit:
    if chain.is_certain:
        return _fit_trees(chain.tree[None], bounds, options, name)
    if rng is None:
        raise InputError("chain.rng", "An uncertain chain needs trees.", "Give rng=np.random.default_rng(1).")
    return _fit_trees(chain.trees(options.n_trees, rng), bounds, options, name)


def _fit_trees(trees: Int64s, bounds: Bounds, options: IntervalOptions, name: str) -> DelayFit:
    parts = [_records(tree, bounds, options) for tree in trees]
    pooled = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    if len(trees) == 1:
        return _fit_one(pooled, options, name, "posterior")
    fits = [_fit_one(part, options, name, "posterior") for part in parts]
    whole = _fit_one(pooled, options, name, "none")
    draws = np.concatenate([fit.draws for fit in fits])
    n_records = round(float(np.mean([fit.n_records for fit in fits])))
    value = float(np.mean([fit.log_likelihood for fit in fits]))
    return dataclasses.replace(whole, draws=draws, n_records=n_records, log_likelihood=value)


def _records(tree: Int64s, bounds: Bounds, options: IntervalOptions) -> dict[str, Floats]:
    infectee = np.flatnonzero(tree >= 0)
    infector = tree[infectee]
    low, high = bounds
    known = (low != UNKNOWN_DAY) & (high != UNKNOWN_DAY)
    kept = known[infectee] & known[infector]
    infectee, infector = infectee[kept], infector[kept]
    until = _until(options)
    if until is not None:
        seen = high[infectee] <= until
        infectee, infector = infectee[seen], infector[seen]
    if infectee.size < 5:
        raise EstimationFailed(
            "chain.too_few_pairs",
            f"{infectee.size} pairs have known days; five are needed.",
            "Give more infectors, or exposure windows with both ends.",
        )
    start = min(options.shift, 0.0)
    origin = float(min(low[infectee].min(), low[infector].min()))
    records = {
        "EL": low[infector] - origin,
        "ER": high[infector] + 1 - origin,
        "SL": low[infectee] - start - origin,
        "SR": high[infectee] + 1 - start - origin,
    }
    if until is not None:
        records["observed_until"] = np.full(infectee.size, until + 1 - start - origin)
    return {key: values.astype(np.float64) for key, values in records.items()}


def _fit_one(records: dict[str, Floats], options: IntervalOptions, name: str, uncertainty: str) -> DelayFit:
    fit = fit_delay(
        records,
        options.family,
        shift=max(options.shift, 0.0),
        growth=options.growth,
        uncertainty=uncertainty,  # type: ignore[arg-type]
        level=options.level,
        n_draws=200,
        name=name,
    )
    if options.shift >= 0:
        return fit
    return dataclasses.replace(fit, delay=dataclasses.replace(fit.delay, shift=options.shift))


def _until(options: IntervalOptions) -> int | None:
    day = options.observed_until
    return None if day is None else day_number(day)
