"""One contract for every engine of the ledger: the same rows, the same exposures, whatever carries it out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from tests.epi.contact_reference import rules
from tests.ledger.cast import LATER, MIDNIGHT_S, RECORDED, random_stays

from tongzhou.core.errors import InputError
from tongzhou.core.exposures import InfectiousWindow
from tongzhou.epi.contact import find_exposures
from tongzhou.ledger import Ledger, open_ledger
from tongzhou.ledger.engines import ENGINES

DAY_S = 86_400


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a ledger with 20,000 stays in several files, some withdrawn."""
    root = tmp_path_factory.mktemp("engines") / "ledger"
    with open_ledger(root) as ledger:
        for part in range(3):
            rows = random_stays(7_000, n_persons=900, n_places=60, seed=part)
            report = ledger.append("stays", rows, batch_id=str(part), recorded_at=RECORDED)
        ledger.withdraw("stays", report.row_ids[0][:50], reason="wrong", source="test", recorded_at=LATER)
    return root


@pytest.fixture(scope="module", params=list(ENGINES))
def ledger(request: pytest.FixtureRequest, filled: Path) -> Iterator[Ledger]:
    if request.param == "dask":
        pytest.importorskip("distributed", reason="the extra [cluster] is not installed")
    with open_ledger(filled, engine=request.param) as opened:
        yield opened


def count_of_place(batch: pa.RecordBatch) -> tuple[int, int]:
    """Return rows and the sum of their persons; at module level, so that it pickles."""
    return batch.num_rows, int(batch.column("person").to_numpy().sum())


def test_selection_gives_the_rows_that_fit(ledger: Ledger, filled: Path) -> None:
    wanted = {"places": [3, 5, 50], "from_s": MIDNIGHT_S + DAY_S, "until_s": MIDNIGHT_S + 2 * DAY_S}
    everything = pl.concat(pl.read_parquet(path) for path in (filled / "stays").glob("ordered_by=person/*/*"))
    gone = ledger.history("stays").filter(pl.col("reason").is_not_null())["row_id"]
    expected = everything.filter(
        pl.col("place").is_in(wanted["places"]),
        pl.col("from_s") < wanted["until_s"],
        pl.col("until_s") > wanted["from_s"],
        ~pl.col("row_id").is_in(gone.implode()),
    ).sort("row_id")
    assert gone.len() == 50
    assert ledger.select("stays", **wanted).equals(expected)


def test_sweep_sees_every_standing_row_once(ledger: Ledger) -> None:
    counts = ledger.sweep("stays", count_of_place, columns=["person"])
    assert sum(rows for rows, _ in counts) == 21_000 - 50
    assert sum(persons for _, persons in counts) == ledger.select("stays")["person"].sum()


def test_exposures_do_not_depend_on_the_engine(ledger: Ledger, filled: Path) -> None:
    windows = [InfectiousWindow(person, MIDNIGHT_S, MIDNIGHT_S + 3 * DAY_S) for person in range(1, 40)]
    found = find_exposures(ledger, windows, rules(10, 5), setting_of_place={}).to_frame()
    with open_ledger(filled, batch_rows=64, threads=1) as other:
        reference = find_exposures(other, windows, rules(10, 5), setting_of_place={}).to_frame()
    assert found.height > 1_000
    assert found.equals(reference)


def test_empty_selection_keeps_columns_and_types(ledger: Ledger) -> None:
    empty = ledger.select("stays", places=[99_999])
    assert empty.is_empty()
    assert empty.schema == ledger.select("stays", places=[3]).schema
    assert ledger.sweep("trips", count_of_place) == []


def test_unknown_engine_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no engine 'spark'"):
        open_ledger(tmp_path, engine="spark")
