"""Testing in pools: which size and design by prevalence and assay, what it costs and misses, how long it takes.

Owns expectations of designs and the flow of samples through laboratories. Estimates no prevalence; that is
`tongzhou.epi.screening`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

from tongzhou.core.errors import InputError, list_offenders
from tongzhou.core.estimates import digest_arrays

Floats = npt.NDArray[np.float64]
Kind = Literal["dorfman", "hierarchical", "array"]
KINDS = ("dorfman", "hierarchical", "array")
MAX_HOURS = 24 * 366
__all__ = [
    "Assay",
    "CampaignLength",
    "Laboratory",
    "PoolingPlan",
    "best_design",
    "campaign_length",
    "compare_sizes",
    "evaluate_design",
]


@dataclass(frozen=True, slots=True)
class Assay:
    """What a laboratory test tells.

    sensitivity : float in (0, 1] — of one infected person's own sample
    specificity : float in (0, 1] — of a sample or pool without any infected person
    dilution : float, 0 or more — a pool of n with k infected is found with probability sensitivity x
        (k / n) ** dilution; 0 for no loss
    max_size : int — largest pool that the protocol allows
    """

    sensitivity: float
    specificity: float
    dilution: float
    max_size: int

    def __post_init__(self) -> None:
        numbers = (self.sensitivity, self.specificity, self.dilution, self.max_size)
        if not all(isinstance(number, int | float | np.number) for number in numbers):
            raise InputError(
                "pooling.assay", f"The assay {numbers} is not numbers.", "See the fields of Assay."
            )
        shares = {"sensitivity": self.sensitivity, "specificity": self.specificity}
        wrong = [f"{name} {value}" for name, value in shares.items() if not 0 < value <= 1]
        wrong += [f"dilution {self.dilution}"] if not self.dilution >= 0 else []
        wrong += (
            [f"max_size {self.max_size}"] if self.max_size < 1 or self.max_size != int(self.max_size) else []
        )
        if wrong:
            raise InputError(
                "pooling.assay", f"Out of range: {list_offenders(wrong)}.", "See the fields of Assay."
            )

    def positive(self, n: int) -> Floats:
        """Return the probability that a pool of n with 0 .. n infected tests positive, float64, shape (n + 1,)."""
        k = np.arange(n + 1)
        found = self.sensitivity * (k / n) ** self.dilution
        return np.where(k > 0, found, 1 - self.specificity)


@dataclass(frozen=True, slots=True)
class PoolingPlan:
    """What a design costs and misses in expectation, per person tested.

    kind : ``dorfman``, ``hierarchical`` or ``array``
    sizes : tuple of int — pool sizes from the first stage to single samples; for an array its side and 1
    tests_per_person : float
    missed_per_person, missed_share : float — infected people not found, per person tested and per infected
    false_per_person : float — people wrongly called infected
    """

    kind: Kind
    sizes: tuple[int, ...]
    prevalence: float
    tests_per_person: float
    missed_per_person: float
    missed_share: float
    false_per_person: float
    retested: tuple[float, ...]
    """Tests per person of each stage; their sum is `tests_per_person`."""
    inputs_digest: str = ""
    """Of prevalence, assay and sizes."""


def evaluate_design(
    prevalence: float, assay: Assay, sizes: Sequence[int], kind: Kind = "dorfman"
) -> PoolingPlan:
    """Return the expected tests, misses and false positives of a design.

    Parameters
    ----------
    prevalence : float in [0, 1] — infected share of the people tested; people are alike and independent
    sizes : Dorfman and hierarchical: pool sizes, each a divisor of the one before, single samples (1) last and
        added when absent; array: the side n of the n x n square
    kind : an array tests rows and columns and then single samples where a positive row and column meet

    Raises
    ------
    InputError
        ``pooling.prevalence``, ``pooling.sizes``, ``pooling.kind``

    Notes
    -----
    Exact for any number of infected per pool, with repeated tests independent given the pools' contents.

    References
    ----------
    Dorfman 1943, Ann Math Stat 14:436; Johnson, Kotz & Wu 1991, Inspection Errors for Attributes, chapter 5
    (hierarchies with error); Kim, Hudgens, Dreyfuss, Westreich & Pilcher 2007, Biometrics 63:1152 (hierarchies
    and arrays); dilution as a power of the share after Hwang 1976, J Am Stat Assoc 71:644.

    Examples
    --------
    >>> perfect = Assay(sensitivity=1, specificity=1, dilution=0, max_size=32)
    >>> round(evaluate_design(0.01, perfect, [11]).tests_per_person, 4)
    0.1956
    """
    if not (isinstance(prevalence, int | float | np.number) and 0 <= prevalence <= 1):
        raise InputError(
            "pooling.prevalence", f"The prevalence is {prevalence}.", "Give a share from 0 to 1."
        )
    if kind not in KINDS:
        raise InputError("pooling.kind", f"{kind!r} is unknown.", f"Use {', '.join(KINDS)}.")
    stages = _check_sizes(sizes, assay, kind)
    plan = (_array if kind == "array" else _hierarchy)(prevalence, assay, stages, kind)
    return replace(plan, inputs_digest=digest_arrays(prevalence, astuple(assay), stages))


def best_design(
    prevalence: float, assay: Assay, kind: Kind = "dorfman", *, max_missed: float = 1.0, max_stages: int = 3
) -> PoolingPlan:
    """Return the design with the fewest expected tests whose missed share of the infected is within a bound.

    Parameters
    ----------
    max_missed : float in (0, 1] — largest tolerated missed share; single tests miss 1 - sensitivity
    max_stages : int — of a hierarchy, single samples included

    Raises
    ------
    InputError
        ``pooling.prevalence``, ``pooling.kind``; ``pooling.no_design`` — even single tests miss more

    Examples
    --------
    >>> perfect = Assay(sensitivity=1, specificity=1, dilution=0, max_size=32)
    >>> best_design(0.01, perfect).sizes, best_design(0.05, perfect).sizes
    ((11, 1), (5, 1))
    """
    wanted = _candidates(assay.max_size, kind, max_stages)
    options = [evaluate_design(prevalence, assay, sizes, kind) for sizes in wanted]
    single = evaluate_design(prevalence, assay, (1,))
    allowed = [plan for plan in (*options, single) if plan.missed_share <= max_missed + 1e-12]
    if not allowed:
        raise InputError(
            "pooling.no_design",
            f"Single tests miss {single.missed_share:.1%} of the infected; {max_missed:.1%} are tolerated.",
            "Tolerate more, or test twice.",
        )
    return min(allowed, key=lambda plan: (plan.tests_per_person, plan.missed_share))


def compare_sizes(
    prevalences: npt.ArrayLike, assay: Assay, sizes: Sequence[int] | None = None
) -> list[PoolingPlan]:
    """Return Dorfman's design for every prevalence and size (2 .. max_size when None), in that order."""
    wanted = range(2, assay.max_size + 1) if sizes is None else sizes
    return [
        evaluate_design(float(p), assay, (n,)) for p in np.atleast_1d(np.asarray(prevalences)) for n in wanted
    ]


def _check_sizes(sizes: Sequence[int], assay: Assay, kind: Kind) -> tuple[int, ...]:
    stages = tuple(int(size) for size in sizes)
    stages = stages if stages and stages[-1] == 1 else (*stages, 1)
    falls = all(a > b and a % b == 0 for a, b in pairwise(stages))
    too_many = kind != "hierarchical" and len(stages) > 2
    if not falls or min(stages) < 1 or too_many or stages[0] > assay.max_size:
        raise InputError(
            "pooling.sizes",
            f"Sizes {list(sizes)} do not make a {kind} design with pools up to {assay.max_size}.",
            "Give falling sizes, each a divisor of the one before, as 24, 6, 1.",
        )
    return stages


def _hierarchy(p: float, assay: Assay, stages: tuple[int, ...], kind: Kind) -> PoolingPlan:
    """Walk down: reached[k] is the probability that all pools above were positive, given k infected in this one."""
    reached = np.ones(stages[0] + 1)
    tests = [float(stats.binom.pmf(np.arange(stages[0] + 1), stages[0], p) @ reached) / stages[0]]
    for size, smaller in pairwise(stages):
        on = assay.positive(size) * reached
        others = stats.binom.pmf(np.arange(size - smaller + 1), size - smaller, p)
        reached = np.array([others @ on[k : k + others.size] for k in range(smaller + 1)])
        tests.append(float(stats.binom.pmf(np.arange(smaller + 1), smaller, p) @ reached) / smaller)
    found = assay.positive(1) * reached
    return _plan(p, kind, stages, found, tests)


def _array(p: float, assay: Assay, stages: tuple[int, ...], kind: Kind) -> PoolingPlan:
    if stages == (1,):
        return _hierarchy(p, assay, stages, kind)
    n = stages[0]
    others = stats.binom.pmf(np.arange(n), n - 1, p)
    line = np.array([others @ assay.positive(n)[:-1], others @ assay.positive(n)[1:]])
    crossed = line**2
    retested = float((1 - p) * crossed[0] + p * crossed[1])
    return _plan(p, kind, stages, assay.positive(1) * crossed, [2 / n, retested])


def _plan(p: float, kind: Kind, stages: tuple[int, ...], found: Floats, tests: list[float]) -> PoolingPlan:
    """found : probability that a person without, and with, infection is called positive in the end."""
    missed = float(1 - found[1])
    return PoolingPlan(
        kind, stages, p, float(sum(tests)), p * missed, missed, float((1 - p) * found[0]), tuple(tests)
    )


def _candidates(max_size: int, kind: Kind, max_stages: int) -> list[tuple[int, ...]]:
    pools = range(2, max_size + 1)
    if kind not in KINDS:
        raise InputError("pooling.kind", f"{kind!r} is unknown.", f"Use {', '.join(KINDS)}.")
    if kind != "hierarchical":
        return [(n, 1) for n in pools]
    chains: list[tuple[int, ...]] = [(n, 1) for n in pools]
    longer = chains
    for _ in range(max_stages - 2):
        longer = [(n, *rest) for rest in longer for n in range(2 * rest[0], max_size + 1, rest[0])]
        chains = chains + longer
    return chains


@dataclass(frozen=True, slots=True)
class Laboratory:
    """capacity : float, tests per day; turnaround_hours : float — from the start of a test to its result."""

    capacity: float
    turnaround_hours: float


@dataclass(frozen=True, slots=True)
class CampaignLength:
    """How long a campaign takes, from its first hour.

    sampled_hours, result_hours : float — until the last person is sampled, until the last result
    most_results_hours : float — until nine in ten first tests have their result
    peak_waiting : float, tests — longest queue before the laboratories
    n_tests : float — expected tests
    """

    sampled_hours: float
    result_hours: float
    most_results_hours: float
    peak_waiting: float
    n_tests: float

    @property
    def days(self) -> float:
        """Days until the last result."""
        return self.result_hours / 24


def campaign_length(
    n_people: int, plan: PoolingPlan, laboratories: Sequence[Laboratory], *, sampled_per_day: float
) -> CampaignLength:
    """Return how long it takes to test everybody, given the samplers and the laboratories.

    Parameters
    ----------
    n_people : int
    sampled_per_day : float — people swabbed per day, day and night alike

    Raises
    ------
    InputError
        ``pooling.campaign`` — nothing to do it with; ``pooling.too_long`` — more than a year

    Notes
    -----
    Expected flow, hour by hour: laboratories share new pools by capacity, retests go first, and a stage's positive
    pools return after the turnaround. Transport is part of the turnaround.

    Examples
    --------
    >>> perfect = Assay(sensitivity=1, specificity=1, dilution=0, max_size=10)
    >>> plan = evaluate_design(0.0, perfect, [10])
    >>> campaign_length(240_000, plan, [Laboratory(24_000, 6)], sampled_per_day=240_000).result_hours
    30.0
    """
    labs = [lab for lab in laboratories if lab.capacity > 0]
    if not all(lab.turnaround_hours >= 0 for lab in labs):
        raise InputError(
            "pooling.turnaround", "A laboratory's turnaround is no number of hours.", "Give hours, 0 or more."
        )
    if n_people < 1 or not sampled_per_day > 0 or not labs:
        raise InputError(
            "pooling.campaign",
            f"{n_people} people, {sampled_per_day} sampled a day, {len(labs)} laboratories with capacity.",
            "Give at least one of each.",
        )
    total = sum(lab.capacity for lab in labs)
    shares = [lab.capacity / total for lab in labs]
    runs = [
        _run_laboratory(n_people * s, plan, lab, sampled_per_day * s)
        for lab, s in zip(labs, shares, strict=True)
    ]
    ends, most, peaks = zip(*runs, strict=True)
    sampled = n_people / sampled_per_day * 24
    tests = n_people * plan.tests_per_person
    return CampaignLength(sampled, float(max(ends)), float(max(most)), float(sum(peaks)), tests)


Flow = tuple[float, float, float]


def _run_laboratory(people: float, plan: PoolingPlan, lab: Laboratory, sampled_per_day: float) -> Flow:
    """Return hours to the last result and to nine tenths of first results, and the longest queue."""
    per_person = np.array(plan.retested)
    wait = int(np.ceil(lab.turnaround_hours))
    queue = np.zeros(per_person.size)
    pending = np.zeros((per_person.size, wait + 1))
    left, first_done, peak, most = people, 0.0, 0.0, 0.0
    for hour in range(MAX_HOURS):
        now = min(left, sampled_per_day / 24)
        left -= now
        queue[0] += now * per_person[0]
        queue[1:] += pending[:-1, 0] * _ratio(per_person)
        pending = np.roll(pending, -1, axis=1)
        pending[:, -1] = 0.0
        free = lab.capacity / 24
        for stage in range(queue.size - 1, -1, -1):
            done = min(queue[stage], free)
            queue[stage] -= done
            free -= done
            pending[stage, max(wait - 1, 0)] += done
            first_done += done if stage == 0 else 0.0
        peak = max(peak, float(queue.sum()))
        if not most and first_done >= 0.9 * people * per_person[0]:
            most = hour + 1 + lab.turnaround_hours
        rest = float(queue.sum() + (pending[:-1].sum(axis=1) * _ratio(per_person)).sum())
        if left <= 0 and rest < 0.5 and queue[0] < 1e-6:
            return hour + 1 + lab.turnaround_hours, most, peak
    raise InputError(
        "pooling.too_long",
        f"The campaign takes more than a year: {people * per_person.sum():,.0f} tests at {lab.capacity:,.0f} a day.",
        "Add laboratories, or use larger pools.",
    )


def _ratio(per_person: Floats) -> Floats:
    """Tests of the next stage that one test of a stage brings."""
    return per_person[1:] / np.maximum(per_person[:-1], 1e-300)
