"""The table of published delays says what its sources say."""

from __future__ import annotations

import gzip
import io

import polars as pl
import pytest

from tests.shared_data import shared
from tongzhou.core.errors import InputError
from tongzhou.epi.parameters import find_delays, get_delay, get_entry, list_entries
from tongzhou.epi.parameters.table import QUANTITIES

# The database numbers this one paper's identifiers upwards row by row.
LESSLER = "10.1016/S1473-3099(09)70069"


def test_every_entry_is_sourced_and_unique() -> None:
    entries = list_entries()
    assert len({entry.id for entry in entries}) == len(entries)
    for entry in entries:
        assert entry.doi.startswith("10.")
        assert entry.citation
        assert entry.quantity in QUANTITIES
        assert entry.mean or entry.median
        assert entry.id.split(".")[1] == entry.quantity


@pytest.mark.parametrize("entry", [e for e in list_entries() if e.family], ids=lambda e: e.id)
def test_distribution_agrees_with_the_published_summary(entry: object) -> None:
    delay = entry.to_delay()  # type: ignore[attr-defined]
    if entry.mean:  # type: ignore[attr-defined]
        assert delay.mean == pytest.approx(entry.mean, rel=0.06)  # type: ignore[attr-defined]
    if entry.median:  # type: ignore[attr-defined]
        assert float(delay.quantile(0.5)) == pytest.approx(entry.median, rel=0.2)  # type: ignore[attr-defined]


def test_entries_agree_with_the_public_database() -> None:
    raw = gzip.decompress(shared("data/15_epi_parameters/epiparameterDB_flat.csv.gz").read_bytes())
    table = pl.read_csv(io.BytesIO(raw), infer_schema_length=None)
    compared = 0
    for entry in list_entries():
        same = table.filter(
            pl.col("doi").str.starts_with(LESSLER if LESSLER in entry.doi else entry.doi),
            pl.col("quantity").str.starts_with(entry.quantity.split("_")[0]),
        )
        if same.is_empty() or entry.n is None:
            continue
        compared += 1
        for name in ("mean", "median", "sample_size"):
            ours = entry.n if name == "sample_size" else getattr(entry, name)
            theirs = same[name].drop_nulls().to_list()
            assert ours is None or not theirs or ours in theirs, (entry.id, name, ours, theirs)
    assert compared >= 20


def test_find_narrows_by_disease_and_quantity() -> None:
    found = find_delays("ebola", "serial_interval")
    assert found["id"].to_list() == ["ebola.serial_interval.who2015"]
    with pytest.raises(InputError, match="unknown"):
        find_delays(quantity="latency")


def test_unknown_and_incomplete_entries_say_the_way_out() -> None:
    with pytest.raises(InputError, match="Near it"):
        get_entry("mers.nothing")
    with pytest.raises(InputError, match="no distribution"):
        get_delay("mers.incubation_period.assiri2013")
