"""The one door to the ledger: opened once a process, on the installation's folder."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from tongzhou.ledger import Ledger, open_ledger
from tongzhou.server.kernel import clock


def get_ledger() -> Ledger:
    """Return the installation's ledger."""
    return _open(Path(settings.LEDGER_ROOT))


@lru_cache(maxsize=4)
def _open(root: Path) -> Ledger:
    root.mkdir(parents=True, exist_ok=True)
    return open_ledger(root, zone=clock.zone(), memory_limit="400MB")
