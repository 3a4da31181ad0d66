"""Each page keeps to its number of queries, and makes as many for thirty cases as for three."""

from __future__ import annotations

import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import resolve

from tests.access.test_matrix import PAGES
from tests.access.walk import addresses
from tests.answers import finish
from tests.budgets.outbreak import add_outbreak
from tests.budgets.records import add_records
from tests.cast import Cast
from tests.server.world import World, build_world
from tongzhou.server.access.models import Account

pytestmark = pytest.mark.django_db

BUDGETS = tomllib.loads(Path(__file__).with_name("budgets.toml").read_text(encoding="utf-8"))
NUMBERED = ("person", "wang", "stay", "trip")
WITHOUT = {
    "console:outlines": "a file of outlines, the same whatever the records",
    "console:events": "a stream that stays open",
    "planning:jobs": "a job that runs, read by its identifier",
    "planning:question": "carries a study's question into a form that has its own line",
    "travel:question": "carries a study's question into a form that has its own line",
    "analysis:jobs": "a job that runs, read by its identifier",
    "api:get_job": "a job that runs, read by its identifier",
    "api:api-root": "answers 404",
    "api:nowhere": "answers 404",
}
"""Addresses that are no page, and why."""
LARGEST = 500_000
"""Bytes of HTML."""


@pytest.fixture
def world(cast: Cast, now: datetime, settings: Any, tmp_path: Path) -> World:
    settings.LEDGER_ROOT, settings.HOME = tmp_path / "ledger", tmp_path
    world = build_world(now - timedelta(hours=1))
    Account.objects.filter(username="resident").update(person_number=world.people["wang"].id)
    return world


def open_page(cast: Cast, user: str, path: str) -> tuple[int, int]:
    """Return the number of queries and of bytes of one page, opened a second time."""
    client = Client()
    client.force_login(cast.account(user), backend="django.contrib.auth.backends.ModelBackend")
    finish(client.get(path))
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path)
    assert answer.status_code in (200, 302), f"{path} answered {answer.status_code}"
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    finish(answer)
    return len(queries), len(content)


class _AnyValue(dict[str, object]):
    """Fills an address for finding its page, without a record."""

    def __missing__(self, name: str) -> object:
        return 1 if name in NUMBERED else "00000000-0000-0000-0000-000000000000"


def test_every_page_has_a_budget() -> None:
    paths = (row["page"].format_map(_AnyValue()).split("?")[0] for row in BUDGETS.values())
    budgeted = {resolve(path).view_name for path in paths}
    pages = {address.name for address in addresses() if not PAGES[address.name].get("post")}
    assert pages - budgeted - set(WITHOUT) == set(), "pages without a line in tests/budgets/budgets.toml"


def test_pages_keep_to_their_queries_at_every_size(cast: Cast, world: World, now: datetime) -> None:
    small_of = add_outbreak(world, now, n_cases=3)
    small_of |= add_records(cast, world, now)
    small = {
        name: open_page(cast, row["user"], row["page"].format(**small_of)) for name, row in BUDGETS.items()
    }
    add_outbreak(world, now, n_cases=27)
    large = {
        name: open_page(cast, row["user"], row["page"].format(**small_of)) for name, row in BUDGETS.items()
    }
    over = {name: n for name, (n, _) in large.items() if n > BUDGETS[name]["queries"]}
    assert not over, f"more queries than tests/budgets/budgets.toml allows: {over}"
    grown = {name: (small[name][0], n) for name, (n, _) in large.items() if n > small[name][0]}
    assert not grown, f"queries grow with the records: {grown}"
    assert {name: size for name, (_, size) in large.items() if size > LARGEST} == {}
