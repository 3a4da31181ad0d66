"""Nothing personal leaves by a side door: log lines, addresses, error answers, the audit, facts, duties."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from tests.cast import Cast
from tests.server.world import DOCUMENTS, World, build_world
from tongzhou.server.access.models import Decision
from tongzhou.server.audit.models import Event
from tongzhou.server.cases.models import Case
from tongzhou.server.duties.models import Duty, DutyNote
from tongzhou.server.kernel.models import Fact, IdempotencyKey, Job
from tongzhou.server.measures.models import Order
from tongzhou.server.people.models import Person

pytestmark = pytest.mark.django_db(transaction=True)

NAMES = {who: f"欧阳{mark}柒" for who, mark in zip(DOCUMENTS, "甲乙丙丁戊己", strict=True)}
PHONES = {who: f"1990013570{number}" for number, who in enumerate(DOCUMENTS)}
SECRETS = [*NAMES.values(), *PHONES.values(), *DOCUMENTS.values()]
BACKEND = "django.contrib.auth.backends.ModelBackend"


class Lines(logging.Handler):
    """Keeps every line of every logger, as a handler of the root gets it, with its trace."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def lines(settings: Any) -> Iterator[Lines]:
    """Listen at DEBUG, through the filters that the settings put on their own handler."""
    heard, root = Lines(), logging.getLogger()
    for name in settings.LOGGING["handlers"]["stderr"]["filters"]:
        heard.addFilter(_filter(settings.LOGGING["filters"][name]))
    level = root.level
    root.addHandler(heard)
    root.setLevel(logging.DEBUG)
    yield heard
    root.removeHandler(heard)
    root.setLevel(level)


def _filter(described: dict[str, Any]) -> Any:
    from django.utils.module_loading import import_string

    return import_string(described["()"])()


@pytest.fixture
def world(cast: Cast, now: datetime, settings: Any, tmp_path: Any) -> World:
    """Give the small world names and phones that can be told apart from everything else."""
    settings.LEDGER_ROOT = tmp_path / "ledger"
    world = build_world(now)
    for who, person in world.people.items():
        person.name, person.phone = NAMES[who], PHONES[who]
        person.save()
    return world


def client_of(cast: Cast, name: str) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(cast.account(name), backend=BACKEND)
    return client


def result_of(who: str, now: datetime, **changes: str) -> dict[str, str]:
    from tongzhou.server.kernel import clock

    local = now.astimezone(clock.zone())
    fields = {
        "laboratory": "SZ-CDC", "document": DOCUMENTS[who], "name": NAMES[who], "phone": PHONES[who],
        "sample": f"T-{who}", "sampled_at": f"{local - timedelta(hours=9):%Y-%m-%dT%H:%M}",
        "resulted_at": f"{local - timedelta(minutes=10):%Y-%m-%dT%H:%M}", "method": "nucleic_acid",
        "outcome": "positive",
    }  # fmt: skip
    return fields | changes


def run_main_flow(cast: Cast, world: World, now: datetime) -> list[Any]:
    """Do what people do, wrongly too; every answer."""
    clerk, investigator = client_of(cast, "lab_clerk"), client_of(cast, "investigator")
    answers = [clerk.post("/labs/results/new/", result_of("wang", now))]
    case = Case.objects.everything("test").get()
    orders = Order.objects.everything("test").filter(state="draft")
    answers += [
        clerk.post("/labs/results/new/", result_of("li", now, sampled_at="2039-01-01T00:00")),
        clerk.post("/labs/results/new/", result_of("li", now, document="44030519991231001X")),
        investigator.post("/cases/find/", {"text": DOCUMENTS["wang"]}),
        investigator.post("/people/", {"text": NAMES["zhao"]}),
        investigator.post(f"/cases/{case.id}/unmask/", {"reason": "to call them back"}),
        investigator.post("/measures/orders/confirm/", {"id": [str(order.id) for order in orders]}),
        *[investigator.get(f"/cases/{case.id}/{part}") for part in ("", "exposures/", "orders/", "log/")],
        investigator.get(f"/measures/orders/{orders.model.objects.everything('test').first().id}/"),
        client_of(cast, "grid_worker").get("/duties/mine/"),
        client_of(cast, "grid_worker").get(f"/cases/{case.id}/"),
        client_of(cast, "other_investigator").get(f"/cases/{case.id}/"),
        Client().get(f"/cases/{case.id}/"),
    ]
    return answers


def leaks(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret in text]


def test_no_log_line_holds_a_name_document_or_phone(
    cast: Cast, world: World, now: datetime, lines: Lines
) -> None:
    run_main_flow(cast, world, now)
    assert lines.lines
    assert [line[:200] for line in lines.lines if leaks(line)] == []


def test_no_address_or_error_holds_a_name_document_or_phone(cast: Cast, world: World, now: datetime) -> None:
    answers = run_main_flow(cast, world, now)
    for answer in answers:
        assert not leaks(answer.headers.get("Location", "") + answer.request["PATH_INFO"])
        assert not leaks(answer.request["QUERY_STRING"])
    refused = [answer for answer in answers if answer.status_code in (403, 404, 409, 500)]
    assert len(refused) >= 2
    assert not leaks("".join(answer.content.decode() for answer in refused))
    assert 500 not in {answer.status_code for answer in answers}


def test_lists_show_no_plain_name(cast: Cast, world: World, now: datetime) -> None:
    pages = [
        answer for answer in run_main_flow(cast, world, now) if answer.request["REQUEST_METHOD"] == "GET"
    ]
    assert not leaks("".join(page.content.decode() for page in pages))


def test_no_record_beside_the_vault_holds_a_name_document_or_phone(
    cast: Cast, world: World, now: datetime
) -> None:
    run_main_flow(cast, world, now)
    tables = [Event, Decision, Fact, Duty, DutyNote, IdempotencyKey, Job, Order, Case, Person]
    for model in tables:
        manager = model.objects
        rows = manager.everything("test") if hasattr(manager, "everything") else manager.all()
        encrypted = {f.name for f in model._meta.fields if "Encrypted" in type(f).__name__}
        stored = [f.name for f in model._meta.fields if f.name not in encrypted]
        found = leaks(json.dumps(list(rows.values(*stored)), default=str, ensure_ascii=False))
        assert not found, f"{model.__name__} holds {found}"
