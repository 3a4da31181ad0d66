"""What must go is in no file; what must stay is untouched."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import polars as pl
import pyarrow.parquet as pq
import pytest
from tests.ledger.cast import LATER, RECORDED, data_files, random_stays, stays

from tongzhou.ledger import Ledger, layout


def test_dropped_days_leave_no_file(ledger: Ledger) -> None:
    rows = stays([(1, 1, 8, 9), (2, 1, 23, 25), (3, 1, 24, 26)])
    ledger.append("stays", rows, batch_id="a", recorded_at=RECORDED)
    assert ledger.drop_days("stays", date(2020, 2, 2)) == 2
    assert ledger.select("stays")["person"].to_list() == [3]
    assert {path.parent.name for path in data_files(ledger.root)} == {"on_day=2020-02-02"}


def test_erased_person_is_in_no_file_of_the_folder(ledger: Ledger) -> None:
    rows = random_stays(6_000, n_persons=300)
    for part in range(3):
        ledger.append("stays", rows[part::3], batch_id=f"part {part}", recorded_at=RECORDED)
    gone = ledger.select("stays", persons=[77])["row_id"].to_list()
    ledger.withdraw("stays", gone[:1], reason="wrong", source="test", recorded_at=LATER)
    report = ledger.erase_person(77)
    assert report.n_rows == {"stays": len(gone)}
    for path in data_files(ledger.root):
        table = pq.read_table(path)
        for column in {"person", "row_id", "of_row"} & set(table.schema.names):
            assert not set(table[column].to_pylist()) & ({77} if column == "person" else set(gone))
    assert ledger.n_rows("stays") == 6_000 - len(gone)


def test_erasure_leaves_everybody_else_and_the_order_of_rows(ledger: Ledger) -> None:
    rows = random_stays(3_000)
    ledger.append("stays", rows, batch_id="a", recorded_at=RECORDED)
    ledger.erase_person(5)
    assert ledger.select("stays").select(rows.columns).equals(rows.filter(pl.col("person") != 5))
    for path in (ledger.root / "stays").glob("ordered_by=place/*/*.parquet"):
        places = pq.read_table(path)["place"].to_pylist()
        assert places == sorted(places)


def test_erasing_an_unknown_person_rewrites_nothing(ledger: Ledger) -> None:
    ledger.append("stays", random_stays(100), batch_id="a", recorded_at=RECORDED)
    before = set(data_files(ledger.root))
    assert ledger.erase_person(9_999).n_files == 0
    assert set(data_files(ledger.root)) == before


def test_compaction_keeps_every_row_in_fewer_files(ledger: Ledger) -> None:
    rows = random_stays(2_000)
    for part in range(5):
        ledger.append("stays", rows[part::5], batch_id=str(part), recorded_at=RECORDED)
    before = ledger.select("stays")
    n_files = len(data_files(ledger.root))
    assert ledger.compact("stays") == n_files - len(data_files(ledger.root)) > 0
    assert ledger.select("stays").equals(before)
    assert ledger.compact("stays") == 0


def test_large_partitions_are_cut_into_files_of_disjoint_places(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout, "FILE_ROWS", 300)
    ledger.append("stays", random_stays(4_000), batch_id="a", recorded_at=RECORDED)
    paths = (ledger.root / "stays").glob("ordered_by=place/on_day=2020-02-02/*")
    files = [pq.read_table(path)["place"].to_pylist() for path in paths]
    ranges = sorted((min(places), max(places)) for places in files)
    assert len(ranges) > 2
    assert all(low[1] <= high[0] for low, high in pairwise(ranges))
