"""Who infected whom: probabilities of all candidates of every case, by expectation and maximisation.

Owns the model of evidence and its estimation. Reads no tables and draws no trees.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special, stats

from tongzhou.core.errors import InputError
from tongzhou.epi.chain.cases import IMPORT, CaseTable
from tongzhou.epi.chain.evidence import PairEvidence
from tongzhou.epi.chain.kernels import Tables, Windows, list_candidates, sum_candidates, weigh_pairs
from tongzhou.epi.chain.model import ChainModel, Floats, LagTables
from tongzhou.epi.frames import UNKNOWN_DAY

Int64s = npt.NDArray[np.int64]
MAX_PAIRS = 400_000_000
MAX_ROUNDS = 500
TOLERANCE = 1e-2
FAR = 0.999
OBSERVED = (10.0, 1.0)
MET_IF_PAIR = (1.0, 1.0)
MET_IF_NOT = (0.1, 9.9)
"""Prior counts for and against each estimated share; they matter in small outbreaks only."""


@dataclass(frozen=True, slots=True)
class EvidenceWeights:
    """How evidence speaks.

    observed_share : float — prior share of cases infected by a case of the list
    met_if_pair, met_if_not : float64, shape (S,) — probability of a documented contact of each setting for a
        transmission pair, and for two cases of fitting dates that are none
    substitutions : float — mean genetic distance of a transmission pair; NaN without distances
    log_likelihood : float — of onsets, windows and evidence
    n_rounds : int
    """

    observed_share: float
    met_if_pair: Floats
    met_if_not: Floats
    substitutions: float
    log_likelihood: float
    n_rounds: int

    @property
    def odds(self) -> Floats:
        """How many times more likely a pair with each setting is than before, shape (S,)."""
        return self.met_if_pair / self.met_if_not

    @property
    def odds_without(self) -> float:
        """The same for two cases without a documented contact."""
        return float((1 - self.met_if_pair.sum()) / (1 - self.met_if_not.sum()))


@dataclass(frozen=True, slots=True)
class Candidates:
    """Probabilities of sources, in compressed rows by infectee.

    offsets : int64, shape (N + 1,); infector : int64, shape (M,); probability : float64, shape (M,)
    unobserved : float64, shape (N,) — probability that nobody of the list infected the case
    n_considered : int — pairs with fitting dates
    """

    offsets: Int64s
    infector: Int64s
    probability: Floats
    unobserved: Floats
    n_considered: int

    @property
    def infectee(self) -> Int64s:
        """Row of the infectee of each candidate pair, int64, shape (M,)."""
        return np.repeat(np.arange(self.offsets.size - 1), np.diff(self.offsets))


@dataclass(frozen=True, slots=True)
class _Terms:
    """What does not change between rounds. `base`: all candidates together; `pairs`: those with evidence."""

    base: Floats
    outside: Floats
    pairs: Floats
    n_pairs_possible: int
    background: Floats


def infer_sources(
    cases: CaseTable, evidence: PairEvidence, model: ChainModel, tables: LagTables
) -> tuple[Candidates, EvidenceWeights]:
    """Return the probability of every candidate and the estimated weights of the evidence.

    Notes
    -----
    A case j is infected by a case i of the list with prior probability ``observed_share / (N - 1)``, else by
    a source outside. The likelihood of i is the serial interval's of the two onsets, times the probability
    that the infection fell into the windows of both, times how likely their documented contact (and genetic
    distance) is for a transmission pair against two other cases; the likelihood of a source outside is the
    curve that sources spread as the cases would bring, plus one introduction at any time. Shares and contact
    probabilities are estimated by EM with the priors OBSERVED (as outbreaker2's), MET_IF_PAIR and MET_IF_NOT.
    O(pairs with fitting dates), once, plus O(pairs with evidence) a round.

    References
    ----------
    Wallinga & Teunis 2004, Am J Epidemiol 160:509; contact evidence: Campbell et al. 2019, PLoS
    Comput Biol 15:e1006930; Poisson distances of transmission pairs: Jombart et al. 2014, PLoS Comput Biol
    10:e1003457.
    """
    kernel_tables: Tables = (tables.serial, tables.first, tables.within, tables.profile_first)
    windows: Windows = (cases.onset, cases.exposed_from, cases.exposed_until, cases.isolated_on)
    order, ranges = _find_ranges(cases, tables)
    terms = _measure(cases, evidence, tables, (kernel_tables, windows), order, ranges)
    weights, pair_weight = _estimate(cases, evidence, model, terms)
    prior = weights.observed_share / max(cases.n - 1, 1)
    total = _total(weights, prior, terms, evidence, pair_weight)
    free = cases.source == -1
    plain = np.where(free, prior * weights.odds_without / np.maximum(total, 1e-300), -1.0)
    starts = np.searchsorted(evidence.infectee, np.arange(cases.n + 1))
    special_p = prior * pair_weight / np.maximum(total[evidence.infectee], 1e-300)
    listed = (starts, evidence.infector, special_p)
    offsets = np.zeros(cases.n + 1, dtype=np.int64)
    empty = (np.zeros(0, dtype=np.int64), np.zeros(0))
    arguments = (kernel_tables, windows, order, ranges, plain, listed, model.min_ratio, offsets)
    list_candidates(*arguments, empty)
    found = (np.zeros(offsets[-1], dtype=np.int64), np.zeros(offsets[-1]))
    list_candidates(*arguments, found)
    outside = (
        (1 - weights.observed_share) * _outside_weight(evidence, weights, terms) / np.maximum(total, 1e-300)
    )
    candidates = Candidates(offsets, *found, outside, int((ranges[:, 1] - ranges[:, 0]).sum()))
    return _settle(cases, candidates), weights


def _find_ranges(cases: CaseTable, tables: LagTables) -> tuple[Int64s, Int64s]:
    order = np.argsort(cases.onset, kind="stable").astype(np.int64)
    days = cases.onset[order]
    low = np.searchsorted(days, cases.onset - tables.last, side="left")
    high = np.searchsorted(days, cases.onset - tables.first, side="right")
    ranges = np.column_stack([low, np.maximum(high, low)]).astype(np.int64)
    n = int((ranges[:, 1] - ranges[:, 0]).sum())
    if n > MAX_PAIRS:
        raise InputError(
            "chain.too_many",
            f"{n:,} pairs of cases have fitting dates; {MAX_PAIRS:,} are allowed.",
            "Split the cases by area or by months.",
        )
    return order, ranges


def _measure(
    cases: CaseTable,
    evidence: PairEvidence,
    tables: LagTables,
    kernel_inputs: tuple[Tables, Windows],
    order: Int64s,
    ranges: Int64s,
) -> _Terms:
    kernel_tables, windows = kernel_inputs
    base = np.zeros(cases.n)
    sum_candidates(kernel_tables, windows, order, ranges, base)
    pairs = np.zeros((evidence.infector.size, 2))
    met = np.column_stack([evidence.met_from, evidence.met_until])
    weigh_pairs(kernel_tables, windows, evidence.infector, evidence.infectee, met, pairs)
    lag = cases.onset[evidence.infectee] - cases.onset[evidence.infector]
    possible = (lag >= tables.first) & (lag <= tables.last)
    known = evidence.distance[evidence.distance >= 0]
    counts = np.bincount(known) + 0.5 if known.size else np.ones(1)
    inside = int((ranges[:, 1] - ranges[:, 0]).sum()) - (cases.n if tables.first <= 0 else 0)
    return _Terms(
        base=base,
        outside=_outside(cases, tables),
        pairs=pairs * possible[:, None],
        n_pairs_possible=max(inside, 1),
        background=counts / counts.sum(),
    )


def _outside(cases: CaseTable, tables: LagTables) -> Floats:
    """Density of an onset by an unlisted source: such sources are spread as the cases are, with one
    introduction at any time; times the probability that the infection fell into the exposure window."""
    start = int(cases.onset.min())
    counts = np.bincount(cases.onset - start).astype(np.float64)
    followed = np.convolve(counts, tables.serial)
    lagged = cases.onset - start - tables.first
    inside = (lagged >= 0) & (lagged < followed.size)
    onward = np.where(inside, followed[np.clip(lagged, 0, followed.size - 1)], 0.0)
    density = (onward + 1 / counts.size) / cases.n
    if not tables.incubation.size:
        return np.asarray(density)
    far = tables.incubation.size
    cumulative = np.concatenate([[0.0], np.cumsum(tables.incubation)])
    least = np.clip(cases.onset - np.minimum(cases.exposed_until, cases.onset), 0, far)
    first = np.where(cases.exposed_from == UNKNOWN_DAY, cases.onset - far, cases.exposed_from)
    most = np.maximum(np.clip(cases.onset - first + 1, 0, far), least)
    return np.asarray(density * np.maximum(cumulative[most] - cumulative[least], 1e-12))


def _estimate(
    cases: CaseTable, evidence: PairEvidence, model: ChainModel, terms: _Terms
) -> tuple[EvidenceWeights, Floats]:
    counted = _Counts.of(cases, evidence, terms)
    weights = _start(evidence, model, terms, counted)
    for n_rounds in range(1, MAX_ROUNDS + 1):
        pair_weight, beyond = _weigh(evidence, weights, terms), _outside_weight(evidence, weights, terms)
        prior = weights.observed_share / max(cases.n - 1, 1)
        total = np.maximum(_total(weights, prior, terms, evidence, pair_weight), 1e-300)
        value = float(np.log(total[counted.free]).sum())
        p = prior * pair_weight / total[evidence.infectee] * counted.free[evidence.infectee]
        outside = float(((1 - weights.observed_share) * beyond / total)[counted.free].sum())
        if abs(value - weights.log_likelihood) < TOLERANCE and n_rounds > 1:
            break
        weights = _maximise(evidence, model, counted, p, outside=outside, value=value, n_rounds=n_rounds)
    return weights, _weigh(evidence, weights, terms)


@dataclass(frozen=True, slots=True)
class _Counts:
    """What the maximisation divides by. `seen`: documented contacts of each setting with fitting dates."""

    free: npt.NDArray[np.bool_]
    seen: Floats
    n_possible: int

    @classmethod
    def of(cls, cases: CaseTable, evidence: PairEvidence, terms: _Terms) -> _Counts:
        met = (evidence.setting >= 0) & (terms.pairs[:, 0] > 0)
        seen = np.bincount(evidence.setting[met], minlength=len(evidence.settings)).astype(np.float64)
        return cls(cases.source == -1, seen, terms.n_pairs_possible)


def _start(evidence: PairEvidence, model: ChainModel, terms: _Terms, counted: _Counts) -> EvidenceWeights:
    n_settings = max(counted.seen.size, 1)
    distance = model.substitutions or _nearest_distance(evidence, terms)
    return EvidenceWeights(
        observed_share=model.observed_share or OBSERVED[0] / sum(OBSERVED),
        met_if_pair=np.full(counted.seen.size, 0.5 / n_settings),
        met_if_not=_share(counted.seen / 2, counted.n_possible, MET_IF_NOT, n_settings),
        substitutions=distance,
        log_likelihood=-np.inf,
        n_rounds=0,
    )


def _nearest_distance(evidence: PairEvidence, terms: _Terms) -> float:
    """Mean over infectees of the distance to their nearest possible infector; NaN without distances."""
    fits = (evidence.distance >= 0) & (terms.pairs[:, 0] > 0)
    if not fits.any():
        return np.nan
    least = np.full(terms.base.size, np.iinfo(np.int64).max)
    np.minimum.at(least, evidence.infectee[fits], evidence.distance[fits])
    return max(float(least[least < np.iinfo(np.int64).max].mean()), 0.1)


def _maximise(
    evidence: PairEvidence,
    model: ChainModel,
    counted: _Counts,
    p: Floats,
    *,
    outside: float,
    value: float,
    n_rounds: int,
) -> EvidenceWeights:
    n_settings = counted.seen.size
    has_contact = evidence.setting >= 0
    inside = float(counted.free.sum()) - outside
    by_setting = np.bincount(evidence.setting[has_contact], p[has_contact], n_settings).astype(np.float64)
    share = model.observed_share or (inside + OBSERVED[0]) / (float(counted.free.sum()) + sum(OBSERVED))
    distance = model.substitutions or np.nan
    measured = evidence.distance >= 0
    if measured.any() and model.substitutions is None:
        distance = float((p[measured] @ evidence.distance[measured] + 0.1) / (p[measured].sum() + 0.1))
    strangers = np.maximum(counted.seen - by_setting, 0.0)
    return EvidenceWeights(
        observed_share=float(share),
        met_if_pair=_share(by_setting, inside, MET_IF_PAIR, n_settings),
        met_if_not=_share(strangers, max(counted.n_possible - inside, 0.0), MET_IF_NOT, n_settings),
        substitutions=distance,
        log_likelihood=value,
        n_rounds=n_rounds,
    )


def _share(counts: Floats, n: float, prior: tuple[float, float], n_settings: int) -> Floats:
    """Counts over n with a prior of cases for (split over the settings) and against."""
    return (counts + prior[0] / max(n_settings, 1)) / (n + sum(prior))


def _weigh(evidence: PairEvidence, weights: EvidenceWeights, terms: _Terms) -> Floats:
    """Likelihood of each pair with evidence, its contact and distance included, shape (K,)."""
    everywhere, in_contact = terms.pairs.T
    odds = np.append(weights.odds, weights.odds_without)[evidence.setting]
    weight = odds * in_contact + weights.odds_without * (everywhere - in_contact)
    return np.asarray(weight * _genetic_odds(evidence, weights, terms))


def _genetic_odds(evidence: PairEvidence, weights: EvidenceWeights, terms: _Terms) -> Floats:
    """Poisson probability of each distance for a transmission pair over its share among all pairs, 1 without one."""
    measured = evidence.distance >= 0
    if not measured.any():
        return np.ones(measured.size)
    d, mean = np.where(measured, evidence.distance, 0), weights.substitutions
    poisson = np.exp(d * np.log(mean) - mean - special.gammaln(d + 1))
    background = terms.background[np.minimum(d, terms.background.size - 1)]
    return np.where(measured, poisson / background, 1.0)


def _outside_weight(evidence: PairEvidence, weights: EvidenceWeights, terms: _Terms) -> Floats:
    """The density of a source outside. Distances tell candidates apart; they speak for the outside only where even
    the nearest candidate is farther than nearly all transmission pairs."""
    measured = evidence.distance >= 0
    if not measured.any():
        return terms.outside
    n = terms.base.size
    plain, odds = terms.pairs[:, 0], _genetic_odds(evidence, weights, terms)
    average = np.bincount(evidence.infectee, plain * odds, n) / np.maximum(
        np.bincount(evidence.infectee, plain, n), 1e-300
    )
    near = measured & (plain > 0) & (evidence.distance <= stats.poisson.ppf(FAR, weights.substitutions))
    is_near = np.bincount(evidence.infectee[near], minlength=n) > 0
    return np.asarray(terms.outside * np.where(is_near, np.minimum(average, 1.0), 1.0))


def _total(
    weights: EvidenceWeights, prior: float, terms: _Terms, evidence: PairEvidence, pair_weight: Floats
) -> Floats:
    n = terms.base.size
    with_evidence = np.bincount(evidence.infectee, terms.pairs[:, 0], minlength=n)
    plain = np.maximum(terms.base - with_evidence, 0.0) * weights.odds_without
    special_sum = np.bincount(evidence.infectee, pair_weight, minlength=n)
    beyond = _outside_weight(evidence, weights, terms)
    return np.asarray(prior * (plain + special_sum) + (1 - weights.observed_share) * beyond)


def _settle(cases: CaseTable, found: Candidates) -> Candidates:
    """Give left-out probability to the listed candidates, and put in the sources that are known."""
    known = cases.source >= 0
    unobserved = np.where(
        cases.source == IMPORT, 1.0, np.where(known, 0.0, np.minimum(found.unobserved, 1.0))
    )
    listed = np.bincount(found.infectee, found.probability, minlength=cases.n)
    unobserved = np.where((listed == 0) & ~known, 1.0, unobserved)
    scale = np.where(listed > 0, (1 - unobserved) / np.maximum(listed, 1e-300), 0.0)
    p = found.probability * scale[found.infectee]
    if not known.any():
        return Candidates(found.offsets, found.infector, p, unobserved, found.n_considered)
    rows = np.flatnonzero(known)
    infector = np.insert(found.infector, found.offsets[rows], cases.source[rows])
    offsets = found.offsets + np.concatenate([[0], np.cumsum(known)])
    return Candidates(
        offsets, infector, np.insert(p, found.offsets[rows], 1.0), unobserved, found.n_considered
    )
