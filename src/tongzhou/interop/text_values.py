"""Dates, instants, words and documents written by people, parsed a column at a time.

Accepts 2020-02-01, 2020/2/1, 2020.2.1, 20200201, 2020年2月1日, each with an optional clock and zone. Ambiguous
orders (01/02/2020) are never guessed here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date

import numpy as np
import polars as pl

_DAY_FORMATS = ("%Y-%m-%d", "%Y%m%d")
_CLOCK_FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y%m%d%H%M%S", "%Y%m%d%H%M", "%Y%m%d")
_ZONE = r"[0-9](Z|[+-][0-9]{2}:?[0-9]{2})$"
_DOCUMENT_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], dtype=np.int64)
_DOCUMENT_CHECKS = np.frombuffer(b"10X98765432", dtype=np.uint8)
_WORD_NOISE = re.compile(r"[\s。.（）()]+")
FIRST_YEAR, LAST_YEAR = 1800, 2100


def _plain_text(column: str) -> pl.Expr:
    text = pl.col(column).str.strip_chars().str.replace(r"(:[0-9]{2})\.[0-9]+", "$1")
    text = (
        text.str.replace_all(r"[年月/.]", "-")
        .str.replace_all(r"[日号T]", " ")
        .str.replace_all("[：点时]", ":")
    )
    text = text.str.replace(r"分([0-9]+)秒$", ":$1").str.replace(r"分$", "").str.replace(r":$", ":00")
    return text.str.replace_all(r"\s+", " ").str.strip_chars()


def _by_distinct(texts: pl.Series, parse: Callable[[pl.DataFrame], pl.Series]) -> pl.Series:
    """Parse each distinct text once; most columns repeat their values."""
    name = texts.name
    frame = texts.rename("text").cast(pl.String).to_frame()
    distinct = frame.unique().drop_nulls()
    parsed = distinct.with_columns(parse(distinct).alias("value"))
    return frame.join(parsed, on="text", how="left", maintain_order="left")["value"].alias(name)


def parse_days(texts: pl.Series) -> pl.Series:
    """Return the calendar day each text names (Date), null when it names none that exists."""
    return _by_distinct(texts, _distinct_days)


def _distinct_days(frame: pl.DataFrame) -> pl.Series:
    text = _plain_text("text").str.replace(r"^(\S+) 0?0:00(:00)?$", "$1")
    day = pl.coalesce([text.str.to_date(f, strict=False, exact=True) for f in _DAY_FORMATS])
    is_sane = day.dt.year().is_between(FIRST_YEAR, LAST_YEAR)
    return frame.select(pl.when(is_sane).then(day).otherwise(None).alias("day"))["day"]


def parse_instants(texts: pl.Series, zone: str = "Asia/Shanghai") -> pl.Series:
    """Return int64 seconds since 1970 UTC of each text, null when it names no instant that exists.

    A text without a zone is local time of `zone`; a day without a clock is its first instant.
    """
    return _by_distinct(texts, lambda frame: _distinct_instants(frame, zone))


def _distinct_instants(frame: pl.DataFrame, zone: str) -> pl.Series:
    common = _naive("text", _CLOCK_FORMATS[:1])
    quick = frame.select(_epoch(common, zone).alias("instant"))["instant"]
    if not quick.null_count():
        return quick
    slow = frame.filter(quick.is_null()).with_columns(_plain_text("text").alias("plain"))
    offset = pl.col("plain").str.extract(_ZONE, 1).str.replace("Z", "+0000").str.replace(":", "")
    has_zone = offset.is_not_null() & pl.col("plain").str.contains(":[0-9]{2}")
    bare = pl.col("plain").str.replace(r"([0-9])(Z|[+-][0-9]{2}:?[0-9]{2})$", "$1")
    slow = slow.with_columns(
        pl.when(has_zone).then(bare).otherwise("plain").alias("plain"),
        pl.when(has_zone).then(offset).alias("offset"),
    )
    hours, minutes = (pl.col("offset").str.slice(i, 2).cast(pl.Int64, strict=False) for i in (1, 3))
    shift = (hours * 3600 + minutes * 60) * pl.when(pl.col("offset").str.starts_with("-")).then(-1).otherwise(
        1
    )
    naive = _naive("plain", _CLOCK_FORMATS)
    instant = (
        pl.when(pl.col("offset").is_null()).then(_epoch(naive, zone)).otherwise(naive.dt.epoch("s") - shift)
    )
    parsed = slow.select("text", instant.alias("slow"))
    joined = frame.with_columns(quick).join(parsed, on="text", how="left", maintain_order="left")
    return joined.select(pl.coalesce("instant", "slow").alias("instant"))["instant"]


def _naive(column: str, formats: Sequence[str]) -> pl.Expr:
    parsed = [pl.col(column).str.to_datetime(f, time_unit="us", strict=False, exact=True) for f in formats]
    naive = pl.coalesce(parsed)
    return pl.when(naive.dt.year().is_between(FIRST_YEAR, LAST_YEAR)).then(naive).otherwise(None)


def _epoch(naive: pl.Expr, zone: str) -> pl.Expr:
    return naive.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null").dt.epoch("s")


def parse_words(texts: pl.Series, meanings: Mapping[str, tuple[str, ...]]) -> pl.Series:
    """Return the meaning of each word, case and spaces aside; null when it is none of the known.

    >>> parse_words(pl.Series(["阳性", "NEG", "?"]), {"positive": ("阳性",), "negative": ("neg",)}).to_list()
    ['positive', 'negative', None]
    """
    folded = {fold_word(word): m for m, words in meanings.items() for word in (m, *words)}
    return _by_distinct(
        texts, lambda frame: pl.Series([folded.get(fold_word(t)) for t in frame["text"]], dtype=pl.String)
    )


def fold_word(word: str) -> str:
    """Fold a word for comparison: no case, spaces, brackets or full stops."""
    return _WORD_NOISE.sub("", word.lower())


def has_right_check_digit(documents: pl.Series) -> pl.Series:
    """Tell for each text whether it is an 18-character resident number with its right last character.

    Parameters
    ----------
    documents : String, shape (N,) — upper case; null gives False

    Returns
    -------
    Boolean, shape (N,)

    References
    ----------
    GB 11643-1999, ISO 7064 MOD 11-2.
    """
    is_shaped = documents.str.contains(r"^[0-9]{17}[0-9X]$").fill_null(False)
    shaped = documents.filter(is_shaped)
    answer = np.zeros(documents.len(), dtype=bool)
    if shaped.len():
        digits = np.frombuffer("".join(shaped.to_list()).encode(), dtype=np.uint8).reshape(-1, 18)
        sums = (digits[:, :17].astype(np.int64) - ord("0")) @ _DOCUMENT_WEIGHTS
        answer[is_shaped.to_numpy()] = _DOCUMENT_CHECKS[sums % 11] == digits[:, 17]
    return pl.Series(documents.name, answer)


def parse_birthdays(documents: pl.Series) -> pl.Series:
    """Return the birthday inside each 18-character resident number, null when it does not exist."""
    return _by_distinct(
        documents.str.slice(6, 8), lambda frame: frame["text"].str.to_date("%Y%m%d", strict=False)
    )


def parse_one_day(text: str) -> date | None:
    """Parse a single day by the same rules as a column.

    >>> parse_one_day("2020年2月1日"), parse_one_day("2020-02-31")
    (datetime.date(2020, 2, 1), None)
    """
    value: date | None = parse_days(pl.Series([text]))[0]
    return value
