"""Verify the chain; read events within a scope."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models import Q

from tongzhou.core.access import Scope
from tongzhou.core.area_codes import WHOLE_TREE
from tongzhou.server.audit import rules
from tongzhou.server.audit.keys import chain_key
from tongzhou.server.audit.models import Event, Head
from tongzhou.server.kernel.records import ScopedQuerySet


@dataclass(slots=True)
class Verification:
    """What a walk along the chain found: ``faults`` (sequence number, what is wrong), ``head`` the last link."""

    n_events: int = 0
    n_erased: int = 0
    head: tuple[int, str] = (0, rules.GENESIS)
    faults: list[tuple[int, str]] = field(default_factory=list)

    @property
    def is_intact(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


def verify_chain(kept: tuple[int, str] | None = None) -> Verification:
    """Walk the whole chain: every link, every content, every gap, every emptied row, the head, and one kept before."""
    found = Verification()
    key, previous, expected_seq = chain_key(), rules.GENESIS, 1
    emptied: dict[int, str] = {}
    allowed: dict[int, str | None] = {}
    for event in Event.objects.everything("verification").order_by("seq").iterator(chunk_size=2000):
        found.n_events += 1
        if event.seq != expected_seq:
            found.faults.append((event.seq, f"events {expected_seq} to {event.seq - 1} are missing"))
        if event.previous_digest != previous:
            found.faults.append((event.seq, "does not follow the event before it"))
        if event.digest != rules.link(key, event.previous_digest, event.seq, event.at, event.content_digest):
            found.faults.append((event.seq, "its link was altered"))
        if not event.salt:
            emptied[event.seq] = rules.digest_content(event.digest, event.content)
        elif event.content_digest != rules.digest_content(event.salt, event.content):
            found.faults.append((event.seq, "its content was altered"))
        elif event.action == rules.ERASE_ACTION:
            left = event.detail.get("left", {})
            allowed |= {seq: left.get(str(seq)) for seq in event.detail.get("emptied", [])}
        previous, expected_seq = event.digest, event.seq + 1
        if kept and kept[0] == event.seq and kept[1] == event.digest:
            kept = None
    found.head = (expected_seq - 1, previous)
    if kept and kept != (0, rules.GENESIS):
        found.faults.append((kept[0], "the head kept elsewhere is not in the chain"))
    found.n_erased = len(emptied)
    found.faults += _faults_of_emptied(emptied, allowed)
    found.faults += _faults_of_head(key, expected_seq - 1, previous)
    return found


def _faults_of_emptied(emptied: dict[int, str], allowed: dict[int, str | None]) -> list[tuple[int, str]]:
    faults = []
    for seq, left in sorted(emptied.items()):
        if seq not in allowed:
            faults.append((seq, "its content was emptied without an erasure"))
        elif allowed[seq] not in (None, left):
            faults.append((seq, "what an erasure left of it was altered"))
    return faults


def _faults_of_head(key: bytes, seq: int, digest: str) -> list[tuple[int, str]]:
    head = Head.objects.filter(id=1).first()
    if head is None:
        return [(seq, "the head of the chain is missing")] if seq else []
    if (head.seq, head.digest) != (seq, digest):
        return [(head.seq, "the head of the chain does not match its last event")]
    if head.seal != rules.seal_head(key, seq, digest):
        return [(head.seq, "the seal of the head was altered")]
    return []


def events_of(action: str) -> ScopedQuerySet:
    """Return the events of one action, to hold what they sealed against them."""
    return Event.objects.everything("verification").filter(action=action)


def events_within(scope: Scope) -> ScopedQuerySet:
    """Return the events of a scope's areas, latest first."""
    return Event.objects.all().within(scope)


def events_along(scope: Scope) -> ScopedQuerySet:
    """Return the same events, read along the chain from its end; no index of areas is offered.

    For a scope that holds many: a database that finds them by area sorts them all before it shows the latest.
    """
    if WHOLE_TREE in scope.prefixes:
        return events_within(scope)
    clause = Q(pk__in=[])
    for prefix in scope.prefixes:
        clause |= Q(area_code__startswith=prefix)
    return Event.objects.everything("the areas of the scope, as a pattern").filter(clause)
