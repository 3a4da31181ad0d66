"""The prohibitions as checks that run on every measure in force, at all times.

Each order and zone is compared with its pack again and again. What differs from what was found when it was
confirmed is drift: somebody must look. Never changes a measure by itself.
"""

from __future__ import annotations

import hashlib
import json
import logging
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tongzhou.core.access import system_actor
from tongzhou.core.errors import TongzhouError
from tongzhou.policy import MeasureFacts, check_measure
from tongzhou.server.access.actions import acting
from tongzhou.server.access.rules import Permission
from tongzhou.server.cases.packs import pack_named
from tongzhou.server.duties.actions import DutyDraft, create_duty
from tongzhou.server.duties.models import Duty
from tongzhou.server.kernel import clock
from tongzhou.server.measures import rules
from tongzhou.server.measures.drafting import facts_of
from tongzhou.server.measures.models import Order, OrderState, Zone, ZoneState
from tongzhou.server.measures.zoning import check_standing_zone

RECHECK = system_actor("recheck")
ROUND_EVERY = timedelta(minutes=10)
LOOK_WITHIN = timedelta(hours=4)
_log = logging.getLogger(__name__)


class _Round:
    """Where this process stands in its walk over everything in force."""

    began_at: datetime | None = None
    last: UUID | None = None
    is_over = True


def recheck_measures(limit: int = 500) -> int:
    """Compare the next measures in force with their packs; return how many were newly found different.

    A walk over everything begins every ten minutes and takes `limit` orders a step. Writes: Duty
    (``check_drift``). Records: measure.drift. Idempotent by measure and finding.
    """
    now = clock.now()
    if _Round.is_over:
        if _Round.began_at and _Round.began_at <= now < _Round.began_at + ROUND_EVERY:
            return 0
        _Round.began_at, _Round.last, _Round.is_over = now, None, False
    orders = Order.objects.everything("rechecks").filter(state=OrderState.IN_FORCE).order_by("id")
    batch = list((orders.filter(id__gt=_Round.last) if _Round.last else orders)[:limit])
    n_found = sum(_flag(order, "order", order.number, drift_of_order(order)) for order in batch)
    if len(batch) == limit:
        _Round.last = batch[-1].id
        return n_found
    zones = Zone.objects.everything("rechecks").filter(state=ZoneState.IN_FORCE)
    n_found += sum(_flag(zone, "zone", zone.unit_name_zh, drift_of_zone(zone)) for zone in zones)
    _Round.is_over = True
    return n_found


def start_over() -> None:
    """Begin the next walk at once."""
    _Round.began_at, _Round.is_over = None, True


def drift_of_order(order: Order) -> list[str]:
    """Return in which ways a stored order differs from what its pack and its own findings say; empty when none."""
    try:
        pack = pack_named(order.pack, order.pack_version)
        subject = order.facts.get("subject", "")
        measure = rules.measure_of_phases(order.phases, subject, len(order.tests), order.starts_at)
        found = check_measure(pack, measure, MeasureFacts(person=facts_of(order)))
    except (TongzhouError, KeyError, TypeError, ValueError) as fault:
        return [
            f"cannot be checked: {fault.code if isinstance(fault, TongzhouError) else type(fault).__name__}"
        ]
    drift = _compared(rules.findings_as_data(found), order)
    if order.ends_at != rules.end_of(order.phases):
        drift.append("its end differs from its phases")
    if order.next_at is None:
        drift.append("no clock looks at it")
    return drift


def drift_of_zone(zone: Zone) -> list[str]:
    """Return in which ways a zone in force differs from what its pack and its own findings say."""
    try:
        found = check_standing_zone(zone)
    except (TongzhouError, KeyError, TypeError, ValueError) as fault:
        return [
            f"cannot be checked: {fault.code if isinstance(fault, TongzhouError) else type(fault).__name__}"
        ]
    return _compared(found, zone)


def _compared(found: list[dict[str, Any]], measure: Order | Zone) -> list[str]:
    """Name findings that nobody approved, and an approval that has no second person."""
    known = {(item["strictness"], item["clause"]) for item in measure.findings}
    drift = [
        f"{item['strictness']} ({item['clause'] or '-'})"
        for item in found
        if (item["strictness"], item["clause"]) not in known
    ]
    if found and not measure.approved_by:
        drift.append("stricter without a second person")
    if any(item["is_absolute"] for item in found):
        drift.append("forbidden without exception")
    return drift


def _flag(measure: Order | Zone, kind: str, number: str, drift: list[str]) -> bool:
    """Owe somebody a look at a measure that differs; once for each way it differs."""
    if not drift:
        return False
    digest = hashlib.sha256(json.dumps(sorted(drift)).encode()).hexdigest()[:12]
    key = f"drift:{measure.id}:{digest}"
    if Duty.objects.everything("found before").filter(dedupe_key=key).exists():
        return False
    with acting(
        RECHECK, Permission.DUTY_ASSIGN, measure.area_code, "measure.drift", (kind, measure.id)
    ) as record:
        draft = DutyDraft(
            kind="check_drift",
            subject=(kind, str(measure.id)),
            area_code=measure.area_code,
            due_at=clock.now() + LOOK_WITHIN,
            dedupe_key=key,
            params={"number": number},
        )
        create_duty(draft, RECHECK)
        record.detail = {"drift": drift}
    _log.warning("%s %s differs from its rule", kind, measure.id)
    return True
