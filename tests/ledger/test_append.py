"""Appending: checks, repeats, streams."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import polars as pl
import pytest
from tests.ledger.cast import MIDNIGHT_S, RECORDED, random_stays, stays

from tongzhou.core.errors import InputError
from tongzhou.ledger import Ledger, ingest


def test_rows_come_back_with_number_and_time_of_recording(ledger: Ledger) -> None:
    report = ledger.append(
        "stays", stays([(1, 10, 8, 9), (2, 10, 8, 12)]), batch_id="a", recorded_at=RECORDED
    )
    found = ledger.select("stays")
    assert (report.n_accepted, report.n_rejected, report.is_repeat) == (2, 0, False)
    assert found["row_id"].to_list() == list(report.row_ids[0])
    assert found["recorded_s"].unique().to_list() == [int(RECORDED.timestamp())]
    assert found["person"].to_list() == [1, 2]


def test_bad_rows_are_returned_with_reasons_and_good_rows_are_kept(ledger: Ledger) -> None:
    rows = pl.DataFrame(
        {
            "person": ["1", "x", None, "4", "-5"],
            "place": [10, 10, 10, 10, 10],
            "from_s": [MIDNIGHT_S] * 5,
            "until_s": [MIDNIGHT_S + 60] * 3 + [MIDNIGHT_S, MIDNIGHT_S + 60],
            "source": ["feed"] * 5,
        }
    )
    report = ledger.append("stays", rows, batch_id="a", recorded_at=RECORDED)
    assert (report.n_accepted, report.n_rejected) == (1, 4)
    assert report.rejected.rows() == [
        (1, "person", "x", "not of type int64"),
        (2, "person", None, "missing"),
        (3, "until_s", str(MIDNIGHT_S), "not later than from_s"),
        (4, "person", "-5", "below 1"),
    ]


def test_milliseconds_given_as_seconds_are_refused(ledger: Ledger) -> None:
    rows = stays([(1, 10, 8, 9)]).with_columns(until_s=pl.lit(MIDNIGHT_S * 1000))
    report = ledger.append("stays", rows, batch_id="a", recorded_at=RECORDED)
    assert report.rejected["column"].to_list() == ["until_s"]
    assert report.n_accepted == 0


def test_fractions_and_not_a_number_are_no_whole_numbers(ledger: Ledger) -> None:
    rows = stays([(1, 10, 8, 9)] * 4).with_columns(place=pl.Series([1.5, math.nan, 3.0, None]))
    report = ledger.append("stays", rows, batch_id="a", recorded_at=RECORDED)
    assert report.rejected["row"].to_list() == [0, 1, 3]
    assert ledger.select("stays")["place"].to_list() == [3]


def test_text_outside_the_allowed_words_is_refused(ledger: Ledger) -> None:
    results = pl.DataFrame(
        {
            "sample": ["s1", "s2", " "],
            "laboratory": ["L1"] * 3,
            "method": ["pcr"] * 3,
            "outcome": ["positive", "POS", "negative"],
            "tested_s": [MIDNIGHT_S] * 3,
            "source": ["file"] * 3,
        }
    )
    report = ledger.append("results", results, batch_id="a", recorded_at=RECORDED)
    assert report.rejected.select("row", "column").rows() == [(1, "outcome"), (2, "sample")]
    assert ledger.select("results")["person"].to_list() == [None]


def test_aware_instants_become_seconds_and_naive_ones_are_refused(ledger: Ledger) -> None:
    rows = stays([(1, 10, 8, 9)])
    aware = rows.with_columns(until_s=pl.lit(datetime(2020, 2, 1, 4, tzinfo=UTC)))
    assert ledger.append("stays", aware, batch_id="a", recorded_at=RECORDED).n_accepted == 1
    assert ledger.select("stays")["until_s"].to_list() == [MIDNIGHT_S + 12 * 3600]
    naive = aware.with_columns(pl.col("until_s").dt.replace_time_zone(None))
    with pytest.raises(InputError, match="without a time zone"):
        ledger.append("stays", naive, batch_id="b", recorded_at=RECORDED)


def test_wrong_columns_are_named_before_anything_is_written(ledger: Ledger) -> None:
    rows = stays([(1, 10, 8, 9)]).rename({"place": "ort"})
    with pytest.raises(InputError, match=r"unknown: ort; missing: place"):
        ledger.append("stays", rows, batch_id="a", recorded_at=RECORDED)
    assert ledger.n_rows("stays") == 0


def test_unknown_table_and_naive_time_of_recording_are_refused(ledger: Ledger) -> None:
    with pytest.raises(InputError, match="no ledger table 'visits'"):
        ledger.append("visits", stays([(1, 1, 1, 2)]), batch_id="a", recorded_at=RECORDED)
    with pytest.raises(InputError, match="no time zone"):
        ledger.append("stays", stays([(1, 1, 1, 2)]), batch_id="a", recorded_at=RECORDED.replace(tzinfo=None))
    with pytest.raises(InputError, match="needs a name"):
        ledger.append("stays", stays([(1, 1, 1, 2)]), batch_id=" ", recorded_at=RECORDED)


def test_same_batch_twice_changes_nothing_and_reports_the_same(ledger: Ledger) -> None:
    rows = stays([(1, 10, 8, 9), (0, 10, 8, 9)])
    first = ledger.append("stays", rows, batch_id="a", recorded_at=RECORDED)
    again = ledger.append("stays", rows, batch_id="a", recorded_at=RECORDED)
    assert again.is_repeat
    assert (again.n_accepted, again.n_rejected) == (first.n_accepted, first.n_rejected)
    assert again.rejected.equals(first.rejected)
    assert ledger.n_rows("stays") == 1


def test_stream_is_one_batch_with_rows_counted_through(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "CHECK_ROWS", 250)
    monkeypatch.setattr(ingest, "CHUNK_BYTES", 10_000)
    is_bad = pl.int_range(pl.len()) == 1_999
    whole = random_stays(2_100).with_columns(person=pl.when(is_bad).then(0).otherwise("person"))
    report = ledger.append_stream("stays", whole.iter_slices(170), batch_id="a", recorded_at=RECORDED)
    assert report.rejected["row"].to_list() == [1_999]
    found = ledger.select("stays").select(whole.columns)
    assert found.equals(whole.filter(pl.col("person") > 0))


def test_small_and_large_numbers_wait_together_and_come_back_whole(ledger: Ledger) -> None:
    rows = stays([(1, 10, 8, 9), (2**40, 2**62, 8, 9)])
    slices = [rows[:1], rows[1:].with_columns(source=pl.lit("another feed"))]
    ledger.append_stream("stays", slices, batch_id="a", recorded_at=RECORDED)
    found = ledger.select("stays", persons=[1, 2**40])
    assert found.select("person", "place").rows() == [(1, 10), (2**40, 2**62)]
    assert found["source"].to_list() == [rows["source"][0], "another feed"]


def test_stream_that_breaks_leaves_nothing(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest, "CHECK_ROWS", 250)
    monkeypatch.setattr(ingest, "CHUNK_BYTES", 10_000)

    def broken():
        yield random_stays(1_000)
        raise OSError("the file ends here")

    with pytest.raises(OSError, match="ends here"):
        ledger.append_stream("stays", broken(), batch_id="a", recorded_at=RECORDED)
    assert ledger.n_rows("stays") == 0
    assert not list((ledger.root / "stays").glob("*/*/*.parquet"))
