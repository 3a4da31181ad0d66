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

from tests.answered import answer_of
from tests.answers import finish
from tests.budgets.outbreak import add_outbreak
from tests.cast import CITY, SETUP, Cast
from tests.server.world import World, build_world
from tongzhou.server.access.models import Account
from tongzhou.server.planning.actions import keep_study
from tongzhou.server.planning.models import StudyKind

pytestmark = pytest.mark.django_db

BUDGETS = tomllib.loads(Path(__file__).with_name("budgets.toml").read_text(encoding="utf-8"))
LARGEST = 500_000
"""Bytes of HTML."""


@pytest.fixture
def world(cast: Cast, now: datetime, settings: Any, tmp_path: Path) -> World:
    settings.LEDGER_ROOT = tmp_path / "ledger"
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
    assert answer.status_code == 200, f"{path} answered {answer.status_code}"
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    finish(answer)
    return len(queries), len(content)


def _studies(now: datetime) -> dict[str, Any]:
    kinds = {"study": StudyKind.WHATIF, "difference": StudyKind.POLICY, "peak": StudyKind.RETURN_PEAK}
    return {name: keep_study(SETUP, CITY, answer_of(kind, now.date())).id for name, kind in kinds.items()}


def test_pages_keep_to_their_queries_at_every_size(cast: Cast, world: World, now: datetime) -> None:
    small_of = add_outbreak(world, now, n_cases=3) | _studies(now)
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
