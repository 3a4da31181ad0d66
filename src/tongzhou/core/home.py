"""Which folder holds an installation's records: named by the environment, else by where the code stands."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from platformdirs import user_data_path

VARIABLE = "TONGZHOU_HOME"


def resolve_home(environment: Mapping[str, str]) -> Path:
    """Return the folder of records: ``TONGZHOU_HOME``, else ``var/`` of a checkout, else the user's data folder.

    >>> resolve_home({"TONGZHOU_HOME": "/srv/tongzhou"}).as_posix()
    '/srv/tongzhou'
    """
    if named := environment.get(VARIABLE):
        return Path(named)
    checkout = Path(__file__).resolve().parents[3]
    if (checkout / "pyproject.toml").exists() and (checkout / "src" / "tongzhou").is_dir():
        return checkout / "var"
    return user_data_path("tongzhou", appauthor=False)
