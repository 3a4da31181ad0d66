"""Waiting at a row of counters: how long, and how many are needed.

Owns the stationary queue with several servers (Erlang's delay formula, and its correction for service times that vary
less or more than exponential ones), the day by intervals with its backlog, and the smallest staffing for a target.
Never reads records.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tongzhou.core.errors import InputError

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class Service:
    """How long one traveller takes, and how long one may wait.

    seconds : float, s — mean service time of one traveller at one counter
    variation : float — coefficient of variation of the service time (1 exponential, 0 constant)
    target_s : float, s — wait that `share` of the travellers should not exceed
    """

    seconds: float
    variation: float = 1.0
    target_s: float = 300.0
    share: float = 0.9


@dataclass(frozen=True, slots=True)
class Waiting:
    """The stationary queue: utilisation, chance to wait at all, mean wait, share that waits longer than the target."""

    utilisation: float
    p_wait: float
    mean_s: float
    p_longer: float


@dataclass(frozen=True, slots=True)
class DayOfQueue:
    """A day by intervals: float64, shape (K,).

    lanes : open in each interval; backlog : persons waiting at its end; mean_s : s, mean wait of those who arrive in it
    """

    lanes: Array
    backlog: Array
    mean_s: Array
    utilisation: Array


def erlang_c(load: float, n_servers: int) -> float:
    """Return the chance that an arrival must wait in an M/M/s queue (Erlang's delay formula).

    Parameters
    ----------
    load : float, Erlang — arrivals a second times the mean service time
    n_servers : int — at least 1

    References
    ----------
    Erlang 1917; computed by the stable recursion of the loss formula (Cooper 1981, Introduction to Queueing Theory,
    3.3).

    >>> round(erlang_c(2.0, 3), 4)
    0.4444
    """
    _check(load, n_servers)
    if load >= n_servers:
        return 1.0
    loss = 1.0
    for k in range(1, n_servers + 1):
        loss = load * loss / (k + load * loss)
    return n_servers * loss / (n_servers - load * (1.0 - loss))


def waiting(arrivals_per_s: float, n_servers: int, service: Service) -> Waiting:
    """Return the stationary waiting of Poisson arrivals at `n_servers` counters.

    Notes
    -----
    M/M/s exactly; for other service times the mean wait is multiplied by (1 + c^2) / 2 and the tail kept exponential
    with that mean (Lee and Longton 1959; Allen and Cunneen). Exact for one server (Pollaczek-Khinchine mean).

    References
    ----------
    Whitt 1993, Production and Operations Management 2:114, eq. 2.24.
    """
    load = arrivals_per_s * service.seconds
    chance = erlang_c(load, n_servers)
    if load >= n_servers:
        return Waiting(load / n_servers, 1.0, math.inf, 1.0)
    spread = (1.0 + service.variation**2) / 2.0
    conditional = spread * service.seconds / (n_servers - load)
    longer = chance * math.exp(-service.target_s / conditional)
    return Waiting(load / n_servers, chance, chance * conditional, longer)


def lanes_needed(arrivals_per_s: float, service: Service) -> int:
    """Return the fewest counters at which `share` of the arrivals wait no longer than the target; 0 for no arrivals.

    >>> lanes_needed(100 / 3600, Service(seconds=60, target_s=60, share=0.9))
    4
    """
    _check_service(service)
    if arrivals_per_s <= 0:
        return 0
    n = max(1, math.floor(arrivals_per_s * service.seconds) + 1)
    while waiting(arrivals_per_s, n, service).p_longer > 1.0 - service.share:
        n += 1
    return n


def lanes_by_interval(arrivals: Sequence[float] | Array, interval_s: float, service: Service) -> Array:
    """Return the counters each interval of a day needs, looked at period by period.

    Notes
    -----
    Each interval is taken as stationary with the larger of its own mean rate and the modified offered load's, that
    is the load of an infinite-server queue lagged by the service time. Good where service is short beside an interval.

    References
    ----------
    Green, Kolesar and Soares 2001, Operations Research 49:549 (period by period); Jennings, Mandelbaum, Massey and
    Whitt 1996, Management Science 42:1383 (offered load).
    """
    rates = np.asarray(arrivals, float) / interval_s
    offered = offered_load(rates, interval_s, service.seconds) / service.seconds
    return np.array(
        [lanes_needed(float(max(a, b)), service) for a, b in zip(rates, offered, strict=True)], float
    )


def offered_load(rates: Array, interval_s: float, seconds: float) -> Array:
    """Return the largest mean number in service of an infinite-server queue in each interval, Erlang.

    Exponential service; the rate is constant within an interval, and nobody is there at the beginning.
    """
    load, peak, keep = 0.0, np.zeros(len(rates)), math.exp(-interval_s / seconds)
    for k, rate in enumerate(rates):
        end = rate * seconds + (load - rate * seconds) * keep
        peak[k] = max(load, end)
        load = end
    return peak


def walk_day(
    arrivals: Sequence[float] | Array, lanes: Sequence[float] | Array, interval_s: float, service: Service
) -> DayOfQueue:
    """Return what happens on a day with given counters: waits, and a backlog where they do not suffice.

    Notes
    -----
    Where an interval begins without a backlog and its load is below capacity, waits are those of the stationary queue.
    Otherwise a fluid carries the backlog: it grows by arrivals less capacity, and whoever arrives waits for the mean
    backlog before them. The stationary wait is bounded by what the interval can build up.
    """
    given, open_lanes = np.asarray(arrivals, float), np.asarray(lanes, float)
    if len(given) != len(open_lanes):
        raise InputError(
            "queue.lengths",
            f"{len(given)} intervals of arrivals, {len(open_lanes)} of lanes.",
            "Give one lane count for each.",
        )
    backlog, waits = np.zeros(len(given)), np.zeros(len(given))
    use, before = np.zeros(len(given)), 0.0
    for k, (n, s) in enumerate(zip(given, open_lanes, strict=True)):
        capacity = s * interval_s / service.seconds
        after = max(before + n - capacity, 0.0)
        backlog[k], use[k] = after, (before + n) / capacity if capacity else math.inf if before + n else 0.0
        fluid = (before + after) / 2 * service.seconds / s if s else math.inf
        waits[k] = _wait(n / interval_s, s, service, fluid, interval_s)
        before = after
    return DayOfQueue(open_lanes, backlog, waits, use)


def _wait(rate: float, lanes: float, service: Service, fluid: float, interval_s: float) -> float:
    """Return the mean wait of an interval: stationary, but no more than the interval can build up, plus the backlog."""
    if rate <= 0 or lanes < 1:
        return fluid if rate > 0 else 0.0
    stationary = waiting(rate, int(lanes), service).mean_s
    return fluid + min(stationary, interval_s / 2)


def _check(load: float, n_servers: int) -> None:
    if load < 0 or n_servers < 1 or math.isnan(load):
        raise InputError(
            "queue.bad_load",
            f"Load {load} at {n_servers} counters.",
            "Give a load of at least 0 and at least one counter.",
        )


def _check_service(service: Service) -> None:
    if service.seconds <= 0 or service.variation < 0 or service.target_s < 0 or not 0 < service.share < 1:
        raise InputError(
            "queue.bad_service",
            f"Service {service}.",
            "Give seconds above 0, a variation and a target of at least 0, a share between 0 and 1.",
        )
