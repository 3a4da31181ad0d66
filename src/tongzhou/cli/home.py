"""Where the records are kept: TONGZHOU_HOME, else `var/` of a checkout, else the user's data folder."""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "TONGZHOU_HOME"


def checkout_root() -> Path | None:
    """Return the root of the source checkout this code runs from, or ``None`` when it is installed."""
    root = Path(__file__).resolve().parents[3]
    return root if (root / "pyproject.toml").is_file() and (root / "src" / "tongzhou").is_dir() else None


def find_home() -> Path:
    """Return the home folder without creating it."""
    named = os.environ.get(VARIABLE, "").strip()
    if named:
        return Path(named).expanduser().resolve()
    root = checkout_root()
    if root is not None:
        return root / "var"
    import platformdirs

    return Path(platformdirs.user_data_dir("tongzhou", appauthor=False))


def create_home() -> Path:
    """Create the home folder when it is missing, readable by its owner alone, and name it to child code."""
    home = find_home()
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.environ[VARIABLE] = str(home)
    return home
