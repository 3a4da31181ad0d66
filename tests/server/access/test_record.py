"""The record of what was done, over areas that hold much of it."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.test import Client

from tests.cast import CITY, COUNTY, GRID, OTHER_CITY, Cast
from tongzhou.core.access import Scope
from tongzhou.server.access import audit_views
from tongzhou.server.audit.actions import append_event
from tongzhou.server.audit.queries import events_along, events_within

pytestmark = pytest.mark.django_db


@pytest.fixture
def events(cast: Cast) -> None:
    with transaction.atomic():
        for area in ("", "44", CITY, COUNTY, GRID, OTHER_CITY):
            append_event("x", "case.open", area_code=area, subject=("case", area))


@pytest.mark.parametrize("prefixes", [("",), ("44",), (CITY,), (COUNTY, OTHER_CITY), ()])
def test_events_read_along_the_chain_are_those_of_the_scope(events: None, prefixes: tuple[str, ...]) -> None:
    scope = Scope(prefixes)
    assert list(events_along(scope)) == list(events_within(scope))


def test_the_record_of_many_events_shows_the_latest_first(
    events: None, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_views, "MANY", 2)
    client = Client()
    client.force_login(cast.account("auditor"), backend="django.contrib.auth.backends.ModelBackend")
    rows = client.get("/record/").context["rows"]
    assert [row["row"].area_code for row in rows[:4]] == [OTHER_CITY, GRID, COUNTY, CITY]
