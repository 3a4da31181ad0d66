"""Case records published one by one (cases, travel, events, links): four tables in, four typed frames out.

Owns what the columns mean and the known caveats of the source. Never invents a date: what a column does not
say stays null.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from tongzhou.core.errors import list_offenders
from tongzhou.interop.area_names import AreaNames
from tongzhou.interop.columns import Field, map_columns
from tongzhou.interop.reports import Finding, join_reports, reject_where
from tongzhou.interop.tabular import TableSource
from tongzhou.interop.text_values import parse_days, parse_instants, parse_words

SEX_WORDS = {"male": ("男", "m", "男性"), "female": ("女", "f", "女性")}
YES_WORDS = {"yes": ("是", "y", "true", "1"), "no": ("否", "n", "false", "0")}
CASE_FIELDS = (
    Field("src", ("source_file", "来源文件")),
    Field("case_id", ("病例编号",)),
    *(
        Field(n, is_required=False)
        for n in ("hubei_resident", "res_province", "res_city", "res_district", "res_street")
    ),
    Field("age", ("年龄",), is_required=False),
    Field("sex", ("gender", "性别"), is_required=False),
    Field("linked_cases", is_required=False),
    Field("left_hubei", is_required=False),
    Field("onset", ("date_onset", "发病日期")),
    Field("onset_place", is_required=False),
    Field("confirmed", ("date_confirmation", "确诊日期")),
    *(
        Field(n, is_required=False)
        for n in ("hospital", "symptoms", "n_contacts", "url", "review", "case_city")
    ),
)
TRAVEL_FIELDS = (
    Field("src"),
    Field("case_id"),
    Field("date"),
    Field("mode", is_required=False),
    Field("vehicle_no", is_required=False),
    Field("from_place"),
    Field("to_place"),
)
EVENT_FIELDS = (Field("src"), Field("case_id"), Field("place"), Field("event"), Field("start"), Field("end"))
LINK_FIELDS = (
    Field("src"),
    Field("case_id"),
    Field("linked_case_id"),
    Field("target_in_file", is_required=False),
)


_CASE_COLUMNS = (
    "row",
    "src",
    "case_id",
    "area_code",
    "residence_code",
    "age",
    "is_hubei_resident",
    "left_hubei_on",
    "date_onset",
    "date_confirmation",
    "date_admission",
    "onset_place",
    "hospital",
    "symptoms",
    "n_contacts",
    "is_reviewed",
)


@dataclass(frozen=True, slots=True)
class AdmissionCaveat:
    """Cases of one city whose ``confirmed`` column holds the day of admission.

    src, prefix : source file and the first digits of the case number
    last_serial : the serial number up to which this holds
    """

    src: str
    prefix: str
    last_serial: int
    reason: str


SHENZHEN_ADMISSIONS = AdmissionCaveat(
    "guangdong",
    "0755",
    170,
    "Shenzhen's open data set 29200_01503668 gives the day of admission for its first 170 cases.",
)


@dataclass(frozen=True, slots=True)
class CaseDetailTables:
    """The four files of one delivery; only the cases are needed."""

    cases: TableSource
    travel: TableSource | None = None
    events: TableSource | None = None
    links: TableSource | None = None


@dataclass(frozen=True, slots=True)
class CaseDetails:
    """Typed frames, joined by (src, case_id).

    cases : row, src, case_id, area_code (reporting city), residence_code, age (float, years), sex, is_hubei_resident,
        left_hubei_on, date_onset, date_confirmation, date_admission (Date), onset_place, hospital, symptoms,
        n_contacts, source_url, is_reviewed
    travel : row, src, case_id, on (Date), departed_at (seconds or null), mode, vehicle_no, from_place, to_place,
        from_code, to_code, has_case
    events : row, src, case_id, place, event, from_s, until_s (seconds or null), from_on, until_on (Date), has_case
    links : row, src, case_id, linked_case_id, is_resolved
    rejected : table name -> frame (row, column, value, reason)
    """

    cases: pl.DataFrame
    travel: pl.DataFrame
    events: pl.DataFrame
    links: pl.DataFrame
    rejected: dict[str, pl.DataFrame]
    findings: tuple[Finding, ...]


def read_case_details(
    tables: CaseDetailTables, areas: AreaNames, caveats: tuple[AdmissionCaveat, ...] = (SHENZHEN_ADMISSIONS,)
) -> CaseDetails:
    """Read one delivery.

    Notes
    -----
    A repeated (src, case_id) is rejected and the first kept, because travel, events and links cannot be told
    apart between the two. Links are resolved within their own source file.
    """
    cases, case_report, findings = _read_cases(tables.cases, areas, caveats)
    known = cases.select("src", "case_id", pl.lit(True).alias("has_case"))
    travel, travel_report = _read_travel(tables.travel, areas, known)
    events, event_report = _read_events(tables.events, known)
    links, link_findings = _read_links(tables.links, cases)
    rejected = {"cases": case_report, "travel": travel_report, "events": event_report}
    return CaseDetails(cases, travel, events, links, rejected, (*findings, *link_findings))


def _read_cases(
    table: TableSource, areas: AreaNames, caveats: tuple[AdmissionCaveat, ...]
) -> tuple[pl.DataFrame, pl.DataFrame, list[Finding]]:
    frame = map_columns(table.columns, CASE_FIELDS).apply(table.read_all())
    frame = frame.with_columns(
        pl.col("age").alias("age_text"),
        pl.col("age").cast(pl.Float64, strict=False),
        parse_words(frame["sex"], SEX_WORDS).alias("sex_word"),
        (parse_words(frame["hubei_resident"], YES_WORDS) == "yes").alias("is_hubei_resident"),
        _day(frame["left_hubei"]).alias("left_hubei_on"),
        _day(frame["onset"]).alias("date_onset"),
        _day(frame["confirmed"]).alias("confirmed_day"),
    )
    report = _rejected_cases(table, frame)
    good = frame.join(report, on="row", how="anti", maintain_order="left")
    good, findings = _apply_caveats(good, caveats)
    n_repeats = report.filter(pl.col("reason").str.starts_with("repeats")).height
    if n_repeats:
        findings.append(
            Finding(
                "repeated_case",
                f"{n_repeats} case numbers occur again; the first was kept.",
                {"n": n_repeats},
            )
        )
    codes = [_case_codes(areas, row) for row in good.iter_rows(named=True)]
    good = good.with_columns(
        pl.Series("area_code", [c[0] for c in codes], dtype=pl.String),
        pl.Series("residence_code", [c[1] for c in codes], dtype=pl.String),
        pl.col("n_contacts").str.extract(r"^共?([0-9]+)$").cast(pl.Int64).alias("n_contacts"),
        (pl.col("review") == "已审核").alias("is_reviewed"),
    )
    columns = [*_CASE_COLUMNS, "sex_word", "url", "linked_cases"]
    return (
        good.select(columns).rename({"sex_word": "sex", "url": "source_url", "linked_cases": "linked_text"}),
        report,
        findings,
    )


def _rejected_cases(table: TableSource, frame: pl.DataFrame) -> pl.DataFrame:
    is_repeat = ~pl.struct("src", "case_id").is_first_distinct()
    return join_reports(
        [
            table.broken_rows(),
            reject_where(frame, pl.col("case_id").is_null(), "case_id", "no case number"),
            reject_where(
                frame,
                is_repeat & pl.col("case_id").is_not_null(),
                "case_id",
                "repeats an earlier case number of this source",
            ),
            reject_where(
                frame,
                pl.col("age_text").is_not_null() & ~pl.col("age").is_between(0, 130).fill_null(False),
                "age_text",
                "not an age in years",
            ),
            reject_where(
                frame, pl.col("sex").is_not_null() & pl.col("sex_word").is_null(), "sex", "neither 男 nor 女"
            ),
            *(
                reject_where(
                    frame, pl.col(text).is_not_null() & pl.col(day).is_null(), text, "not a day that exists"
                )
                for text, day in (
                    ("onset", "date_onset"),
                    ("confirmed", "confirmed_day"),
                    ("left_hubei", "left_hubei_on"),
                )
            ),
        ]
    )


def _day(texts: pl.Series) -> pl.Series:
    """Return the local day of a text that is a day, or a day with a clock."""
    return parse_days(texts.str.replace(r"^(\S{8,11})[ T][0-9:]+$", "$1"))


def _apply_caveats(
    frame: pl.DataFrame, caveats: tuple[AdmissionCaveat, ...]
) -> tuple[pl.DataFrame, list[Finding]]:
    is_admission = pl.lit(False)
    findings = []
    for caveat in caveats:
        width = len(caveat.prefix)
        serial = pl.col("case_id").str.slice(width).cast(pl.Int64, strict=False)
        concerned = (
            (pl.col("src") == caveat.src)
            & pl.col("case_id").str.starts_with(caveat.prefix)
            & (serial <= caveat.last_serial)
        ).fill_null(False)
        n = frame.select(concerned.sum()).item()
        if n:
            findings.append(Finding("confirmed_is_admission", f"{n} cases: {caveat.reason}", {"n": n}))
        is_admission = is_admission | concerned
    day = pl.col("confirmed_day")
    return frame.with_columns(
        pl.when(~is_admission).then(day).alias("date_confirmation"),
        pl.when(is_admission).then(day).alias("date_admission"),
    ), findings


def _case_codes(areas: AreaNames, row: Mapping[str, str | None]) -> tuple[str | None, str | None]:
    city = row["case_city"]
    residence = areas.resolve_path(row["res_province"], row["res_city"], row["res_district"])
    return (areas.resolve(city, digits=4) if city else None), residence


def _read_travel(
    table: TableSource | None, areas: AreaNames, known: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    if table is None:
        return pl.DataFrame(), join_reports([])
    frame = map_columns(table.columns, TRAVEL_FIELDS).apply(table.read_all())
    has_clock = frame["date"].str.contains(r"[0-9]:[0-9]{2}")
    frame = frame.with_columns(
        _day(frame["date"]).alias("on"), parse_instants(frame["date"]).alias("departed_at")
    )
    frame = frame.with_columns(
        pl.when(has_clock).then("departed_at").alias("departed_at"),
        pl.col("vehicle_no").replace(["无", "未知", "不详"], None),
    )
    bad = pl.col("date").is_not_null() & pl.col("on").is_null()
    report = join_reports(
        [
            table.broken_rows(),
            reject_where(frame, bad, "date", "not a day that exists"),
            reject_where(
                frame,
                pl.all_horizontal(pl.col("from_place", "to_place", "vehicle_no", "mode").is_null()),
                "to_place",
                "names neither place nor vehicle",
            ),
        ]
    )
    good = frame.join(report, on="row", how="anti", maintain_order="left")
    for end in ("from", "to"):
        codes = {p: _place_code(areas, p) for p in good[f"{end}_place"].drop_nulls().unique()}
        good = good.with_columns(
            pl.col(f"{end}_place")
            .replace_strict(codes, default=None, return_dtype=pl.String)
            .alias(f"{end}_code")
        )
    return _with_case(good, known).drop("date"), report


def _place_code(areas: AreaNames, text: str) -> str | None:
    """Resolve 湖北省武汉市江汉区... by its leading names."""
    import re

    names = re.findall(r"[\u4e00-\u9fff]{1,8}?(?:省|市|自治区|自治州|区|县|旗|盟|州)", text)
    return areas.resolve_path(*names) or areas.resolve(text)


def _read_events(table: TableSource | None, known: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    if table is None:
        return pl.DataFrame(), join_reports([])
    frame = map_columns(table.columns, EVENT_FIELDS).apply(table.read_all())
    clocks = {side: frame[side].str.contains(r"[0-9]:[0-9]{2}") for side in ("start", "end")}
    frame = frame.with_columns(
        _day(frame["start"]).alias("from_on"),
        _day(frame["end"]).alias("until_on"),
        pl.when(clocks["start"]).then(parse_instants(frame["start"])).alias("from_s"),
        pl.when(clocks["end"]).then(parse_instants(frame["end"])).alias("until_s"),
    )
    report = join_reports(
        [
            table.broken_rows(),
            reject_where(
                frame,
                pl.col("start").is_not_null() & pl.col("from_on").is_null(),
                "start",
                "not a time that exists",
            ),
            reject_where(
                frame,
                pl.col("end").is_not_null() & pl.col("until_on").is_null(),
                "end",
                "not a time that exists",
            ),
            reject_where(frame, pl.col("until_on") < pl.col("from_on"), "end", "ends before it starts"),
            reject_where(
                frame,
                (pl.col("until_on") == pl.col("from_on")) & (pl.col("until_s") < pl.col("from_s")),
                "end",
                "ends before it starts",
            ),
            reject_where(
                frame,
                pl.col("place").is_null() & pl.col("event").is_null(),
                "event",
                "names neither place nor event",
            ),
        ]
    )
    good = frame.join(report, on="row", how="anti", maintain_order="left")
    return _with_case(good, known).drop("start", "end"), report


def _with_case(frame: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    joined = frame.join(known, on=["src", "case_id"], how="left", maintain_order="left")
    return joined.with_columns(pl.col("has_case").fill_null(False))


def _read_links(table: TableSource | None, cases: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    if table is None:
        return pl.DataFrame(), []
    frame = map_columns(table.columns, LINK_FIELDS).apply(table.read_all())
    targets = cases.select(
        "src", pl.col("case_id").alias("linked_case_id"), pl.lit(True).alias("is_resolved")
    )
    links = frame.join(targets, on=["src", "linked_case_id"], how="left", maintain_order="left")
    links = links.select("row", "src", "case_id", "linked_case_id", pl.col("is_resolved").fill_null(False))
    open_links = links.filter(~pl.col("is_resolved"))
    if not open_links.height:
        return links, []
    names = open_links["linked_case_id"].unique(maintain_order=True).to_list()
    message = (
        f"{open_links.height} of {links.height} links name a case not in the file: {list_offenders(names)}."
    )
    return links, [Finding("unresolved_links", message, {"n": open_links.height, "of": links.height})]
