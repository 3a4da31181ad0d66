"""Rows of CSV, TSV, XLSX, NDJSON and Parquet files, plain or gzip, as batches of text columns in bounded memory.

Every batch is a polars frame of String columns plus ``__row__`` (record number: the header is 1; 1 is the first
record where a format has none). Rows that cannot
be cut into columns go into the source's rejection list. Types are the business of the codec that asks.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import polars as pl

from tongzhou.core.errors import InputError
from tongzhou.interop.byte_source import ReadLimits, Source, detect_encoding, read_head
from tongzhou.interop.columns import ROW
from tongzhou.interop.reports import Rejection, empty_rejections, rejections_frame


class FileFormat(StrEnum):
    """Formats of tables that are read and written."""

    CSV = "csv"
    TSV = "tsv"
    XLSX = "xlsx"
    NDJSON = "ndjson"
    PARQUET = "parquet"


_SUFFIXES = {
    ".csv": FileFormat.CSV,
    ".txt": FileFormat.CSV,
    ".tsv": FileFormat.TSV,
    ".xlsx": FileFormat.XLSX,
    ".ndjson": FileFormat.NDJSON,
    ".jsonl": FileFormat.NDJSON,
    ".parquet": FileFormat.PARQUET,
}


@dataclass
class TableSource:
    """One file to be read: what it is, its columns, and its rows batch by batch.

    encoding : ``utf-8`` or ``gb18030`` for text, empty for XLSX and Parquet
    separator : what parts the cells of a text; found by its header
    broken : rows that could not be cut into columns; grows while batches are read
    """

    source: Source
    name: str
    format: FileFormat
    limits: ReadLimits
    encoding: str = ""
    columns: tuple[str, ...] = ()
    separator: str = ","
    broken: list[Rejection] = field(default_factory=list)

    def batches(self) -> Iterator[pl.DataFrame]:
        """Yield frames of at most ``batch_rows`` rows; every value is text, empty text is null."""
        from tongzhou.interop import table_readers

        self.broken.clear()
        reader = table_readers.READERS[self.format]
        for read in reader(self):
            batch = read.with_columns(pl.exclude(ROW).str.strip_chars().replace("", None))
            filled = batch.filter(~pl.all_horizontal(pl.exclude(ROW).is_null()))
            if filled.height:
                yield filled.select(ROW, *self.columns)

    def read_all(self) -> pl.DataFrame:
        """Return all rows in one frame; for files known to be small."""
        frames = list(self.batches())
        if frames:
            return pl.concat(frames, how="vertical")
        return pl.DataFrame(schema={ROW: pl.Int64, **dict.fromkeys(self.columns, pl.String)})

    def broken_rows(self) -> pl.DataFrame:
        """Return the rejection report of rows that could not be cut into columns."""
        return rejections_frame(self.broken) if self.broken else empty_rejections()


def open_table(
    source: Source | str,
    *,
    name: str = "",
    file_format: FileFormat | None = None,
    limits: ReadLimits | None = None,
) -> TableSource:
    """Open a file, find out what it is, check its encoding and line lengths, and read its columns.

    Parameters
    ----------
    source : path, or the bytes themselves
    name : file name for messages and for telling the format when `source` is bytes
    file_format : overrides what name and first bytes say

    Raises
    ------
    InputError : ``file.empty``, ``file.encoding``, ``file.line_too_long``, ``file.broken_gzip``,
        ``file.broken_xlsx``, ``file.broken_parquet``, ``file.unknown_format``, ``columns.duplicate``,
        ``file.absent``
    """
    from tongzhou.interop import table_readers

    if isinstance(source, str):
        source = Path(source)
    if isinstance(source, Path) and not source.is_file():
        raise InputError("file.absent", f"There is no file {source}.", "Check the path.")
    name = name or (source.name if isinstance(source, Path) else "the file")
    limits = limits or ReadLimits()
    if not read_head(source, 1):
        raise InputError("file.empty", f"{name} is empty.", "Send the file with its header and rows.")
    table = TableSource(source, name, file_format or tell_format(source, name), limits)
    if table.format in (FileFormat.CSV, FileFormat.TSV, FileFormat.NDJSON):
        table.encoding = detect_encoding(source, limits, name)
    table.columns = tuple(table_readers.COLUMN_READERS[table.format](table))
    _check_columns(table)
    return table


def tell_format(source: Source, name: str) -> FileFormat:
    """Tell the format by the file name, else by the first bytes."""
    suffixes = [suffix.lower() for suffix in Path(name).suffixes]
    if suffixes and suffixes[-1] == ".gz":
        suffixes.pop()
    if suffixes and suffixes[-1] in _SUFFIXES:
        return _SUFFIXES[suffixes[-1]]
    head = read_head(source, 4)
    if head == b"PK\x03\x04":
        return FileFormat.XLSX
    if head == b"PAR1":
        return FileFormat.PARQUET
    if head[:1] == b"{":
        return FileFormat.NDJSON
    if (
        suffixes
        and len(suffixes[-1]) <= 6
        and suffixes[-1] in (".xls", ".json", ".zip", ".pdf", ".doc", ".docx")
    ):
        raise InputError(
            "file.unknown_format",
            f"{name} is not a table this program reads.",
            "Send CSV, TSV, XLSX, NDJSON or Parquet, plain or as .gz.",
        )
    return FileFormat.CSV


def _check_columns(table: TableSource) -> None:
    if not table.columns:
        raise InputError(
            "file.empty", f"{table.name} has no columns.", "Send the file with its header and rows."
        )
    if ROW in table.columns:
        raise InputError("columns.reserved", f"{table.name} has a column {ROW!r}.", "Rename that column.")
    repeated = sorted({c for c in table.columns if table.columns.count(c) > 1})
    if repeated:
        raise InputError(
            "columns.duplicate",
            f"{table.name} has more than one column named {', '.join(map(repr, repeated))}.",
            "Give every column its own name.",
            {"columns": repeated},
        )


def write_rejected(path: Path, rows: pl.DataFrame, report: pl.DataFrame, file_format: FileFormat) -> int:
    """Write rejected source rows with their reasons, in the format they came in.

    Parameters
    ----------
    rows : frame with ``__row__`` and the source columns
    report : rejection report; several reasons of one row are joined

    Returns
    -------
    int — rows written; rows that could not be cut into columns are written with their reason alone
    """
    reasons = report.group_by("row", maintain_order=True).agg(
        pl.concat_list("column", "value", "reason")
        .list.eval(pl.element().filter(pl.element() != ""))
        .list.join(" · ")
        .str.join("; ")
        .alias("reason")
    )
    joined = (
        rows.rename({ROW: "row"}).cast({"row": pl.Int64}).join(reasons, on="row", how="right", suffix="_")
    )
    joined = joined.sort("row").select("row", *[c for c in rows.columns if c != ROW], "reason")
    if file_format is FileFormat.XLSX:
        joined.write_excel(path)
    elif file_format is FileFormat.PARQUET:
        joined.write_parquet(path)
    elif file_format is FileFormat.NDJSON:
        joined.write_ndjson(path)
    else:
        joined.write_csv(path, include_bom=True, separator="\t" if file_format is FileFormat.TSV else ",")
    return joined.height


def check_zip(path: Path, limits: ReadLimits, name: str) -> None:
    """Refuse an XLSX that is not a whole zip file, or that expands beyond the limit."""
    try:
        with zipfile.ZipFile(path) as archive:
            expanded = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise InputError(
            "file.broken_xlsx",
            f"{name} is not a whole XLSX workbook ({error}).",
            "Open it in a spreadsheet program, save it as XLSX again, or send CSV.",
        ) from None
    if expanded > limits.max_expanded_bytes:
        raise InputError(
            "file.too_large",
            f"{name} expands to {expanded:,} bytes; the limit is {limits.max_expanded_bytes:,}.",
            "Split the workbook, or raise the limit max_expanded_bytes.",
        )
