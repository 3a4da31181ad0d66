"""Rows of the tables "On public data", each a function that computes its figure from the shared data."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.house.tree import ROOT
from tests.shared_data import SHARED
from tongzhou.core.estimates import Estimate

HEAD = """| what, where | here | published | method and inputs | why they differ |
|---|---|---|---|---|"""
TABLE = re.compile(r"(?<=<!-- published -->\n).*?(?=<!-- end -->)", re.S)


@dataclass(frozen=True)
class Found:
    """What was computed: the figure with its interval as text, the method, and the digest of the inputs.

    peer : str — what the peer's own output says of the same, where the row states nothing published
    """

    figure: str
    method: str
    digest: str
    peer: str = ""


@dataclass(frozen=True)
class Row:
    """One line of a page's table.

    needs : tuple of str — files of the shared folder
    """

    page: str
    what: str
    published: str
    why: str
    needs: tuple[str, ...]
    compute: Callable[[], Found]

    @property
    def is_computable(self) -> bool:
        """Whether the data are there."""
        return all((SHARED / path).exists() for path in self.needs)

    def line(self) -> str:
        """Compute the figure and return the line of the table."""
        found = self.compute()
        inputs = f"{found.method}; `{found.digest[:8]}`"
        return f"| {self.what} | {found.figure} | {self.published or found.peer} | {inputs} | {self.why} |"


ROWS: list[Row] = []


def beside(
    page: str, what: str, *, published: str = "", why: str = "", needs: tuple[str, ...] = ()
) -> Callable[[Callable[[], Found]], Callable[[], Found]]:
    """Add the function as a line of `docs/epi/<page>.md`."""

    def add(compute: Callable[[], Found]) -> Callable[[], Found]:
        ROWS.append(Row(page, what, published, why, needs, compute))
        return compute

    return add


def page_path(page: str) -> Path:
    """Return the file of a page."""
    return ROOT / "docs" / "epi" / f"{page}.md"


def table_of(page: str) -> str:
    """Return the table that the page states."""
    found = TABLE.search(page_path(page).read_text(encoding="utf-8"))
    return found[0] if found else ""


def say(estimate: Estimate, digits: int = 1, unit: str = "") -> str:
    """Return ``8.6 (7.7 to 9.7)`` with its unit.

    >>> say(Estimate(8.649, 7.69, 9.65, 0.95, "m"), unit=" d")
    '8.6 (7.7 to 9.7) d'
    """
    return span(estimate.value, estimate.low, estimate.high, digits) + unit


def span(value: float, low: float, high: float, digits: int = 1) -> str:
    """Return a figure with its interval."""
    return f"{value:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"
