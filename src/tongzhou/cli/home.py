"""Where the records are kept: TONGZHOU_HOME, else `var/` of a checkout, else the user's data folder."""

from __future__ import annotations

import os
from pathlib import Path

from tongzhou.core.home import VARIABLE, resolve_home


def find_home() -> Path:
    """Return the home folder without creating it."""
    return resolve_home(os.environ).expanduser().resolve()


def create_home() -> Path:
    """Create the home folder when it is missing, readable by its owner alone, and name it to child code."""
    home = find_home()
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.environ[VARIABLE] = str(home)
    return home
