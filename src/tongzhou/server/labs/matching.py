"""Match documents to persons by blind index, a hundred thousand at a time. No document is kept."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from tongzhou.server.people.models import Person
from tongzhou.server.people.queries import DOCUMENT
from tongzhou.server.vault.crypto import normalise
from tongzhou.server.vault.keys import key_ring

UInt64s = npt.NDArray[np.uint64]
_CHUNK = 50_000


@dataclass(frozen=True, slots=True)
class DocumentIndex:
    """Blind indexes of every known document, ordered; 24 bytes a person.

    high, low : halves of the 128-bit index; person : ledger number of the person who is kept
    """

    high: UInt64s
    low: UInt64s
    person: npt.NDArray[np.int64]

    def match(self, digests: list[bytes]) -> npt.NDArray[np.int64]:
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
    texts, persons, is_kept = [], [], []
    for index, number, merged_into in rows:
        texts.append(index)
        persons.append(merged_into or number)
        is_kept.append(merged_into is None)
    halves = np.frombuffer(bytes.fromhex("".join(texts)), dtype=">u8").astype(np.uint64).reshape(-1, 2)
    order = np.lexsort((~np.array(is_kept, dtype=bool), halves[:, 1], halves[:, 0]))
    numbers = np.array(persons, dtype=np.int64)
    return DocumentIndex(halves[order, 0], halves[order, 1], numbers[order])


def match_documents(documents: pl.Series, index: DocumentIndex) -> tuple[pl.Series, pl.Series]:
    """Return for each document its person (null without a match) and its blind index as 32 hex digits."""
    distinct = documents.drop_nulls().unique()
    digests = [_digest(text) for text in distinct]
    known = pl.DataFrame(
        {
            "document": distinct,
            "person": index.match(digests),
            "link_key": pl.Series([digest.hex() for digest in digests], dtype=pl.String),
        }
    ).with_columns(pl.when(pl.col("person") > 0).then("person"))
    joined = (
        documents.alias("document").to_frame().join(known, on="document", how="left", maintain_order="left")
    )
    return joined["person"], joined["link_key"]


def _digest(text: str) -> bytes:
    folded = text if (text.isascii() and text.isupper()) or text.isdigit() else normalise(text)
    return hmac.digest(key_ring().index_key, f"{DOCUMENT}|{folded}".encode(), "sha256")[:16]
