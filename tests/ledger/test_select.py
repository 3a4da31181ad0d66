"""Selecting: keys, time, columns, both clocks, and how little is read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pyarrow.parquet as pq
import pytest
from tests.ledger.cast import HOUR_S, MIDNIGHT_S, RECORDED, random_stays, stays

from tongzhou.core.errors import InputError
from tongzhou.ledger import Ledger, layout, open_ledger


def test_few_keys_and_many_keys_select_the_same_rows(ledger: Ledger) -> None:
    rows = random_stays(5_000, n_persons=2_000)
    ledger.append("stays", rows, batch_id="a", recorded_at=RECORDED)
    few, many = range(1, 40), range(1, 1_500)
    for persons in (few, many):
        found = ledger.select("stays", persons=persons).select(rows.columns)
        assert found.equals(rows.filter(pl.col("person").is_in(list(persons))))
    assert ledger.select("stays", persons=[]).is_empty()


def test_time_overlap_has_exclusive_ends(ledger: Ledger) -> None:
    ledger.append(
        "stays", stays([(1, 1, 8, 9), (2, 1, 9, 10), (3, 1, 0, 90)]), batch_id="a", recorded_at=RECORDED
    )
    at = MIDNIGHT_S + 9 * HOUR_S
    assert ledger.select("stays", from_s=at, until_s=at + HOUR_S)["person"].to_list() == [2, 3]
    assert ledger.select("stays", from_s=at - 1, until_s=at)["person"].to_list() == [1, 3]


def test_stay_that_began_days_before_is_found(ledger: Ledger) -> None:
    ledger.append("stays", stays([(1, 1, -200, 200), (2, 1, -200, -190)]), batch_id="a", recorded_at=RECORDED)
    assert ledger.select("stays", places=[1], from_s=MIDNIGHT_S)["person"].to_list() == [1]


def test_instants_and_days_are_selected_by_time(ledger: Ledger) -> None:
    prices = pl.DataFrame(
        {
            "area": ["4403"] * 3,
            "item": ["mask"] * 3,
            "day": ["2020-01-31", "2020-02-01", "2020-02-30"],
            "price": [1.0, 2.5, 3.0],
            "unit": ["piece"] * 3,
            "source": ["market"] * 3,
        }
    )
    report = ledger.append("prices", prices, batch_id="a", recorded_at=RECORDED)
    assert report.rejected["value"].to_list() == ["2020-02-30"]
    found = ledger.select("prices", from_s=MIDNIGHT_S, until_s=MIDNIGHT_S + 1)
    assert found["price"].to_list() == [2.5]


def test_unknown_column_is_named(ledger: Ledger) -> None:
    with pytest.raises(InputError, match="no column seat"):
        ledger.select("stays", columns=["person", "seat"])
    with pytest.raises(InputError, match="no column place"):
        ledger.select("trips", places=[1])


def test_as_of_answers_what_was_known_then(ledger: Ledger) -> None:
    ledger.append("stays", stays([(1, 1, 8, 9)]), batch_id="a", recorded_at=RECORDED)
    ledger.append("stays", stays([(2, 1, 8, 9)]), batch_id="b", recorded_at=RECORDED + timedelta(hours=1))
    assert ledger.select("stays", as_of=RECORDED)["person"].to_list() == [1]


def test_trips_are_selected_by_vehicle(ledger: Ledger) -> None:
    trips = pl.DataFrame(
        {
            "person": [1, 2],
            "conveyance": ["aircraft", "train_closed"],
            "vehicle": ["AQ1275", "D'100"],
            "trip_day": ["2020-02-01", "2020-02-01"],
            "row": [12, None],
            "is_crew": [0, 1],
            "from_s": [MIDNIGHT_S, MIDNIGHT_S],
            "until_s": [MIDNIGHT_S + HOUR_S, MIDNIGHT_S + HOUR_S],
            "source": ["operator"] * 2,
        }
    )
    assert ledger.append("trips", trips, batch_id="a", recorded_at=RECORDED).n_accepted == 2
    assert ledger.select("trips", vehicles=["D'100"])["person"].to_list() == [2]


def test_days_are_local_days_through_a_change_of_clocks(tmp_path: Path) -> None:
    zone = ZoneInfo("Europe/Berlin")  # clocks went forward on 29 March 2020
    starts = [(28, 22, 59), (28, 23, 0), (29, 22, 0)]
    seconds = [int(datetime(2020, 3, *start, tzinfo=UTC).timestamp()) for start in starts]
    rows = pl.DataFrame({"person": 1, "place": 1, "from_s": seconds, "source": "x"})
    rows = rows.with_columns(until_s=pl.col("from_s") + 60)
    with open_ledger(tmp_path, zone=zone) as ledger:
        ledger.append("stays", rows, batch_id="a", recorded_at=RECORDED)
        folders = {path.parent.name for path in (tmp_path / "stays").glob("ordered_by=place/*/*.parquet")}
    assert folders == {"on_day=2020-03-28", "on_day=2020-03-29", "on_day=2020-03-30"}


def test_both_orderings_are_sorted_so_that_few_row_groups_match(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout, "GROUP_ROWS", 100)
    ledger.append("stays", random_stays(4_000), batch_id="a", recorded_at=RECORDED)
    for ordering, number in (("place", 40), ("person", 250)):
        groups = hits = 0
        for path in (ledger.root / "stays").glob(f"ordered_by={ordering}/*/*.parquet"):
            meta = pq.ParquetFile(path).metadata
            at = pq.ParquetFile(path).schema_arrow.names.index(ordering)
            ranges = [meta.row_group(i).column(at).statistics for i in range(meta.num_row_groups)]
            groups += len(ranges)
            hits += sum(r.min <= number <= r.max for r in ranges)
        assert groups >= 40
        assert hits <= 9


def test_other_programs_read_the_tables_as_delta_lake(ledger: Ledger) -> None:
    from deltalake import DeltaTable

    ledger.append("stays", random_stays(300), batch_id="a", recorded_at=RECORDED)
    ledger.compact("stays")
    table = DeltaTable(str(ledger.root / "stays")).to_pyarrow_table(filters=[("ordered_by", "=", "place")])
    assert table.num_rows == 300
    assert table.schema.names[:4] == ["row_id", "person", "place", "from_s"]
