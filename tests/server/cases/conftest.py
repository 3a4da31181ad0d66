"""One case from the small world, and clients signed in as the cast."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client

from tests.cast import Cast
from tests.server.world import World, build_world
from tongzhou.server.cases.actions import CaseEntry, open_case
from tongzhou.server.cases.models import Case

SignIn = Callable[[str], Client]


@pytest.fixture
def world(cast: Cast, now: datetime, settings: object, tmp_path: object) -> World:
    settings.LEDGER_ROOT = tmp_path / "ledger"
    settings.STATIC_ROOT = tmp_path
    return build_world(now)


@pytest.fixture
def case(world: World, cast: Cast, now: datetime) -> Case:
    """The case of Wang, with contacts found and orders drafted."""
    entry = CaseEntry(
        person=world.people["wang"],
        diagnosed_at=now - timedelta(minutes=10),
        first_sampled_at=now - timedelta(hours=9),
    )
    return open_case(cast.actor("investigator"), entry)


@pytest.fixture
def sign_in(cast: Cast) -> SignIn:
    def as_one(name: str, language: str = "en") -> Client:
        client = Client(headers={"accept-language": language})
        client.force_login(cast.account(name), backend="django.contrib.auth.backends.ModelBackend")
        return client

    return as_one
