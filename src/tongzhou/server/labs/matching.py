"""Match documents to persons by blind index, a hundred thousand at a time. No document is kept."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt
import polars as pl

from tongzhou.server.people.models import Person
from tongzhou.server.people.queries import DOCUMENT
from tongzhou.server.vault.crypto import normalise
from tongzhou.server.vault.keys import key_ring

UInt64s = npt.NDArray[np.uint64]
Int64s = npt.NDArray[np.int64]
_CHUNK = 50_000


@dataclass(frozen=True, slots=True)
class DocumentIndex:
    """Blind indexes of every known document, ordered; 24 bytes a person.

    high, low : halves of the 128-bit index; person : ledger number of the person who is kept
    """

    high: UInt64s
    low: UInt64s
    person: Int64s

    def match(self, digests: list[bytes]) -> Int64s:
        """Return the person of each index, 0 where there is none."""
        found = np.zeros(len(digests), dtype=np.int64)
        if not len(self.person) or not digests:
            return found
        halves = np.frombuffer(b"".join(digests), dtype=">u8").astype(np.uint64).reshape(-1, 2)
        at = np.minimum(np.searchsorted(self.high, halves[:, 0]), len(self.high) - 1)
        is_same = (self.high[at] == halves[:, 0]) & (self.low[at] == halves[:, 1])
        return np.where(is_same, self.person[at], found)


def load_index() -> DocumentIndex:
    """Read the blind index of every person; merged ones lead to who is kept."""
    people = Person.objects.everything("match results by document").exclude(document_index="")
    rows = people.order_by().values_list("document_index", "id", "merged_into_id").iterator(chunk_size=_CHUNK)
    chunks = iter(lambda: list(islice(rows, _CHUNK)), [])
    parts = [_columns(chunk) for chunk in chunks] or [_columns([])]
    halves, persons, is_merged = map(np.concatenate, zip(*parts, strict=True))
    order = np.lexsort((is_merged, halves[:, 1], halves[:, 0]))
    return DocumentIndex(halves[order, 0], halves[order, 1], persons[order])


def _columns(rows: Sequence[tuple[str, int, int | None]]) -> tuple[UInt64s, Int64s, npt.NDArray[np.bool_]]:
    """Return the halves of the indexes, who is kept for each, and whether it is another person."""
    halves = np.frombuffer(bytes.fromhex("".join(row[0] for row in rows)), dtype=">u8").astype(np.uint64)
    persons = np.array([merged_into or number for _, number, merged_into in rows], dtype=np.int64)
    is_merged = np.array([row[2] is not None for row in rows], dtype=np.bool_)
    return halves.reshape(-1, 2), persons, is_merged


def match_documents(documents: pl.Series, index: DocumentIndex) -> tuple[pl.Series, pl.Series]:
    """Return for each document its person, or else its blind index as 32 hex digits, by which to link it later."""
    distinct = documents.drop_nulls().unique()
    digests = [_digest(text) for text in distinct]
    persons = index.match(digests)
    keys = [
        None if person else digest.hex() for person, digest in zip(persons.tolist(), digests, strict=True)
    ]
    known = pl.DataFrame(
        {"document": distinct, "person": persons, "link_key": pl.Series(keys, dtype=pl.String)}
    ).with_columns(pl.when(pl.col("person") > 0).then("person"))
    joined = (
        documents.alias("document").to_frame().join(known, on="document", how="left", maintain_order="left")
    )
    return joined["person"], joined["link_key"]


def _digest(text: str) -> bytes:
    folded = text if (text.isascii() and text.isupper()) or text.isdigit() else normalise(text)
    return hmac.digest(key_ring().index_key, f"{DOCUMENT}|{folded}".encode(), "sha256")[:16]
