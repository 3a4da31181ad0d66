"""The migrations say all that the models say."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

pytestmark = pytest.mark.django_db


def test_no_model_has_changed_without_a_migration() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.django_db(transaction=True)
def test_figures_of_travel_outlive_the_move_to_their_own_app() -> None:
    def state(*targets: tuple[str, str]) -> Any:
        executor = MigrationExecutor(connection)
        executor.migrate(list(targets))
        return MigrationExecutor(connection).loader.project_state(list(targets)).apps

    today = date(2022, 7, 1)
    try:
        before = state(("planning", "0001_initial"))
        before.get_model("planning", "TravelFigure")._base_manager.create(
            area_code="4403", direction="in", on=today, other="4401", as_of=today, source="铁路"
        )
        after = state(("travel", "0001_initial"))
        moved = after.get_model("travel", "TravelFigure")._base_manager.get()
        assert (moved.other, moved.source) == ("4401", "铁路")
        moved.delete()
    finally:
        call_command("migrate", verbosity=0)
