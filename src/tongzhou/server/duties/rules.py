"""The state of a duty and its next instant that matters: pure functions of instants."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum


class DutyState(StrEnum):
    """Where a duty stands; computed, never stored."""

    OPEN = "open"
    DUE_SOON = "due_soon"
    LATE = "late"
    DONE = "done"
    DONE_LATE = "done_late"
    REFUSED = "refused"
    CANCELLED = "cancelled"


def state_of(
    *,
    due_at: datetime,
    warn_at: datetime,
    done_at: datetime | None,
    refused_at: datetime | None,
    cancelled_at: datetime | None,
    now: datetime,
) -> DutyState:
    """Return the state of a duty at `now`."""
    if cancelled_at:
        return DutyState.CANCELLED
    if done_at:
        return DutyState.DONE if done_at <= due_at else DutyState.DONE_LATE
    if refused_at:
        return DutyState.REFUSED
    if now >= due_at:
        return DutyState.LATE
    return DutyState.DUE_SOON if now >= warn_at else DutyState.OPEN


def next_instant(
    *, due_at: datetime, warn_at: datetime, escalates_every: timedelta, now: datetime, is_at_top: bool
) -> datetime | None:
    """Return when the clock must look at an open duty again; ``None`` when nothing more will follow."""
    if now < warn_at:
        return warn_at
    if now < due_at:
        return due_at
    if is_at_top:
        return None
    n_passed = (now - due_at) // escalates_every
    return due_at + (n_passed + 1) * escalates_every
