"""Commands that need records: start Django on the home folder and migrate on first use."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

from tongzhou.cli.home import create_home
from tongzhou.core.errors import MissingExtra

P = ParamSpec("P")
R = TypeVar("R")


def needs_records(function: Callable[P, R]) -> Callable[P, R]:
    """Open the records before the command runs; without the extra [server], say so."""

    @wraps(function)
    def with_records(*args: P.args, **kwargs: P.kwargs) -> R:
        open_records(f"tongzhou {function.__name__.removesuffix('_command').replace('_', '-')}")
        return function(*args, **kwargs)

    return with_records


def open_records(what: str = "This command") -> Path:
    """Create the home folder, start Django and migrate; return the home folder.

    Raises
    ------
    MissingExtra : Django is not installed
    """
    if importlib.util.find_spec("django") is None:
        raise MissingExtra(what, "server")
    home = create_home()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tongzhou.server.config.settings")
    import django

    django.setup()
    migrate_if_behind()
    from tongzhou.server.areas.actions import ensure_national_areas

    ensure_national_areas()
    return home


def migrate_if_behind() -> None:
    """Apply the migrations that the database lacks; cost a single read when there are none."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", verbosity=0, interactive=False)
