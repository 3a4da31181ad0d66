"""Result files: what is accepted, what is refused and why."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.interop.samples import text_table
from tongzhou.core.errors import InputError
from tongzhou.core.identifiers import document_check_digit, is_valid_document
from tongzhou.interop.results import read_results
from tongzhou.interop.text_values import has_right_check_digit, parse_days, parse_instants

GOOD = "11010519491231002X"
HEADER = "证件号码,姓名,样本编号,采样时间,检测时间,检测方法,检测结果,检测机构\n"


def read(*lines: str, header: str = HEADER, **options):
    batches = list(read_results(text_table(header + "\n".join(lines)), **options))
    return pl.concat([b.accepted for b in batches]), pl.concat([b.rejected for b in batches])


def line(document=GOOD, sample="S1", sampled="2020-02-01 08:30", resulted="2020-02-01 18:00", result="阳性"):
    return f"{document},张三,{sample},{sampled},{resulted},核酸检测,{result},省疾控"


def test_row_is_typed():
    accepted, rejected = read(line())
    row = accepted.row(0, named=True)
    assert rejected.height == 0
    assert (row["result"], row["method"], row["document_kind"]) == ("positive", "nucleic_acid", "resident")
    assert row["sampled_at"] == int(datetime(2020, 2, 1, 0, 30, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("bad", "column", "reason"),
    [
        (line(document="110105194912310021"), "document", "check digit"),
        (
            line(document="110105194913310" + "01" + document_check_digit("11010519491331001")),
            "document",
            "birthday",
        ),
        (line(document="1101051949123100"), "document", "18 characters"),
        (line(document="", sample=""), "document", "neither"),
        (line(document="张三"), "document", "not a document"),
        (line(sampled=""), "sampled_at", "missing"),
        (line(sampled="2020-02-30 08:00"), "sampled_at", "exists"),
        (line(resulted="2020-01-31 08:00"), "resulted_at", "earlier"),
        (line(result=""), "result", "missing"),
        (line(result="maybe"), "result", "not positive"),
    ],
)
def test_bad_row_names_column_and_reason(bad, column, reason):
    accepted, rejected = read(line(sample="OTHER"), bad)
    assert accepted.height == 1
    assert rejected.height == 1
    assert rejected.row(0)[:2] == (3, column)
    assert reason in rejected["reason"][0]


def test_future_sample_is_refused():
    _, rejected = read(line(), latest=datetime(2020, 1, 1, tzinfo=UTC))
    assert set(rejected["reason"]) == {"sampling time is in the future", "result time is in the future"}


def test_repeated_row_is_refused_once():
    accepted, rejected = read(line(), line(sample="S2"), line())
    assert accepted.height == 2
    assert rejected["row"].to_list() == [4]


def test_passport_and_missing_document_are_kept():
    accepted, _ = read(line(document="E12345678"), line(document="", sample="S9"))
    assert accepted["document_kind"].to_list() == ["other", None]


def test_english_headers_and_words_are_read():
    header = "Document Number,Sample ID,Collected At,Result\n"
    accepted, _ = read(f"{GOOD.lower()},S1,2020-02-01T00:30:00Z,Not detected", header=header)
    assert accepted["result"][0] == "negative"
    assert accepted["document"][0] == GOOD


def test_wrong_columns_name_what_is_missing():
    with pytest.raises(InputError, match="document, sample_id, sampled_at, result"):
        read("1,2", header="a,b\n")


def test_every_row_is_accepted_or_reported():
    lines = [line(sample=f"S{i}", result=("阳性", "?")[i % 2]) for i in range(50)]
    accepted, rejected = read(*lines)
    assert sorted([*accepted["row"], *rejected["row"].unique()]) == list(range(2, 52))


@given(st.from_regex(r"[0-9]{17}", fullmatch=True), st.sampled_from("0123456789X"))
def test_vectorised_check_digit_agrees_with_the_scalar(first, last):
    assert has_right_check_digit(pl.Series([first + last]))[0] == is_valid_document(first + last)


@pytest.mark.parametrize(
    "text", ["2020-02-01", "2020/2/1", "2020.2.1", "20200201", "2020年2月1日", "2020-02-01 00:00:00"]
)
def test_day_is_read_in_its_usual_forms(text):
    assert str(parse_days(pl.Series([text]))[0]) == "2020-02-01"


@pytest.mark.parametrize("text", ["2020-02-31", "01/02/2020", "soon", "", "99999999"])
def test_day_that_is_none_stays_empty(text):
    assert parse_days(pl.Series([text]))[0] is None


@pytest.mark.parametrize(
    "text",
    [
        "2020-02-01 15:30",
        "2020年2月1日15时30分",
        "2020-02-01T07:30:00Z",
        "2020-02-01T15:30:00+08:00",
        "2020/2/1 15:30:00.000",
    ],
)
def test_instant_is_read_in_its_usual_forms(text):
    assert parse_instants(pl.Series([text]))[0] == int(datetime(2020, 2, 1, 7, 30, tzinfo=UTC).timestamp())
