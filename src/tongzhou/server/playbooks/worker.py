"""The worker: sweeps facts, polls the clocks of duties, orders and zones, and runs background jobs.

Jobs run in a thread of their own, so that no clock waits for a simulation. Any number of workers may run at once;
each step is taken by one of them. Stops between steps on a signal.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from django.db import OperationalError, close_old_connections

from tongzhou.server.analysis.actions import refresh_runs
from tongzhou.server.duties.clock_actions import poll_duties, reassign_gaps
from tongzhou.server.kernel import jobs, outbox
from tongzhou.server.labs.uploads import sweep_files
from tongzhou.server.measures.order_clock import poll_orders
from tongzhou.server.measures.rechecks import recheck_measures
from tongzhou.server.measures.zone_clock import step_zones
from tongzhou.server.travel.arrivals import hand_arrivals
from tongzhou.server.travel.registering import forget_travellers

_log = logging.getLogger(__name__)

STEPS: tuple[Callable[[], int], ...] = (
    outbox.sweep,
    poll_duties,
    poll_orders,
    step_zones,
    reassign_gaps,
    recheck_measures,
    refresh_runs,
    hand_arrivals,
    forget_travellers,
    sweep_files,
)


def run_once() -> int:
    """Take every step once and run at most one job; return how much was done."""
    return _take_steps() + _safely(_run_job)


def _take_steps() -> int:
    return sum(_safely(step) for step in STEPS)


def _run_job() -> int:
    """Run the oldest job that waits; return how many ran."""
    job = jobs.claim_next()
    if job is None:
        return 0
    jobs.run(job)
    return 1


def _safely(step: Callable[[], int]) -> int:
    """Run one step; a fault in it must not stop the other clocks."""
    try:
        return step()
    except OperationalError:
        _log.warning("the database is busy; %s waits for the next round", step.__name__)
        return 0
    except Exception:  # the worker must outlive one bad record; the log has the trace
        _log.exception("%s failed", step.__name__)
        return 0


def run_forever(stop: threading.Event, idle_seconds: float = 1.0) -> None:
    """Work until `stop` is set, pausing only when nothing is due.

    A job that runs when the worker stops is taken up again by another once its lease ran out.
    """
    threading.Thread(target=_repeat, args=(_run_job, stop, idle_seconds), name="jobs", daemon=True).start()
    _repeat(_take_steps, stop, idle_seconds)


def _repeat(work: Callable[[], int], stop: threading.Event, idle_seconds: float) -> None:
    while not stop.is_set():
        close_old_connections()
        if not _safely(work):
            stop.wait(idle_seconds)
