"""The records and accounts of the access matrix, written once for all its tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.conf import settings
from django.db import transaction
from django.test import override_settings

from tests.access.subjects import Subjects, build_subjects
from tests.server.conftest import NOON
from tongzhou.ledger import Ledger
from tongzhou.server.areas.queries import code_lengths
from tongzhou.server.kernel import clock


@pytest.fixture(scope="module")
def subjects(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Subjects]:
    """Build everything in one transaction that is undone after the last test of the module."""
    folder: Path = tmp_path_factory.mktemp("access")
    quick = override_settings(
        LEDGER_ROOT=folder / "ledger",
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    )
    # The ledger has no transaction to undo: a row that one page takes back must stand for the next.
    rows_stand = mock.patch.object(Ledger, "withdraw")
    with django_db_blocker.unblock(), quick, clock.fixed(NOON), transaction.atomic(), rows_stand:
        yield build_subjects(NOON, folder)
        transaction.set_rollback(True)
    code_lengths.cache_clear()
    assert settings.configured
