"""The checked files of one pack as tables, and how a value that makes no sense is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tongzhou.core.errors import PolicyError
from tongzhou.policy.model import Text

Table = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Draft:
    """The files of one pack as tables, by part, with the sources that SOURCE.md explains."""

    name: str
    parts: Mapping[str, Table]
    sources: frozenset[str]
    digest: str

    def refuse(self, file: str, path: str, message: str, hint: str) -> PolicyError:
        """Return the error for a value that breaks the sense of a pack."""
        return PolicyError(
            "policy.bad_value",
            f"Pack {self.name}, {file}: {path} {message}.",
            hint,
            {"pack": self.name, "file": file, "path": path},
        )


def bilingual(row: Table, stem: str) -> Text:
    """Return the sentence `stem` of a row in both languages."""
    return Text(row[f"{stem}_zh"], row[f"{stem}_en"])
