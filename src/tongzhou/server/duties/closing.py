"""The daily close of an area: what was due, done, late and why; what is left is escalated; the day is sealed."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from typing import Any

from django.db.models import Count, F, Q

from tongzhou.core.access import Actor
from tongzhou.core.errors import Conflict, InputError
from tongzhou.core.time import day_bounds
from tongzhou.server.access.actions import acting
from tongzhou.server.access.rules import Permission
from tongzhou.server.areas.queries import code_lengths, get_area
from tongzhou.server.areas.rules import ancestor_codes
from tongzhou.server.audit.queries import events_of
from tongzhou.server.duties.models import DayClose, DayCloseItem, Duty, DutyNote
from tongzhou.server.duties.rules import DutyState
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.bulk import insert_rows
from tongzhou.server.kernel.outbox import publish
from tongzhou.server.kernel.records import prefix_range


def due_on(area_code: str, day: date) -> Any:
    """Return the duties of an area that were due on a local day, whatever became of them."""
    start, end = day_bounds(day, clock.zone())
    return (
        Duty.objects.everything("the day's account of an area")
        .filter(prefix_range("area_code", area_code), due_at__gte=start, due_at__lt=end)
        .select_related("holder")
        .order_by("due_at", "id")
    )


def figures_of(area_code: str, day: date) -> dict[str, Any]:
    """Return how many duties were due, done in time, done late, refused, cancelled and open, by kind and in all."""
    start, end = day_bounds(day, clock.zone())
    states = _states_at(min(clock.now(), end))
    rows = due_on(area_code, day).order_by().values("kind")
    counted = rows.annotate(
        due=Count("id"), **{f"n_{state}": Count("id", filter=is_it) for state, is_it in states.items()}
    )
    by_kind = {
        row["kind"]: {**{state.value: row[f"n_{state}"] for state in DutyState}, "due": row["due"]}
        for row in counted
    }
    total = {key: sum(row[key] for row in by_kind.values()) for key in [*DutyState, "due"]}
    return {"from": start.isoformat(), "until": end.isoformat(), "total": total, "by_kind": by_kind}


def unsettled_on(area_code: str, day: date) -> list[Duty]:
    """Return the duties due on a day that were not settled in time: open, late, done late or refused."""
    is_left = Q(cancelled_at=None) & (Q(done_at=None) | Q(done_at__gt=F("due_at")))
    return list(due_on(area_code, day).filter(is_left))


def _states_at(now: datetime) -> dict[DutyState, Q]:
    """Return `state_of` as conditions of the database."""
    is_open = Q(cancelled_at=None, done_at=None, refused_at=None)
    return {
        DutyState.CANCELLED: Q(cancelled_at__isnull=False),
        DutyState.DONE: Q(cancelled_at=None, done_at__lte=F("due_at")),
        DutyState.DONE_LATE: Q(cancelled_at=None, done_at__gt=F("due_at")),
        DutyState.REFUSED: Q(cancelled_at=None, done_at=None, refused_at__isnull=False),
        DutyState.LATE: is_open & Q(due_at__lte=now),
        DutyState.DUE_SOON: is_open & Q(due_at__gt=now, warn_at__lte=now),
        DutyState.OPEN: is_open & Q(due_at__gt=now, warn_at__gt=now),
    }


def close_day(actor: Actor, area_code: str, day: date, reasons: dict[str, str]) -> DayClose:
    """Close a day of an area: every duty left is explained and told one level up, and the day is sealed.

    Parameters
    ----------
    reasons : why, by duty identifier, for each duty of `unsettled_on`

    Needs: day.close in the area. Writes: DayClose, DayCloseItem, DutyNote. Records: day.close with the digest
    of the account, publishes ``day.closed``. Raises InputError for a day that is not over or lacks a reason;
    Conflict when the day is closed already.
    """
    get_area(area_code)
    _, end = day_bounds(day, clock.zone())
    if end > clock.now():
        raise InputError(
            "duties.day_not_over", f"{day} is not over yet.", f"Close it after {end.isoformat()}."
        )
    with acting(actor, Permission.DAY_CLOSE, area_code, "day.close", ("area", area_code)) as record:
        if DayClose.objects.everything("is it closed").filter(area_code=area_code, day=day).exists():
            raise Conflict(
                "duties.closed_already", f"{day} is closed already.", "Open the closed day to read it."
            )
        left = unsettled_on(area_code, day)
        _require_reasons(left, reasons)
        figures = figures_of(area_code, day)
        account = {
            "area": area_code,
            "day": day.isoformat(),
            "figures": figures,
            "left": _account(left, reasons),
        }
        digest = hashlib.sha256(json.dumps(account, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
        close = DayClose.objects.create(
            area_code=area_code,
            day=day,
            closed_at=clock.now(),
            closed_by=actor.account_id,
            figures=figures,
            digest=digest,
        )
        _write_items(actor, close, left, reasons)
        record.detail = {"day": day.isoformat(), "digest": digest, "n_left": len(left)}
        publish("day.closed", area_code, {"close": str(close.id)})
    return close


def _require_reasons(left: list[Duty], reasons: dict[str, str]) -> None:
    missing = [str(duty.id) for duty in left if len(reasons.get(str(duty.id), "").strip()) < 2]
    if missing:
        raise InputError(
            "duties.unexplained",
            f"{len(missing)} duties of the day are not explained.",
            "Say for each why it was late, refused or left.",
            {"duties": missing},
        )


def _account(left: list[Duty], reasons: dict[str, str]) -> list[dict[str, str]]:
    return [
        {"duty": str(duty.id), "state": duty.state.value, "why": reasons[str(duty.id)].strip()[:300]}
        for duty in left
    ]


def _write_items(actor: Actor, close: DayClose, left: list[Duty], reasons: dict[str, str]) -> None:
    up = _above(close.area_code)
    items = [
        DayCloseItem(
            close=close,
            duty=duty,
            area_code=duty.area_code,
            state=duty.state.value,
            why=reasons[str(duty.id)].strip()[:300],
            escalated_to=_told(close.area_code, duty.state),
        )
        for duty in left
    ]
    insert_rows(items)
    insert_rows(
        [
            DutyNote(
                duty=item.duty, what="closed_open", actor_id=actor.account_id, area_code=up, text=item.why
            )
            for item in items
            if item.escalated_to
        ]
    )


def _above(area_code: str) -> str:
    above = (code for code in ancestor_codes(area_code, code_lengths()) if len(code) < len(area_code))
    return next(above, "")


def _told(area_code: str, state: str) -> str:
    """Return who is told of a duty that the day left: one level up, nobody when it is done after all."""
    return "" if state == DutyState.DONE_LATE else _above(area_code)


def verify_close(close: DayClose) -> bool:
    """Tell whether a closed day still says what its event in the audit chain sealed."""
    event = _closing_events(area_code=close.area_code, detail__day=close.day.isoformat()).first()
    return event is not None and _is_as_sealed(close, event)


def verify_closes() -> list[tuple[int, str]]:
    """Return the closed days that are gone, altered or never sealed, by the number of their event (0: none)."""
    closes = {
        (one.area_code, one.day.isoformat()): one for one in DayClose.objects.everything("verification")
    }
    faults = []
    for event in _closing_events():
        close, day = closes.pop((event.area_code, event.detail["day"]), None), event.detail["day"]
        if close is None:
            faults.append((event.seq, f"the closed day {day} of {event.area_code} is missing"))
        elif not _is_as_sealed(close, event):
            faults.append((event.seq, f"the closed day {day} of {event.area_code} was altered"))
    return faults + [(0, f"the closed day {day} of {area} was never sealed") for area, day in sorted(closes)]


def _closing_events(**found: Any) -> Any:
    return events_of("day.close").filter(**found).order_by("seq")


def _is_as_sealed(close: DayClose, event: Any) -> bool:
    model = close.items.model.objects.everything("verification").filter(close=close)
    items = list(model.order_by("duty__due_at", "duty_id"))
    left = [{"duty": str(item.duty_id), "state": item.state, "why": item.why} for item in items]
    account = {"area": close.area_code, "day": close.day.isoformat(), "figures": close.figures, "left": left}
    digest = hashlib.sha256(json.dumps(account, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    told = all(item.escalated_to == _told(close.area_code, item.state) for item in items)
    return digest == close.digest == event.detail["digest"] and close.closed_by == event.actor_id and told
