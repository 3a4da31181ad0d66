"""Facts between apps: published in the transaction that makes them true, delivered after it commits.

An app publishes; `playbooks` consumes. Delivery happens at once after commit and again by the worker
until every consumer has succeeded, so consumers must be idempotent.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from tongzhou.core.errors import TongzhouError
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.models import Fact

Consumer = Callable[[Fact], None]
_consumers: dict[str, list[Consumer]] = {}
_log = logging.getLogger(__name__)

MAX_ATTEMPTS = 12
LEASE = timedelta(seconds=60)


def consumes(kind: str) -> Callable[[Consumer], Consumer]:
    """Register a function to be called with every fact of a kind."""

    def register(consumer: Consumer) -> Consumer:
        listed = _consumers.setdefault(kind, [])
        if consumer not in listed:
            listed.append(consumer)
        return consumer

    return register


def publish(
    kind: str,
    area_code: str,
    payload: dict[str, Any],
    occurred_at: datetime | None = None,
    *,
    is_left_to_worker: bool = False,
) -> Fact:
    """Write a fact in the running transaction; deliver it when that commits, or leave it to the worker's sweep."""
    fact = Fact.objects.create(
        kind=kind, area_code=area_code, payload=payload, occurred_at=occurred_at or clock.now()
    )
    if not is_left_to_worker:
        transaction.on_commit(lambda: deliver(fact.id), robust=True)
    return fact


def deliver(fact_id: int) -> bool:
    """Hand one fact to its consumers, once at a time; return whether it is delivered now."""
    now = clock.now()
    due = Q(retry_at=None) | Q(retry_at__lte=now)
    claimed = Fact.objects.filter(due, id=fact_id, delivered_at=None).update(
        retry_at=now + LEASE, n_attempts=F("n_attempts") + 1
    )
    if not claimed:
        return False
    fact = Fact.objects.get(id=fact_id)
    try:
        with transaction.atomic():
            for consumer in _consumers.get(fact.kind, []):
                consumer(fact)
            Fact.objects.filter(id=fact_id).update(delivered_at=clock.now(), last_error="")
    except Exception as error:  # a broken consumer must not take the publisher down; the fact waits
        _postpone(fact, error)
        return False
    return True


def _postpone(fact: Fact, error: Exception) -> None:
    code = error.code if isinstance(error, TongzhouError) else type(error).__name__
    _log.error("fact %s (%s) not delivered: %s", fact.id, fact.kind, code, exc_info=error)
    wait = timedelta(seconds=min(3600, 2**fact.n_attempts))
    Fact.objects.filter(id=fact.id).update(retry_at=clock.now() + wait, last_error=code[:200])


def sweep(limit: int = 500) -> int:
    """Deliver what is left over from crashes and failures; return how many went through."""
    now = clock.now()
    waiting = (
        Fact.objects.filter(Q(retry_at=None) | Q(retry_at__lte=now), delivered_at=None)
        .filter(n_attempts__lt=MAX_ATTEMPTS)
        .order_by("id")
        .values_list("id", flat=True)[:limit]
    )
    return sum(deliver(fact_id) for fact_id in list(waiting))
