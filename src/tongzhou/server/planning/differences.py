"""What a change of rules means for the people under order or in contact today, from their records."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

from tongzhou.core.access import Actor
from tongzhou.core.errors import InputError
from tongzhou.core.exposures import Grade
from tongzhou.policy import ComparedPerson, SubjectFacts, SubjectKind, compare, load_pack
from tongzhou.policy.compare import Burden
from tongzhou.server.access.queries import require
from tongzhou.server.access.rules import Permission
from tongzhou.server.cases.models import Contact, Decided
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.records import prefix_range
from tongzhou.server.measures.drafting import facts_of
from tongzhou.server.measures.models import Order, OrderState

WHY = "orders of an area that the actor may analyse"
CHUNK = 2000
SHOWN = 100
RECENT = timedelta(days=30)
Row = tuple[str, str, str, ComparedPerson]
"""Kind of record, its identifier, area, person to compare."""


def compare_orders(
    actor: Actor, area_code: str, before: str, after: str, beat: Callable[[], object] = lambda: None
) -> dict[str, Any]:
    """Compare two packs on the orders in force and the contacts without one, in and below an area.

    Needs: analysis.read in the area. Returns counts by change and area, the burden of both packs, the digest of the
    facts, and the identifiers of the first records of each change.
    """
    require(actor, Permission.ANALYSIS_READ, area_code)
    pack_a, pack_b, now = load_pack(before), load_pack(after), clock.now()
    account = _Account()
    everybody = _rows(area_code)
    while rows := list(islice(everybody, CHUNK)):
        beat()
        account.note(rows)
        try:
            found = compare(pack_a, pack_b, [row[3] for row in rows], now)
        except InputError:
            account.add_one_by_one(pack_a, pack_b, rows, now)
            continue
        account.add(rows, found)
    return account.as_json(f"{pack_a.name} {pack_a.version}", f"{pack_b.name} {pack_b.version}")


def _rows(area_code: str) -> Iterator[Row]:
    """Yield who is under an order, then contacts who are not."""
    held: set[int] = set()
    orders = Order.objects.everything(WHY).filter(
        prefix_range("area_code", area_code), state=OrderState.IN_FORCE
    )
    for order in orders.order_by("id").iterator(chunk_size=CHUNK):
        held.add(order.person_id)
        subject = SubjectKind(order.facts["subject"])
        yield "order", str(order.id), order.area_code, ComparedPerson(facts_of(order), subject)
    contacts = Contact.objects.everything(WHY).filter(
        prefix_range("area_code", area_code), last_exposure_at__gte=clock.now() - RECENT, released_at=None
    )
    contacts = contacts.exclude(decision=Decided.REJECTED).exclude(grade=Grade.NONE.value)
    rows = contacts.order_by("id").values_list("id", "person_id", "area_code", "grade", "last_exposure_at")
    for contact_id, person, area, grade, last in rows.iterator(chunk_size=CHUNK):
        if person not in held:
            held.add(person)
            facts = SubjectFacts(person, last_exposure_at=last)
            yield "contact", str(contact_id), area, ComparedPerson(facts, SubjectKind(grade))


class _Account:
    """Sums over chunks of people."""

    def __init__(self) -> None:
        self.seal = hashlib.sha256()
        self.changes: Counter[str] = Counter()
        self.by_area: dict[str, Counter[str]] = {}
        self.shown: dict[str, list[dict[str, Any]]] = {}
        self.before: Counter[str] = Counter()
        self.after: Counter[str] = Counter()
        self.n_people = self.n_unknown = 0

    def note(self, rows: Iterable[Row]) -> None:
        """Add people's facts to the digest."""
        for kind, identifier, _area, person in rows:
            facts = person.facts
            told = (facts.last_exposure_at, facts.onset_on, facts.sampled_at, sorted(facts.conditions))
            self.seal.update(f"{kind}{identifier}{told}{person.subject}".encode())
            self.n_people += 1

    def add_one_by_one(self, pack_a: Any, pack_b: Any, rows: list[Row], now: Any) -> None:
        """Compare people singly, since the facts of one do not suffice for a rule."""
        for row in rows:
            try:
                self.add([row], compare(pack_a, pack_b, [row[3]], now))
            except InputError:
                self.n_unknown += 1

    def add(self, rows: list[Row], found: Any) -> None:
        """Add the differences of a chunk."""
        for (kind, identifier, area, _), person in zip(rows, found.people, strict=True):
            change = person.change.value
            self.changes[change] += 1
            self.by_area.setdefault(area, Counter())[change] += 1
            listed = self.shown.setdefault(change, [])
            if change != "none" and len(listed) < SHOWN:
                days = {"before": round(person.days_before, 1), "after": round(person.days_after, 1)}
                listed.append({"kind": kind, "id": identifier, **days})
        _add_burden(self.before, found.before)
        _add_burden(self.after, found.after)

    def as_json(self, before: str, after: str) -> dict[str, Any]:
        """Return the account as a study keeps it."""
        return {
            "before": {"pack": before, **_rounded(self.before)},
            "after": {"pack": after, **_rounded(self.after)},
            "changes": dict(self.changes),
            "by_area": {area: dict(counts) for area, counts in sorted(self.by_area.items())},
            "shown": {change: rows for change, rows in self.shown.items() if rows},
            "n_people": self.n_people,
            "n_unknown": self.n_unknown,
            "digest": self.seal.hexdigest(),
        }


def _add_burden(total: Counter[str], burden: Burden) -> None:
    total["n_under_order"] += burden.n_under_order
    total["n_tests"] += burden.n_tests
    total["n_open_ended"] += burden.n_open_ended
    for kind, days in burden.person_days.items():
        total[f"days:{kind.value}"] += days  # type: ignore[assignment]


def _rounded(total: Counter[str]) -> dict[str, Any]:
    days = {name.removeprefix("days:"): round(n, 1) for name, n in total.items() if name.startswith("days:")}
    counts = {name: total[name] for name in ("n_under_order", "n_tests", "n_open_ended")}
    return {**counts, "person_days": days, "days": round(sum(days.values()), 1)}
