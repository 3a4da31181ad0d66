"""The API keeps its own schema under fuzzed requests, and answers errors as problem+json."""

from __future__ import annotations

from pathlib import Path

import pytest
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, settings

from tests.cast import Cast
from tests.server.labs.conftest import VALID
from tests.server.world import build_world
from tongzhou.server.cases.models import Case
from tongzhou.server.config.wsgi import application

pytestmark = pytest.mark.django_db(transaction=True)
schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
RESULT = {
    "laboratory": "SZ-CDC", "document": VALID["wang"], "sample": "T1", "sampled_at": "2022-07-12T08:00:00+08:00",
    "resulted_at": "2022-07-12T11:00:00+08:00", "outcome": "positive",
}  # fmt: skip


@pytest.fixture
def ready(cast: Cast, now: object, settings: object, tmp_path: Path) -> Cast:
    settings.LEDGER_ROOT, settings.HOME = tmp_path / "ledger", tmp_path / "home"
    return cast


@schema.parametrize()
@settings(max_examples=4, suppress_health_check=list(HealthCheck))
def test_api_never_breaks(case: schemathesis.Case, ready: Cast) -> None:
    response = case.call()
    assert response.status_code < 500
    if response.status_code >= 400:
        assert response.headers["content-type"][0].startswith("application/problem+json")


def test_a_result_by_the_api_opens_a_case_once(ready: Cast, now: object, client: Client) -> None:
    world = build_world(now)
    person = world.people["wang"]
    assert RESULT["document"] == person.document
    client.force_login(ready.account("lab_clerk"))
    for _ in range(2):
        answer = client.post(
            "/api/v1/labs/results", RESULT, "application/json", headers={"Idempotency-Key": "k"}
        )
        assert answer.json() == {"made": "positive"}
    assert Case.objects.everything("test").get().person == person
    changed = client.post(
        "/api/v1/labs/results",
        {**RESULT, "sample": "T2"},
        "application/json",
        headers={"Idempotency-Key": "k"},
    )
    assert changed.status_code == 409


def test_a_stranger_is_asked_to_sign_in(db: None) -> None:
    answer = Client().post("/api/v1/labs/results", RESULT, "application/json")
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("address", ["nowhere", "public/bulletins/%0A", "%0A", ""])
def test_an_address_that_is_none_is_answered_as_a_problem(db: None, address: str) -> None:
    answer = Client().get(f"/api/v1/{address}")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


def test_no_value_is_repeated_in_an_error(ready: Cast, client: Client) -> None:
    client.force_login(ready.account("lab_clerk"))
    wrong = {**RESULT, "sampled_at": "yesterday"}
    answer = client.post("/api/v1/labs/results", wrong, "application/json")
    assert answer.status_code == 422
    assert VALID["wang"] not in answer.content.decode()
