"""One record of every other kind that an address names, and as many of some as a large outbreak leaves."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from bench.pages.outbreak import write_many

EVENTS, DECISIONS, UNLINKED, APPEALS, TRAVELLERS = 25, 5, 0.5, 0.05, 2.5
"""For each case."""
RESIDENT = 1
"""The person of the account `resident`."""
FILE = "records.json"
"""In the home folder: what the addresses of pages are filled with."""


def write_records(home: Path, grid: str, n_cases: int) -> None:
    """Write them with the actions and the helper of the test of budgets, and note what addresses name."""
    from tests.budgets.records import add_records
    from tests.cast import Cast
    from tests.server.world import World

    from tongzhou.core.access import system_actor
    from tongzhou.server.access.models import Account
    from tongzhou.server.kernel import clock
    from tongzhou.server.labs.actions import open_laboratory
    from tongzhou.server.labs.models import UnlinkedResult
    from tongzhou.server.people.models import Person
    from tongzhou.server.travel.models import TravelRegistration

    now = clock.now()
    resident = Person.objects.everything("bench").get(id=RESIDENT)
    laboratory = open_laboratory(system_actor("bench"), grid[:4], "BENCH", "测试")
    cast = Cast({account.username: account for account in Account.objects.all()})
    values = _outbreak_values()
    _write_days(now, [RESIDENT, values["person"]])
    values = add_records(cast, World({"wang": resident}, {}, laboratory), now, community=grid[:12]) | values
    write_many(UnlinkedResult, (_unlinked(n, now, laboratory) for n in range(int(UNLINKED * n_cases))))
    _write_appeals(int(APPEALS * n_cases))
    write_many(TravelRegistration, (_traveller(n, now, grid[:4]) for n in range(int(TRAVELLERS * n_cases))))
    _write_audit(now, grid[:4], values["duty"], n_cases)
    (home / FILE).write_text(json.dumps(values, default=str), encoding="utf-8")


def _outbreak_values() -> dict[str, Any]:
    from tongzhou.server.cases.models import ExposureRecord
    from tongzhou.server.duties.models import Duty
    from tongzhou.server.measures.models import Order, Zone

    exposure = ExposureRecord.objects.everything("bench").order_by("-case__diagnosed_at").first()
    case = exposure.case
    return {
        "case": case.id, "exposure": exposure.id, "person": case.person_id, "county": case.area_code[:6],
        "order": Order.objects.everything("bench").filter(state="draft").first().id,
        "duty": Duty.objects.everything("bench").filter(holder__username="grid_worker").first().id,
        "zone": Zone.objects.everything("bench").first().id,
    }  # fmt: skip


def _write_days(now: datetime, persons: list[int]) -> None:
    """Write two weeks of stays of some persons and one flight each."""
    from tongzhou.server.movement.ledger_door import get_ledger

    hour = timedelta(hours=1)
    spans = [
        (now - timedelta(days=day) + k * 6 * hour, place)
        for day in range(1, 15)
        for k, place in enumerate((1, 2, 3))
    ]
    stays = [
        {
            "person": person, "place": place, "from_s": int(start.timestamp()),
            "until_s": int((start + 5 * hour).timestamp()), "source": "registered",
        }
        for person in persons for start, place in spans
    ]  # fmt: skip
    get_ledger().append("stays", pl.DataFrame(stays), batch_id="bench", recorded_at=now)
    start = now - timedelta(days=2)
    trips = [
        {
            "person": person, "conveyance": "aircraft", "vehicle": "ZH9101", "trip_day": start.date(), "carriage": None,
            "row": 12, "seat": "A", "compartment": None, "bay": None, "seat_class": None, "is_crew": 0,
            "from_s": int(start.timestamp()), "until_s": int((start + 3 * hour).timestamp()), "source": "carrier",
        }
        for person in persons
    ]  # fmt: skip
    get_ledger().append("trips", pl.DataFrame(trips), batch_id="bench", recorded_at=now)


def _unlinked(number: int, now: datetime, laboratory: Any) -> Any:
    from tongzhou.server.labs.models import Outcome, UnlinkedResult

    return UnlinkedResult(
        area_code=laboratory.area_code, batch_id="bench", laboratory=laboratory, sample_code=f"S{number}",
        sampled_at=now, resulted_at=now, outcome=Outcome.NEGATIVE, dedupe_key=f"bench{number}",
    )  # fmt: skip


def _write_appeals(n_appeals: int) -> None:
    from tongzhou.server.measures.models import Appeal, Order

    orders = Order.objects.everything("bench").filter(state="in_force").order_by("-id")[:n_appeals]
    write_many(
        Appeal, (Appeal(area_code=order.area_code, order=order, text="I was away.") for order in orders)
    )


def _traveller(number: int, now: datetime, city: str) -> Any:
    from tongzhou.server.travel.models import TravelRegistration

    return TravelRegistration(
        area_code=city, direction="in", on=now.date() + timedelta(days=number % 30), other=f"{11 + number % 5}",
        means="train", n_people=1 + number % 3, name="某", phone=f"100{number:08d}", code_index=f"c{number}",
        phone_index=f"p{number}", consented_at=now,
    )  # fmt: skip


def _write_audit(now: datetime, city: str, duty: Any, n_cases: int) -> None:
    """Write a long record behind what is there, as a valid chain, and decisions of access."""
    from tongzhou.server.access.models import Account, Decision
    from tongzhou.server.audit.models import Event, Head

    actor, head = str(Account.objects.get(username="investigator").id), Head.objects.get(id=1)
    about = (str(duty) if number % 1000 == 0 else f"d{number}" for number in range(int(EVENTS * n_cases)))
    write_many(Event, _chain(head, about, {"actor_id": actor, "area_code": city}, now))
    head.save()
    decisions = (
        Decision(
            at=now - timedelta(minutes=number), account_id=actor, permission="person.unmask", area_code=city,
            subject_kind="person", subject_id=str(number), is_allowed=True, why="asked",
        )
        for number in range(int(DECISIONS * n_cases))
    )  # fmt: skip
    write_many(Decision, decisions)


def _chain(head: Any, about: Iterator[str], fields: dict[str, str], now: datetime) -> Iterator[Any]:
    """Yield one event for each subject, each bound to the one before; the head is left at the last."""
    from tongzhou.server.audit import rules
    from tongzhou.server.audit.keys import chain_key
    from tongzhou.server.audit.models import Event

    key = chain_key()
    for subject in about:
        content = {**fields, "action": "duty.do", "subject_kind": "duty", "subject_id": subject, "detail": {}}
        salt, seq, previous = secrets.token_hex(16), head.seq + 1, head.digest
        covered = rules.digest_content(salt, content)
        head.seq, head.digest = seq, rules.link(key, previous, seq, now, covered)
        yield Event(
            seq=seq,
            at=now,
            salt=salt,
            content_digest=covered,
            previous_digest=previous,
            digest=head.digest,
            **content,
        )
    head.seal = rules.seal_head(key, head.seq, head.digest)
