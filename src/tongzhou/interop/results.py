"""A laboratory's file of test results: validated a column at a time, batch by batch, a million rows in seconds.

Never looks a person up: a row leaves here with its document as written, or without one; linking is the
server's duty.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import polars as pl

from tongzhou.core.time import require_aware
from tongzhou.interop.columns import ColumnMapping, Field, map_columns
from tongzhou.interop.reports import join_reports, reject_where
from tongzhou.interop.tabular import TableSource
from tongzhou.interop.text_values import (
    has_right_check_digit,
    parse_birthdays,
    parse_instants,
    parse_words,
)

FIELDS = (
    Field(
        "document",
        ("id number", "id card", "document number", "证件号码", "证件号", "身份证号", "身份证号码", "身份证"),
    ),
    Field(
        "name", ("full name", "patient name", "姓名", "受检者姓名", "患者姓名", "受检人"), is_required=False
    ),
    Field(
        "sample_id",
        ("sample", "specimen id", "barcode", "样本编号", "样本号", "标本编号", "标本号", "条码", "条码号"),
    ),
    Field(
        "sampled_at",
        (
            "collected at",
            "sampling time",
            "date_specimen",
            "specimen date",
            "采样时间",
            "采样日期",
            "采集时间",
        ),
    ),
    Field(
        "resulted_at",
        (
            "result time",
            "tested at",
            "report time",
            "date_result",
            "检测时间",
            "结果时间",
            "报告时间",
            "出结果时间",
        ),
        is_required=False,
    ),
    Field("method", ("test type", "assay", "检测方法", "方法", "检测项目"), is_required=False),
    Field("result", ("test result", "outcome", "检测结果", "结果", "结论")),
    Field("lab", ("laboratory", "testing institution", "检测机构", "实验室", "检测单位"), is_required=False),
)
RESULT_WORDS: Mapping[str, tuple[str, ...]] = {
    "positive": (
        "pos",
        "p",
        "+",
        "detected",
        "reactive",
        "阳性",
        "阳",
        "检出",
        "弱阳性",
        "弱阳",
        "weak positive",
        "阳性(+)",
        "阳性+",
    ),
    "negative": (
        "neg",
        "n",
        "-",
        "not detected",
        "non-reactive",
        "nonreactive",
        "阴性",
        "阴",
        "未检出",
        "阴性(-)",
        "阴性-",
    ),
    "indeterminate": (
        "inconclusive",
        "equivocal",
        "invalid",
        "可疑",
        "可疑阳性",
        "不确定",
        "待复检",
        "灰区",
        "无效",
        "单靶标阳性",
    ),
}
METHOD_WORDS: Mapping[str, tuple[str, ...]] = {
    "nucleic_acid": (
        "pcr",
        "rt-pcr",
        "rtpcr",
        "naat",
        "核酸",
        "核酸检测",
        "新冠病毒核酸",
        "新冠病毒核酸检测",
        "nucleic acid",
    ),
    "antigen": ("ag", "rapid antigen", "抗原", "抗原检测", "新冠病毒抗原"),
    "antibody": ("ab", "serology", "igm", "igg", "igg/igm", "抗体", "抗体检测", "血清学"),
    "sequencing": ("wgs", "测序", "基因测序"),
}
COLUMNS = (
    "row",
    "document",
    "document_kind",
    "name",
    "sample_id",
    "sampled_at",
    "resulted_at",
    "method",
    "result",
    "lab",
)
DUPLICATE_KEY = ("sample_id", "document", "sampled_at", "resulted_at", "method", "result")


@dataclass(frozen=True, slots=True)
class ResultBatch:
    """One batch of a results file.

    accepted : frame of `COLUMNS`; ``sampled_at`` and ``resulted_at`` int64 seconds since 1970 UTC (the second
        null when not told); ``document_kind`` resident | other | null; ``result`` positive | negative |
        indeterminate; ``method`` a known word, else as written
    rejected : frame (row, column, value, reason), at least one line for every row not accepted
    rejected_rows : the source rows refused, for writing back
    """

    accepted: pl.DataFrame
    rejected: pl.DataFrame
    rejected_rows: pl.DataFrame


def map_result_columns(table: TableSource, overrides: Mapping[str, str] | None = None) -> ColumnMapping:
    """Return which column of the file holds which field; raise InputError listing missing and found."""
    return map_columns(table.columns, FIELDS, overrides)


def read_results(
    table: TableSource,
    mapping: ColumnMapping | None = None,
    *,
    zone: str = "Asia/Shanghai",
    latest: datetime | None = None,
) -> Iterator[ResultBatch]:
    """Yield validated batches; memory holds one batch and eight bytes for every row seen.

    Parameters
    ----------
    zone : zone of times written without one
    latest : aware instant; a sample or result after it is refused as impossible

    Notes
    -----
    Rows equal in sample, document, times, method and result are duplicates; they are told apart by a 64-bit
    hash, so two different rows among a million are confused with a probability of 3e-8.
    """
    mapping = mapping or map_result_columns(table)
    latest_s = int(require_aware(latest).timestamp()) if latest else None
    seen = np.empty(0, dtype=np.uint64)
    for source in table.batches():
        typed = _typed(mapping.apply(source), zone)
        problems = _problems(typed, latest_s)
        keys = typed.select(DUPLICATE_KEY).hash_rows(seed=0).to_numpy()
        is_repeated = _stands_in(seen, keys) | ~_is_first(keys)
        bad_rows = pl.concat([p.select("row") for p in problems]) if problems else typed.select("row").clear()
        typed = typed.with_columns(pl.Series("is_repeated", is_repeated))
        repeated = typed.join(bad_rows, on="row", how="anti")
        problems.append(
            reject_where(
                repeated, pl.col("is_repeated"), "sample_id", "the same result stands earlier in the file"
            )
        )
        report = join_reports(problems)
        accepted = typed.join(report, on="row", how="anti", maintain_order="left").select(COLUMNS)
        seen = np.sort(np.concatenate([seen, keys]), kind="stable")
        rejected_rows = source.join(
            report, left_on="__row__", right_on="row", how="semi", maintain_order="left"
        )
        yield ResultBatch(accepted, report, rejected_rows)
    if table.broken:
        report = table.broken_rows()
        empty = pl.DataFrame(schema={"__row__": pl.Int64, **dict.fromkeys(table.columns, pl.String)})
        yield ResultBatch(_typed(mapping.apply(empty), zone).select(COLUMNS), report, empty)


def _stands_in(in_order: npt.NDArray[np.uint64], keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    if not len(in_order):
        return np.zeros(len(keys), dtype=np.bool_)
    at = np.minimum(np.searchsorted(in_order, keys), len(in_order) - 1)
    return np.asarray(in_order[at] == keys)


def _is_first(keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    order = np.argsort(keys, kind="stable")
    in_order = keys[order]
    first = np.ones(len(keys), dtype=np.bool_)
    first[order[1:]] = in_order[1:] != in_order[:-1]
    return first


def _typed(frame: pl.DataFrame, zone: str) -> pl.DataFrame:
    # a leading apostrophe is how spreadsheets keep long numbers from turning into 4.4E+17
    document = frame["document"].str.to_uppercase().str.replace_all(r"^['‘’`]|[\s\u200b]", "")
    is_resident = document.str.contains(r"^[0-9]{17}[0-9X]$")
    kind = pl.when(is_resident).then(pl.lit("resident")).when(document.is_not_null()).then(pl.lit("other"))
    return frame.with_columns(
        document,
        kind.alias("document_kind"),
        pl.col("sampled_at").alias("sampled_text"),
        pl.col("resulted_at").alias("resulted_text"),
        pl.col("result").alias("result_text"),
        parse_instants(frame["sampled_at"], zone),
        parse_instants(frame["resulted_at"], zone),
        parse_words(frame["result"], RESULT_WORDS),
        pl.coalesce(parse_words(frame["method"], METHOD_WORDS), pl.col("method")).alias("method"),
        has_right_check_digit(document).alias("is_checked"),
        parse_birthdays(document).alias("born_on"),
    )


def _problems(frame: pl.DataFrame, latest_s: int | None) -> list[pl.DataFrame]:
    """Return rejection reports, one for each rule that some row breaks."""
    resident = pl.col("document_kind") == "resident"
    looks_resident = pl.col("document").str.contains(r"^[0-9]{15,}[0-9X]?$") & ~resident
    shape = r"^[0-9A-Z\-]{5,30}$"
    sampled, resulted = pl.col("sampled_at"), pl.col("resulted_at")
    rules: list[tuple[pl.Expr, str, str]] = [
        (
            pl.col("document").is_null() & pl.col("sample_id").is_null(),
            "document",
            "neither document nor sample number",
        ),
        (resident & ~pl.col("is_checked"), "document", "check digit is wrong (GB 11643)"),
        (
            resident & pl.col("is_checked") & pl.col("born_on").is_null(),
            "document",
            "birthday in the number does not exist",
        ),
        (
            looks_resident & (pl.col("document").str.len_chars() != 15),
            "document",
            "a resident number has 18 characters",
        ),
        (
            ~looks_resident & ~resident & ~pl.col("document").str.contains(shape),
            "document",
            "not a document number",
        ),
        (pl.col("sampled_text").is_null(), "sampled_text", "sampling time is missing"),
        (
            pl.col("sampled_text").is_not_null() & sampled.is_null(),
            "sampled_text",
            "not a time that exists (write 2020-02-01 08:30)",
        ),
        (
            pl.col("resulted_text").is_not_null() & resulted.is_null(),
            "resulted_text",
            "not a time that exists (write 2020-02-01 08:30)",
        ),
        (resulted < sampled, "resulted_text", "result is earlier than its sample"),
        (pl.col("result_text").is_null(), "result_text", "result is missing"),
        (
            pl.col("result_text").is_not_null() & pl.col("result").is_null(),
            "result_text",
            "not positive, negative or indeterminate",
        ),
    ]
    if latest_s is not None:
        rules.append((sampled > latest_s, "sampled_text", "sampling time is in the future"))
        rules.append((resulted > latest_s, "resulted_text", "result time is in the future"))
    names = {"sampled_text": "sampled_at", "resulted_text": "resulted_at", "result_text": "result"}
    reports = [
        reject_where(frame, is_bad.fill_null(False), column, reason) for is_bad, column, reason in rules
    ]
    return [r.with_columns(pl.col("column").replace(names)) for r in reports if r.height]
