"""Tables: every format gives the same rows, and every broken file a clear error."""

from __future__ import annotations

import gzip
import io
import tracemalloc

import polars as pl
import pytest

from tests.interop.samples import text_table
from tongzhou.core.errors import InputError
from tongzhou.interop.byte_source import ReadLimits
from tongzhou.interop.columns import ROW, Field, map_columns
from tongzhou.interop.reports import Rejection, rejections_frame
from tongzhou.interop.tabular import FileFormat, open_table, write_rejected

FRAME = pl.DataFrame({"姓名": ["张三", "李四"], "n": ["1", "2"]})


def as_bytes(file_format: str) -> bytes:
    stream = io.BytesIO()
    if file_format == "csv":
        FRAME.write_csv(stream)
    elif file_format == "xlsx":
        FRAME.write_excel(stream)
    elif file_format == "ndjson":
        FRAME.write_ndjson(stream)
    else:
        FRAME.write_parquet(stream)
    return stream.getvalue()


@pytest.mark.parametrize("file_format", ["csv", "xlsx", "ndjson", "parquet"])
@pytest.mark.parametrize("is_zipped", [False, True])
def test_every_format_gives_the_same_rows(file_format, is_zipped):
    content = as_bytes(file_format)
    if is_zipped:
        content = gzip.compress(content)
    table = open_table(content, name=f"x.{file_format}{'.gz' if is_zipped else ''}")
    assert table.read_all().drop(ROW).equals(FRAME)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_text_is_read_in_its_encoding(encoding):
    table = open_table("姓名,结果\r\n张三,阳性\r\n".encode(encoding), name="x.csv")
    assert table.read_all().row(0) == (2, "张三", "阳性")


def test_undecodable_text_names_what_was_tried():
    with pytest.raises(InputError, match=r"neither UTF-8 nor GB18030.*utf-8 fails.*gb18030 fails"):
        open_table(b"a,b\n\xff\xff,1\n", name="x.csv")


def test_row_of_wrong_width_is_reported_with_its_number():
    table = text_table('a,b\n1,"x\ny"\n\n3\n4,5\n')
    rows = table.read_all()
    assert rows[ROW].to_list() == [2, 5]
    assert table.broken_rows().row(0) == (4, "", "3", "1 cells where the header has 2")


def test_bad_json_lines_are_reported_and_the_rest_read():
    table = text_table('{"a":1}\nnope\n[1]\n{"a":2,"z":3}\n{"a":4}\n', "x.ndjson")
    small = ReadLimits(batch_rows=1)
    table = open_table(table.source, name="x.ndjson", limits=small)
    assert table.read_all()["a"].to_list() == ["1", "4"]
    assert table.broken_rows()["row"].sort().to_list() == [2, 3, 4]


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "x.csv", "file.empty"),
        (b"\n", "x.csv", "file.empty"),
        (gzip.compress(b"a,b\n" * 5000, mtime=0)[:60], "x.csv.gz", "file.broken_gzip"),
        (b"\x1f\x8bnot gzip at all", "x.csv.gz", "file.broken_gzip"),
        (b"PK\x03\x04zz", "x.xlsx", "file.broken_xlsx"),
        (as_bytes("xlsx")[:-200], "x.xlsx", "file.broken_xlsx"),
        (b"PAR1xx", "x.parquet", "file.broken_parquet"),
        (as_bytes("parquet")[:-20], "x.parquet", "file.broken_parquet"),
        (b"a,b\n\x00,1\n", "x.csv", "file.binary"),
        (b"a,a\n1,2\n", "x.csv", "columns.duplicate"),
        (b"%PDF-1.4", "x.pdf", "file.unknown_format"),
    ],
    # Bytes carry the second they were packed in, so a test is not named by them.
    ids=lambda value: value if isinstance(value, str) else "content",
)
def test_broken_file_is_a_clear_error(content, name, code):
    with pytest.raises(InputError) as caught:
        open_table(content, name=name).read_all()
    assert caught.value.code == code
    assert caught.value.hint


def test_absent_file_is_a_clear_error(tmp_path):
    with pytest.raises(InputError, match="There is no file"):
        open_table(tmp_path / "none.csv")


def test_endless_line_is_refused_without_reading_it(tmp_path):
    path = tmp_path / "long.csv"
    with path.open("wb") as stream:
        stream.write(b"a,b\n1,")
        stream.truncate(2 << 30)  # a sparse line of 2 GB
    tracemalloc.start()
    with pytest.raises(InputError) as caught:
        open_table(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert caught.value.code == "file.line_too_long"
    assert caught.value.context["line"] == 2
    assert peak < 64 << 20


def test_line_limit_is_exact():
    limits = ReadLimits(max_line_bytes=10)
    assert open_table(b"a\n" + b"x" * 10 + b"\ny\n", name="x.csv", limits=limits).read_all().height == 2
    with pytest.raises(InputError, match="Line 3 "):
        open_table(b"a\nb\n" + b"x" * 11 + b"\n", name="x.csv", limits=limits)


def test_expanding_file_is_refused():
    content = gzip.compress(b"a\n" + b"x\n" * 5_000_000)
    with pytest.raises(InputError) as caught:
        open_table(content, name="x.csv.gz", limits=ReadLimits(max_expanded_bytes=1 << 20))
    assert caught.value.code == "file.too_large"


def test_quote_never_closed_loses_nothing_silently():
    table = text_table('a,b\n"1,2\n3,4\n')
    assert table.read_all().height == 0
    assert table.broken_rows().height == 1


def test_numbers_stay_right_across_blocks():
    lines = [f"{i},x" if i % 1000 else f"{i}" for i in range(200_000)]
    table = open_table(
        ("a,b\n" + "\n".join(lines)).encode(), name="x.csv", limits=ReadLimits(max_line_bytes=1000)
    )
    rows = table.read_all()
    assert (rows[ROW] == rows["a"].cast(pl.Int64) + 2).all()
    assert len(table.broken) == 200


def test_columns_are_guessed_and_shown():
    fields = (
        Field("document", ("证件号码",)),
        Field("result", ("检测结果",)),
        Field("lab", is_required=False),
    )
    mapping = map_columns(["检测 结果", "证件号码*", "备注"], fields)
    assert mapping.pairs == {"document": "证件号码*", "result": "检测 结果"}
    assert (mapping.unused, mapping.absent) == (("备注",), ("lab",))


def test_override_wins_over_the_guess():
    assert map_columns(["a", "b"], (Field("a"),), {"a": "b"}).pairs == {"a": "b"}


def test_wrong_columns_list_missing_and_found():
    with pytest.raises(InputError, match=r"No column for: date_onset\. Found: x, y"):
        map_columns(["x", "y"], (Field("date_onset"),))


def test_override_to_an_absent_column_is_refused():
    with pytest.raises(InputError, match="Cannot map a=z"):
        map_columns(["a"], (Field("a"),), {"a": "z"})


@pytest.mark.parametrize("file_format", list(FileFormat))
def test_rejected_rows_are_written_back_with_reasons(tmp_path, file_format):
    rows = text_table("a,b\n1,2\n3,4\n").read_all()
    report = rejections_frame([Rejection(3, "b", "4", "too big"), Rejection(9, "", "junk", "no columns")])
    path = tmp_path / f"rejected.{file_format.value}"
    assert write_rejected(path, rows, report, file_format) == 2
    again = open_table(path).read_all()
    assert again["a"].to_list() == ["3", None]
    assert "too big" in again["reason"][0]
