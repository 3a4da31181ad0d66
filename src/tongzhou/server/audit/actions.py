"""Append an event; empty the content of events about an erased subject."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction

from tongzhou.server.audit import rules
from tongzhou.server.audit.keys import chain_key
from tongzhou.server.audit.models import Event, Head
from tongzhou.server.kernel import clock


def append_event(
    actor_id: str,
    action: str,
    *,
    area_code: str = "",
    subject: tuple[str, str] = ("", ""),
    detail: dict[str, Any] | None = None,
) -> Event:
    """Append one event in the running transaction, after locking the head of the chain."""
    if not connection.in_atomic_block:
        raise RuntimeError("An audit event must share the transaction of its action.")
    head = Head.objects.select_for_update().filter(id=1).first() or Head.objects.create(id=1)
    content = {
        "actor_id": actor_id,
        "action": action,
        "area_code": area_code,
        "subject_kind": subject[0],
        "subject_id": str(subject[1]),
        "detail": detail or {},
    }
    salt = secrets.token_hex(16)
    content_digest = rules.digest_content(salt, content)
    at, seq = clock.now(), head.seq + 1
    digest = rules.link(chain_key(), head.digest, seq, at, content_digest)
    event = Event.objects.create(
        seq=seq,
        at=at,
        salt=salt,
        content_digest=content_digest,
        previous_digest=head.digest,
        digest=digest,
        **content,
    )
    seal = rules.seal_head(chain_key(), seq, digest)
    Head.objects.filter(id=1).update(seq=seq, digest=digest, seal=seal)
    return event


def erase_subjects(actor_id: str, subjects: Iterable[tuple[str, str]], reason: str) -> int:
    """Empty every event about the subjects and note which, with a digest of what is left of each.

    The chain stays verifiable. Returns the number of events emptied.
    """
    with transaction.atomic():
        left: dict[str, str] = {}
        for kind, identifier in subjects:
            events = Event.objects.everything("erasure").filter(subject_kind=kind, subject_id=str(identifier))
            emptied = list(events.values_list("seq", flat=True))
            events.update(subject_id="", subject_kind="", detail={}, salt="")
            remains = Event.objects.everything("erasure").filter(seq__in=emptied)
            left |= {str(event.seq): rules.digest_content(event.digest, event.content) for event in remains}
        numbers = sorted(map(int, left))
        append_event(
            actor_id, rules.ERASE_ACTION, detail={"reason": reason, "emptied": numbers, "left": left}
        )
        return len(left)
