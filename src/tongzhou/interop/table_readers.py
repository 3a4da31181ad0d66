"""The readers behind `tabular`: one for each format, each a generator of frames of text."""

from __future__ import annotations

import csv
import itertools
import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from tongzhou.core.errors import InputError
from tongzhou.interop.byte_source import as_plain_path, as_utf8_file
from tongzhou.interop.columns import ROW
from tongzhou.interop.reports import Rejection
from tongzhou.interop.tabular import FileFormat, TableSource, check_zip

HEADER_ROW = 1


def read_csv_columns(table: TableSource) -> list[str]:
    """Return the header of a CSV or TSV file."""
    with as_utf8_file(table.source, table.encoding, table.limits, table.name) as stream:
        first = stream.readline(table.limits.max_line_bytes + 1).decode()
    header = re.split(r"[\r\n]", first, maxsplit=1)[0]
    table.separator = _tell_separator(table, header)
    try:
        cells = [cell.strip() for cell in next(csv.reader([header], delimiter=table.separator), [])]
    except csv.Error as error:
        raise _bad_csv(table, error) from None
    return [cell or f"column {i}" for i, cell in enumerate(cells, start=1)] if any(cells) else []


def read_csv_batches(table: TableSource) -> Iterator[pl.DataFrame]:
    """Yield a CSV file in blocks; rows with a wrong number of cells are rejected, blank lines skipped."""
    skipped: list[int] = []

    def refuse(bad: Any) -> str:
        number = int(bad.number)
        skipped.append(number)
        if str(bad.text).strip():
            reason = f"{bad.actual_columns} cells where the header has {bad.expected_columns}"
            table.broken.append(Rejection(number, "", str(bad.text), reason))
        return "skip"

    width = len(table.columns)
    parse = pa_csv.ParseOptions(
        delimiter=table.separator,
        newlines_in_values=True,
        ignore_empty_lines=width == 1,
        invalid_row_handler=refuse,
    )
    convert = pa_csv.ConvertOptions(
        column_types={c: pa.string() for c in table.columns}, strings_can_be_null=False, check_utf8=False
    )
    read = pa_csv.ReadOptions(
        column_names=list(table.columns),
        skip_rows=HEADER_ROW,
        use_threads=False,
        block_size=2 * table.limits.max_line_bytes,
    )
    with as_utf8_file(table.source, table.encoding, table.limits, table.name) as stream:
        try:
            reader = pa_csv.open_csv(stream, read, parse, convert)
        except pa.ArrowInvalid as error:
            if "Empty CSV" in str(error) or "Could not skip initial" in str(error):
                return
            raise _bad_csv(table, error) from None
        yield from _numbered(table, reader, skipped)


def _numbered(table: TableSource, reader: Any, skipped: list[int]) -> Iterator[pl.DataFrame]:
    next_row = HEADER_ROW + 1
    used = 0
    while True:
        try:
            batch = reader.read_next_batch()
        except StopIteration:
            return
        except pa.ArrowInvalid as error:
            raise _bad_csv(table, error) from None
        numbers, used = _row_numbers(next_row, batch.num_rows, skipped, used)
        if len(numbers):
            next_row = int(numbers[-1]) + 1
        frame = pl.from_arrow(pa.Table.from_batches([batch]))
        assert isinstance(frame, pl.DataFrame)  # noqa: S101 — narrows the type
        yield frame.with_columns(pl.Series(ROW, numbers, dtype=pl.Int64))


def _row_numbers(first: int, n: int, skipped: Sequence[int], used: int) -> tuple[npt.NDArray[np.int64], int]:
    """Return the physical numbers of `n` kept rows from `first` on, passing over the skipped ones."""
    gaps = [number for number in skipped[used:] if number >= first]
    numbers = np.setdiff1d(np.arange(first, first + n + len(gaps), dtype=np.int64), gaps)[:n]
    last = int(numbers[-1]) if n else first
    while used < len(skipped) and skipped[used] <= last:
        used += 1
    return numbers, used


def _bad_csv(table: TableSource, error: Exception) -> InputError:
    return InputError(
        "file.broken_csv",
        f"{table.name} cannot be read as CSV: {str(error).splitlines()[0][:200]}.",
        "Look for a quote that is opened and never closed.",
    )


def _tell_separator(table: TableSource, header: str) -> str:
    """Return what parts the cells: a tab in TSV; in CSV a comma, else what a header without commas has."""
    if table.format is FileFormat.TSV:
        return "\t"
    return next((mark for mark in ",;\t" if mark in header), ",")


def read_ndjson_columns(table: TableSource) -> list[str]:
    """Return the keys of the first batch of objects, in order of appearance."""
    with as_utf8_file(table.source, table.encoding, table.limits, table.name) as stream:
        keys: dict[str, None] = {}
        for _, row in _objects(stream, None, table.limits.batch_rows):
            keys.update(dict.fromkeys(row))
    return list(keys)


def read_ndjson_batches(table: TableSource) -> Iterator[pl.DataFrame]:
    """Yield NDJSON in batches; lines that are no object, or bring keys unknown at the start, are rejected."""
    known = set(table.columns)
    with as_utf8_file(table.source, table.encoding, table.limits, table.name) as stream:
        objects = _objects(stream, table.broken, None)
        while batch := list(itertools.islice(objects, table.limits.batch_rows)):
            kept = [(number, row) for number, row in batch if known.issuperset(row)]
            for number, row in batch if len(kept) < len(batch) else []:
                if strange := [key for key in row if key not in known]:
                    table.broken.append(
                        Rejection(number, strange[0], "", "key not seen at the start of the file")
                    )
            columns = {c: _text_column([row.get(c) for _, row in kept]) for c in table.columns}
            frame = pl.DataFrame(columns, schema=dict.fromkeys(table.columns, pl.String))
            yield frame.with_columns(pl.Series(ROW, [number for number, _ in kept], dtype=pl.Int64))


def _objects(
    stream: IO[bytes], broken: list[Rejection] | None, at_most: int | None
) -> Iterator[tuple[int, dict[str, Any]]]:
    # there is no header, so the first object is row 1
    for number, line in enumerate(itertools.islice(stream, at_most), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            row, reason = None, f"not JSON: {str(error)[:100]}"
        else:
            reason = "not a JSON object"
        if isinstance(row, dict):
            yield number, {key or "key": value for key, value in row.items()} if "" in row else row
        elif broken is not None:
            broken.append(Rejection(number, "", line.decode(errors="replace").strip(), reason))


def _text_column(values: list[Any]) -> list[str | None]:
    if all(value is None or value.__class__ is str for value in values):
        return values
    return [_as_text(value) for value in values]


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def read_xlsx_columns(table: TableSource) -> list[str]:
    """Return the header of the first sheet."""
    return [str(c) for c in _load_sheet(table, 0).columns]


def read_xlsx_batches(table: TableSource) -> Iterator[pl.DataFrame]:
    """Yield the first sheet in slices."""
    frame = _load_sheet(table, None).with_row_index(ROW, offset=HEADER_ROW + 1).cast({ROW: pl.Int64})
    yield from frame.iter_slices(table.limits.batch_rows)


def _load_sheet(table: TableSource, n_rows: int | None) -> pl.DataFrame:
    import fastexcel

    with as_plain_path(table.source, table.limits, table.name, ".xlsx") as path:
        check_zip(path, table.limits, table.name)
        try:
            sheet = fastexcel.read_excel(path).load_sheet(0, dtypes="string", n_rows=n_rows)
            return sheet.to_polars().cast(pl.String)
        except fastexcel.FastExcelError as error:
            raise InputError(
                "file.broken_xlsx",
                f"{table.name} is not a workbook that can be read ({str(error).splitlines()[0][:200]}).",
                "Open it in a spreadsheet program, save it as XLSX again, or send CSV.",
            ) from None


def read_parquet_columns(table: TableSource) -> list[str]:
    """Return the column names of a Parquet file."""
    with as_plain_path(table.source, table.limits, table.name, ".parquet") as path:
        try:
            names = [str(name) for name in pq.read_schema(path).names]
            "".join(names).encode()
            return names
        except (pa.ArrowException, OSError, ValueError) as error:
            raise _bad_parquet(table, error) from None


def read_parquet_batches(table: TableSource) -> Iterator[pl.DataFrame]:
    """Yield a Parquet file in batches, every column as text."""
    row = 1
    with as_plain_path(table.source, table.limits, table.name, ".parquet") as path:
        try:
            for batch in pq.ParquetFile(path).iter_batches(table.limits.batch_rows):
                texts = pa.table({c: batch.column(i).cast(pa.string()) for i, c in enumerate(table.columns)})
                texts.validate(full=True)
                frame = pl.from_arrow(texts)
                assert isinstance(frame, pl.DataFrame)  # noqa: S101 — narrows the type
                numbers = pl.int_range(row, row + frame.height, eager=True).alias(ROW)
                yield frame.with_columns(numbers)
                row += frame.height
        except (pa.ArrowException, pl.exceptions.PolarsError, OSError, ValueError) as error:
            raise _bad_parquet(table, error) from None


def _bad_parquet(table: TableSource, error: Exception) -> InputError:
    reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
    return InputError(
        "file.broken_parquet",
        f"{table.name} is not a whole Parquet file of plain columns ({reason}).",
        "Write it again, or send CSV.",
    )


COLUMN_READERS: dict[FileFormat, Callable[[TableSource], list[str]]] = {
    FileFormat.CSV: read_csv_columns,
    FileFormat.TSV: read_csv_columns,
    FileFormat.XLSX: read_xlsx_columns,
    FileFormat.NDJSON: read_ndjson_columns,
    FileFormat.PARQUET: read_parquet_columns,
}
READERS: dict[FileFormat, Callable[[TableSource], Iterator[pl.DataFrame]]] = {
    FileFormat.CSV: read_csv_batches,
    FileFormat.TSV: read_csv_batches,
    FileFormat.XLSX: read_xlsx_batches,
    FileFormat.NDJSON: read_ndjson_batches,
    FileFormat.PARQUET: read_parquet_batches,
}
