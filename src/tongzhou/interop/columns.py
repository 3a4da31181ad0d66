"""Which source column holds which field: guessed by synonyms in Chinese and English, overridable, always shown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from tongzhou.core.errors import InputError, list_offenders

_NOISE = re.compile(r"[\s_\-./()（）:：*]+")


@dataclass(frozen=True, slots=True)
class Field:
    """One field a codec wants: its name, other words for it, and whether the file must have it."""

    name: str
    synonyms: tuple[str, ...] = ()
    is_required: bool = True


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """Field -> source column, with what was left over, for showing before anything is written."""

    pairs: dict[str, str]
    unused: tuple[str, ...]
    absent: tuple[str, ...]
    """Optional fields that no column holds."""

    def apply(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return `frame` with the fields as columns (absent ones null), and its ``row`` column."""
        chosen = [pl.col(source).alias(name) for name, source in self.pairs.items()]
        missing = [pl.lit(None, dtype=pl.String).alias(name) for name in self.absent]
        return frame.select(pl.col(ROW).alias("row"), *chosen, *missing)


ROW = "__row__"
"""Column added by the readers: the number of the record in its file, the header being 1."""


def normalise_header(text: str) -> str:
    """Fold a header for comparison: no spaces, punctuation or case.

    >>> normalise_header(" Sample_ID* ")
    'sampleid'
    """
    return _NOISE.sub("", text.replace("\ufeff", "")).lower()


def map_columns(
    found: Sequence[str], fields: Sequence[Field], overrides: Mapping[str, str] | None = None
) -> ColumnMapping:
    """Match source columns to fields.

    Parameters
    ----------
    found : source columns, in file order
    fields : wanted fields
    overrides : field -> source column, winning over every guess

    Raises
    ------
    InputError : ``columns.wrong`` — a required field has no column; ``columns.bad_override`` — an override
        names an unknown field or a column the file does not have
    """
    overrides = dict(overrides or {})
    check_overrides(found, fields, overrides)
    taken = set(overrides.values())
    by_header: dict[str, str] = {}
    for column in found:
        if column not in taken:
            by_header.setdefault(normalise_header(column), column)
    pairs = {}
    for wanted in fields:
        source = overrides.get(wanted.name) or _first_match(wanted, by_header)
        if source:
            pairs[wanted.name] = source
            by_header.pop(normalise_header(source), None)
    missing = [w.name for w in fields if w.is_required and w.name not in pairs]
    if missing:
        raise InputError(
            "columns.wrong",
            f"No column for: {list_offenders(missing)}. Found: {list_offenders(list(found)) or 'nothing'}.",
            "Rename the columns, or say which is which, for example "
            f"{missing[0]}={found[0] if found else 'COLUMN'}.",
            {"missing": missing, "found": list(found)},
        )
    used = set(pairs.values())
    return ColumnMapping(
        pairs,
        tuple(column for column in found if column not in used),
        tuple(w.name for w in fields if w.name not in pairs),
    )


def _first_match(wanted: Field, by_header: Mapping[str, str]) -> str | None:
    for word in (wanted.name, *wanted.synonyms):
        source = by_header.get(normalise_header(word))
        if source is not None:
            return source
    return None


def check_overrides(found: Sequence[str], fields: Sequence[Field], overrides: Mapping[str, str]) -> None:
    """Refuse overrides that name no field or no column; raises InputError ``columns.bad_override``."""
    names = {wanted.name for wanted in fields}
    bad = [
        f"{name}={source}" for name, source in overrides.items() if name not in names or source not in found
    ]
    if bad:
        raise InputError(
            "columns.bad_override",
            f"Cannot map {list_offenders(bad)}.",
            f"Fields: {', '.join(sorted(names))}. Columns: {list_offenders(list(found))}.",
        )
