"""Figures for planning from a file: what stands ready by area, and who is to travel when."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from os.path import commonprefix
from typing import Any

import polars as pl

from tongzhou.interop.columns import Field, map_columns
from tongzhou.interop.reports import join_reports, reject_where
from tongzhou.interop.text_values import parse_days
from tongzhou.server.exchange.importers.base import Batch, FileRole, Importer, Reading, Tables, Written
from tongzhou.server.planning.actions import CapacityEntry, record_capacities
from tongzhou.server.planning.models import CapacityKind
from tongzhou.server.travel.actions import TravelEntry, record_travel

CAPACITY_FIELDS = (
    Field("area_code", ("area", "地区代码", "区划代码")),
    Field("kind", ("capacity", "类别", "能力")),
    Field("amount", ("units", "数量")),
    Field("as_of", ("date", "截至", "日期")),
    Field("source", ("来源",)),
    Field("lead_days", ("准备天数",), is_required=False),
)
TRAVEL_FIELDS = (
    Field("area_code", ("area", "地区代码", "区划代码")),
    Field("direction", ("方向",)),
    Field("on", ("day", "日期")),
    Field("other", ("origin", "destination", "来源地", "去向")),
    Field("as_of", ("截至",)),
    Field("source", ("来源",)),
    Field("checkpoint", ("检查点",), is_required=False),
    Field("n_registered", ("registered", "已登记")),
    Field("n_expected", ("expected", "预计"), is_required=False),
    Field("other_cases", ("cases", "七日病例"), is_required=False),
    Field("other_population", ("population", "人口"), is_required=False),
)
_DAYS = ("as_of", "on")
_NUMBERS = ("amount", "lead_days", "n_registered", "n_expected", "other_cases", "other_population")


def _read(file: str, fields: tuple[Field, ...], tables: Tables, overrides: Mapping[str, str]) -> Reading:
    """Read one table of figures; rows whose numbers, days or words cannot be are rejected with the reason."""
    table = tables[file]
    mapping = map_columns(table.columns, fields, overrides)
    text = mapping.apply(table.read_all()).with_columns(pl.col(pl.String).str.strip_chars().replace("", None))
    typed = text.with_columns(
        *(parse_days(text[name].fill_null("")).alias(name) for name in _DAYS if name in text.columns),
        *(
            pl.col(n).str.replace_all(",", "").cast(pl.Int64, strict=False)
            for n in _NUMBERS
            if n in text.columns
        ),
    )
    required = [field.name for field in fields if field.is_required]
    reports = [_bad(text, typed, name, name in required) for name in typed.columns if name != "row"]
    report = join_reports(reports)
    good = typed.filter(~pl.col("row").is_in(report["row"].to_list()))
    return Reading(good, {file: report}, {file: mapping.pairs})


def _bad(text: pl.DataFrame, typed: pl.DataFrame, name: str, is_required: bool) -> pl.DataFrame:
    """Return the rows whose field cannot be read, or is missing where it must not be."""
    joined = text.select("row", pl.col(name).cast(pl.String)).with_columns(typed[name].alias("typed"))
    unread = pl.col("typed").is_null() & pl.col(name).is_not_null()
    if name in _NUMBERS:
        unread |= pl.col("typed").cast(pl.Int64) < 0
    if name == "kind":
        unread |= ~pl.col(name).is_in(CapacityKind.values)
    if name == "direction":
        unread |= ~pl.col(name).is_in(["in", "out"])
    missing = pl.col(name).is_null() & pl.lit(is_required)
    return reject_where(joined, unread | missing, name, f"{name} is missing or cannot be read")


def _write(
    file: str, make: Callable[..., Any], record: Callable[..., int], reading: Reading, batch: Batch
) -> Written:
    """Keep the figures, in the smallest area that holds them all."""
    rows: pl.DataFrame = reading.content
    entries = [make(**{**row, **_texts(row)}) for row in rows.drop("row").iter_rows(named=True)]
    changed = frozenset(rows["row"].to_list())
    if batch.is_trial or not entries:
        return Written({file: changed}, {file: len(entries)})
    area = commonprefix([entry.area_code for entry in entries])  # noqa: RUF071 - codes, not paths
    n_new = record(batch.actor, area, entries)
    return Written({file: changed if n_new else frozenset()}, {file: n_new})


def _texts(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"checkpoint": row["checkpoint"] or ""} if "checkpoint" in row else {}


def read_capacities(tables: Tables, overrides: Mapping[str, str]) -> Reading:
    """Read what stands ready."""
    return _read("capacities", CAPACITY_FIELDS, tables, overrides)


def write_capacities(reading: Reading, batch: Batch) -> Written:
    """Keep what stands ready."""
    return _write("capacities", CapacityEntry, record_capacities, reading, batch)


def read_travel(tables: Tables, overrides: Mapping[str, str]) -> Reading:
    """Read who is to travel."""
    return _read("travel", TRAVEL_FIELDS, tables, overrides)


def write_travel(reading: Reading, batch: Batch) -> Written:
    """Keep who is to travel."""
    return _write("travel", TravelEntry, record_travel, reading, batch)


CAPACITIES = Importer(
    "capacities",
    "现有能力",
    "What stands ready",
    (FileRole("capacities", CAPACITY_FIELDS),),
    read_capacities,
    write_capacities,
)
TRAVEL = Importer(
    "travel", "出行数据", "Figures of travel", (FileRole("travel", TRAVEL_FIELDS),), read_travel, write_travel
)
