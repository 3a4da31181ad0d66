"""Open the records of a home folder in this process."""

from __future__ import annotations

import os
from pathlib import Path


def open_home(home: Path) -> None:
    """Start Django on a folder; SQLite unless TONGZHOU_DATABASE_URL says otherwise."""
    os.environ["TONGZHOU_HOME"] = str(home)
    from tongzhou.cli.records import open_records

    open_records("the measurement")
