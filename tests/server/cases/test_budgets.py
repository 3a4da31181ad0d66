"""The number of queries and the size of pages stay the same however many rows there are."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.cast import GRID
from tests.server.cases.conftest import SignIn
from tongzhou.server.cases.models import Case, Contact, ExposureRecord, TransmissionLink
from tongzhou.server.duties.models import Duty
from tongzhou.server.people.actions import PersonEntry, build_person
from tongzhou.server.people.models import Person

pytestmark = pytest.mark.django_db(transaction=True)

MOST_BYTES = 500_000


def add_rows(case: Case, n: int, now: datetime) -> None:
    """Add cases with a clock and a link each, and contacts of `case` with an exposure each."""
    people = [build_person(PersonEntry(GRID, name=f"人{secrets.token_hex(3)}")) for _ in range(n)]
    people = Person.objects.bulk_create(people)
    cases = Case.objects.bulk_create([copy_of(case, person, now) for person in people])
    TransmissionLink.objects.bulk_create(
        [TransmissionLink(area_code=GRID, infector=case, infectee=other, source="test") for other in cases]
    )
    Duty.objects.bulk_create([clock_of(other, now) for other in cases])
    contacts = Contact.objects.bulk_create(
        [
            Contact(area_code=GRID, case=case, person=person, grade="close", last_exposure_at=now)
            for person in people
        ]
    )
    ExposureRecord.objects.bulk_create([exposure_of(case, contact, now) for contact in contacts])


def copy_of(case: Case, person: Person, now: datetime) -> Case:
    return Case(
        number=f"440305-{secrets.token_hex(5)}", area_code=GRID, person=person, disease=case.disease, pack=case.pack,
        pack_version=case.pack_version, classification="confirmed", diagnosed_at=now,
        window_from_at=now - timedelta(days=2), window_until_at=now,
    )  # fmt: skip


def clock_of(case: Case, now: datetime) -> Duty:
    return Duty(
        kind="case_clock", subject_kind="case", subject_id=str(case.id), area_code=GRID, post_kind="investigator",
        starts_at=now, due_at=now + timedelta(hours=2), warn_at=now, dedupe_key=str(uuid.uuid4()),
        params={"name_zh": "钟", "name_en": "clock", "number": case.number},
    )  # fmt: skip


def exposure_of(case: Case, contact: Contact, now: datetime) -> ExposureRecord:
    return ExposureRecord(
        area_code=GRID, case=case, contact=contact, origin="computed", setting="work", from_at=now, minutes=30,
        until_at=now + timedelta(minutes=30), grade="close", rule_id="setting.closed", reason_zh="因", reason_en="why",
        fingerprint=secrets.token_hex(16),
    )  # fmt: skip


def measure(client: Client, url: str) -> tuple[int, int]:
    """Return queries and bytes of one page."""
    client.get(url)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        answer = client.get(url)
    assert answer.status_code == 200
    return len(queries), len(answer.content)


@pytest.mark.parametrize(
    "name",
    ["list", "case", "exposures", "orders", "links", "report", "log", "itinerary", "chain", "chain_json"],
)
def test_a_page_takes_as_many_queries_with_fifty_rows_as_with_five(
    name: str, case: Case, sign_in: SignIn, now: datetime
) -> None:
    url = reverse(f"cases:{name}", args=[] if name in ("list", "chain", "chain_json") else [case.id])
    client = sign_in("investigator")
    add_rows(case, 5, now)
    few, _ = measure(client, url)
    add_rows(case, 50, now)
    many, size = measure(client, url)
    assert many == few <= 30
    assert size < MOST_BYTES


def test_the_page_of_a_person_takes_constant_queries(case: Case, sign_in: SignIn, now: datetime) -> None:
    url = reverse("people:person", args=[case.person_id])
    client = sign_in("investigator")
    few, _ = measure(client, url)
    for person in Person.objects.everything("test").filter(cases=None)[:5]:
        other = copy_of(case, person, now)
        other.save()
        Contact.objects.create(
            area_code=GRID, case=other, person=case.person, grade="close", last_exposure_at=now
        )
    many, size = measure(client, url)
    assert many == few <= 30
    assert size < MOST_BYTES
