"""Queues at counters against analytic values and against a simulated queue."""

from __future__ import annotations

import heapq
import math

import numpy as np
import pytest

from tongzhou.core.errors import InputError
from tongzhou.plan.queues import (
    Service,
    erlang_c,
    lanes_by_interval,
    lanes_needed,
    offered_load,
    waiting,
    walk_day,
)


@pytest.mark.parametrize(
    ("load", "servers", "chance"),
    [(0.5, 1, 0.5), (2.0, 3, 4 / 9), (8.0, 10, 0.40918), (90.0, 100, 0.21694), (0.0, 4, 0.0), (5.0, 5, 1.0)],
)
def test_the_delay_formula_gives_the_published_chance_to_wait(load, servers, chance):
    assert erlang_c(load, servers) == pytest.approx(chance, abs=2e-5)


def test_the_delay_formula_equals_its_sum_for_every_small_queue():
    for servers in range(1, 9):
        for load in np.linspace(0.1, servers - 0.1, 7):
            top = load**servers / math.factorial(servers) * servers / (servers - load)
            below = sum(load**k / math.factorial(k) for k in range(servers))
            assert erlang_c(load, servers) == pytest.approx(top / (below + top), rel=1e-12)


def test_one_exponential_server_waits_as_long_as_the_textbook_says():
    found = waiting(0.8 / 60, 1, Service(60.0, 1.0, target_s=100.0))
    assert found.mean_s == pytest.approx(0.8 / (1 - 0.8) * 60)
    assert found.p_longer == pytest.approx(0.8 * math.exp(-(1 - 0.8) / 60 * 100))


@pytest.mark.parametrize(("variation", "factor"), [(1.0, 1.0), (0.0, 0.5), (2.0, 2.5)])
def test_one_server_keeps_the_mean_of_pollaczek_and_khinchine(variation, factor):
    mean = waiting(0.8 / 60, 1, Service(60.0, variation)).mean_s
    assert mean == pytest.approx(factor * 0.8 / (1 - 0.8) * 60)


def simulated_wait(rate: float, servers: int, service: Service, n: int, seed: int) -> tuple[float, float]:
    """Return mean wait and share waiting longer than the target, of n arrivals walked one by one."""
    rng = np.random.default_rng(seed)
    at = np.cumsum(rng.exponential(1 / rate, n))
    shape = 1 / service.variation**2
    busy = rng.gamma(shape, service.seconds / shape, n)
    free, waits = [0.0] * servers, np.empty(n)
    for k in range(n):
        start = max(at[k], heapq.heappop(free))
        waits[k] = start - at[k]
        heapq.heappush(free, start + busy[k])
    return float(waits.mean()), float((waits > service.target_s).mean())


@pytest.mark.parametrize(("servers", "variation"), [(5, 1.0), (5, 0.6), (20, 0.6)])
def test_a_queue_walked_person_by_person_agrees(servers, variation):
    service = Service(40.0, variation, target_s=20.0)
    rate = 0.9 * servers / service.seconds
    mean, longer = simulated_wait(rate, servers, service, 60_000, seed=5)
    found = waiting(rate, servers, service)
    assert found.mean_s == pytest.approx(mean, rel=0.15)
    assert found.p_longer == pytest.approx(longer, abs=0.05)


def test_the_fewest_lanes_meet_the_target_and_one_less_does_not():
    service = Service(45.0, 0.7, target_s=120.0, share=0.95)
    for hourly in (30, 300, 3000):
        n = lanes_needed(hourly / 3600, service)
        assert waiting(hourly / 3600, n, service).p_longer <= 0.05
        assert n == 1 or waiting(hourly / 3600, n - 1, service).p_longer > 0.05


def test_nobody_needs_no_lane():
    assert lanes_needed(0.0, Service(40.0)) == 0


def test_offered_load_lags_behind_the_arrivals():
    loads = offered_load(np.array([0.0, 0.1, 0.0]), 60.0, 60.0)
    assert loads[1] == pytest.approx(6.0 * (1 - math.exp(-1)))
    assert loads[2] == pytest.approx(loads[1])


def test_staffing_hour_by_hour_keeps_a_walked_day_within_the_target():
    arrivals = [20, 60, 200, 400, 300, 80]
    service = Service(40.0, 0.6, target_s=300.0)
    day = walk_day(arrivals, lanes_by_interval(arrivals, 3600.0, service), 3600.0, service)
    assert day.backlog.max() == 0
    assert day.mean_s.max() < 300


def test_too_few_lanes_build_the_backlog_of_the_fluid():
    service = Service(60.0, 1.0)
    day = walk_day([180, 180, 0, 0], [2, 2, 2, 2], 3600.0, service)
    assert day.backlog.tolist() == [60.0, 120.0, 0.0, 0.0]
    assert day.mean_s[1] >= (60 + 120) / 2 * 60 / 2


def test_closed_lanes_make_everybody_wait_for_ever():
    assert walk_day([5], [0], 3600.0, Service(60.0)).mean_s[0] == math.inf


@pytest.mark.parametrize("bad", [Service(0.0), Service(60.0, -1.0), Service(60.0, share=1.0)])
def test_a_service_that_cannot_be_is_refused(bad):
    with pytest.raises(InputError, match="Service"):
        lanes_needed(0.1, bad)


def test_unequal_lengths_are_refused():
    with pytest.raises(InputError, match="2 intervals of arrivals, 1 of lanes"):
        walk_day([1, 2], [1], 3600.0, Service(60.0))
