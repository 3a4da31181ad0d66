"""The one door to the ledger: opened once a process, on the installation's folder."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from tongzhou.server.kernel import clock

if TYPE_CHECKING:
    from tongzhou.ledger import Ledger


def get_ledger() -> Ledger:
    """Return the installation's ledger."""
    return _open(Path(settings.LEDGER_ROOT))


@lru_cache(maxsize=4)
def _open(root: Path) -> Ledger:
    from tongzhou.ledger import open_ledger  # loads the column engines: only when facts are read

    root.mkdir(parents=True, exist_ok=True)
    return open_ledger(root, zone=clock.zone(), memory_limit="400MB")
