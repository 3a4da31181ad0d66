"""Verify the chain; read events within a scope."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tongzhou.core.access import Scope
from tongzhou.server.audit import rules
from tongzhou.server.audit.keys import chain_key
from tongzhou.server.audit.models import Event, Head
from tongzhou.server.kernel.records import ScopedQuerySet


@dataclass(slots=True)
class Verification:
    """What a walk along the chain found. ``faults`` lists (sequence number, what is wrong)."""

    n_events: int = 0
    n_erased: int = 0
    faults: list[tuple[int, str]] = field(default_factory=list)

    @property
    def is_intact(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


def content_of(event: Event) -> dict[str, Any]:
    """Return the part of an event that its content digest covers."""
    names = ("actor_id", "action", "area_code", "subject_kind", "subject_id", "detail")
    return {name: getattr(event, name) for name in names}


def verify_chain() -> Verification:
    """Walk the whole chain: every link, every content, every gap, every emptied row, and the head."""
    found = Verification()
    key, previous, expected_seq = chain_key(), rules.GENESIS, 1
    erased: set[int] = set()
    allowed: set[int] = set()
    for event in Event.objects.everything("verification").order_by("seq").iterator(chunk_size=2000):
        found.n_events += 1
        if event.seq != expected_seq:
            found.faults.append((event.seq, f"events {expected_seq} to {event.seq - 1} are missing"))
        if event.previous_digest != previous:
            found.faults.append((event.seq, "does not follow the event before it"))
        if event.digest != rules.link(key, event.previous_digest, event.seq, event.at, event.content_digest):
            found.faults.append((event.seq, "its link was altered"))
        if not event.salt:
            erased.add(event.seq)
        elif event.content_digest != rules.digest_content(event.salt, content_of(event)):
            found.faults.append((event.seq, "its content was altered"))
        elif event.action == rules.ERASE_ACTION:
            allowed.update(event.detail.get("emptied", []))
        previous, expected_seq = event.digest, event.seq + 1
    found.n_erased = len(erased)
    found.faults += [(seq, "its content was emptied without an erasure") for seq in sorted(erased - allowed)]
    head = Head.objects.filter(id=1).first()
    if head and (head.seq, head.digest) != (expected_seq - 1, previous):
        found.faults.append((head.seq, "the head of the chain does not match its last event"))
    return found


def events_within(scope: Scope) -> ScopedQuerySet:
    """Return the events of a scope's areas, latest first."""
    return Event.objects.all().within(scope)
