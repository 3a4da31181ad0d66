"""Counts by area and day from three kinds of source, in one shape; report time kept apart from crawl time.

Sources: official bulletins (parsed, or raw text), the official daily series, and snapshots crawled from a web
page several times a day. Never decides which source counts: that is `count_selection`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import polars as pl

from tongzhou.core.area_codes import normalise_code
from tongzhou.core.errors import InputError, list_offenders
from tongzhou.interop.area_names import AreaNames
from tongzhou.interop.bulletin_text import parse_area_counts, parse_count, unread_parts
from tongzhou.interop.columns import Field, check_overrides, map_columns
from tongzhou.interop.reports import Finding, join_reports, reject_where
from tongzhou.interop.tabular import TableSource
from tongzhou.interop.text_values import parse_days, parse_instants

MEASURES = ("confirmed", "suspected", "cured", "dead")
END_OF_DAY = "24:00"
NOON = "12:00"
ZONE = "Asia/Shanghai"
UNFILLED_DAYS = 10
"""Zeros alone on so many days are a column that nobody filled in."""
SCHEMA: Mapping[str, pl.DataType] = {
    "row": pl.Int64(),
    "area_code": pl.String(),
    "area_name": pl.String(),
    "province_code": pl.String(),
    "measure": pl.String(),
    "count": pl.Int64(),
    "reported_on": pl.Date(),
    "cutoff": pl.String(),
    "cutoff_at": pl.Int64(),
    "crawled_at": pl.Int64(),
    "kind": pl.String(),
    "source_url": pl.String(),
}


class SourceKind(StrEnum):
    """Where a count comes from, in order of weight."""

    OFFICIAL_BULLETIN = "official_bulletin"
    OFFICIAL_SERIES = "official_series"
    SNAPSHOT = "snapshot"


@dataclass(frozen=True, slots=True)
class CountReading:
    """Counts of one file.

    counts : frame of `SCHEMA`; ``count`` cumulative persons; ``cutoff_at`` and ``crawled_at`` int64 seconds since
        1970 UTC (``crawled_at`` null for official sources); ``area_code`` null for rows of no area (外地来粤人员)
    rejected : frame (row, column, value, reason)
    mapping : field -> source column
    """

    counts: pl.DataFrame
    rejected: pl.DataFrame
    findings: tuple[Finding, ...]
    layout: str
    mapping: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Layout:
    name: str
    fields: tuple[Field, ...]
    reshape: Callable[[pl.DataFrame], pl.DataFrame]
    kind: SourceKind


def read_city_counts(
    table: TableSource, areas: AreaNames, overrides: Mapping[str, str] | None = None
) -> CountReading:
    """Read any of the known layouts; the layout is told by the columns.

    Raises
    ------
    InputError : ``city_daily.layout`` — the columns are those of no known layout; ``columns.bad_override``
    """
    layout = _tell_layout(table, overrides)
    mapping = map_columns(table.columns, layout.fields, overrides)
    raw = mapping.apply(table.read_all())
    long = layout.reshape(raw)
    rejected = _rejections(long)
    good = long.join(rejected, on="row", how="anti", maintain_order="left").filter(
        pl.col("count").is_not_null()
    )
    named = _name_areas(good, areas).with_columns(pl.lit(layout.kind.value).alias("kind"))
    counts = named.select([pl.col(name).cast(dtype) for name, dtype in SCHEMA.items()])
    findings = [*_twice(counts), *_unresolved(counts), *_unread(raw)]
    counts, unfilled = _without_unfilled(counts)
    findings += unfilled
    counts = counts.unique(
        [
            "province_code",
            "area_name",
            "area_code",
            "measure",
            "reported_on",
            "cutoff",
            "crawled_at",
            "source_url",
        ],
        keep="first",
        maintain_order=True,
    )
    report = join_reports([table.broken_rows(), rejected])
    return CountReading(counts, report, tuple(findings), layout.name, mapping.pairs)


def _tell_layout(table: TableSource, overrides: Mapping[str, str] | None) -> _Layout:
    fields = {field.name: field for layout in LAYOUTS for field in layout.fields}
    check_overrides(table.columns, list(fields.values()), overrides or {})
    for layout in LAYOUTS:
        try:
            map_columns(table.columns, layout.fields, overrides)
        except InputError:
            continue
        return layout
    wanted = "; ".join(f"{x.name}: {', '.join(f.name for f in x.fields if f.is_required)}" for x in LAYOUTS)
    raise InputError(
        "city_daily.layout",
        f"The columns of {table.name} are those of no known count file: {list_offenders(table.columns)}.",
        f"Known layouts need these columns: {wanted}.",
        {"found": list(table.columns)},
    )


def _long(frame: pl.DataFrame, columns: Mapping[str, str], keep: list[str]) -> pl.DataFrame:
    """Turn one column for each measure into one row for each measure."""
    parts = [
        frame.select(*keep, pl.lit(measure).alias("measure"), pl.col(column).alias("count_text"))
        for measure, column in columns.items()
        if column in frame.columns
    ]
    return pl.concat(parts).sort("row", maintain_order=True)


def _with_official_day(frame: pl.DataFrame) -> pl.DataFrame:
    """A row dated with a day states the end of that day, unless it names another cut-off."""
    stated = pl.col("cutoff") if "cutoff" in frame.columns else pl.lit(None, dtype=pl.String)
    return frame.with_columns(
        parse_days(frame["date"]).alias("reported_on"),
        pl.col("date").alias("time_text"),
        stated.fill_null(END_OF_DAY).alias("cutoff"),
        pl.lit(None, dtype=pl.Int64).alias("crawled_at"),
    )


def _reshape_series(frame: pl.DataFrame) -> pl.DataFrame:
    is_province = pl.col("city").is_null()
    frame = frame.with_columns(
        pl.when(is_province).then(pl.col("province")).otherwise(pl.col("city")).alias("area_name"),
        pl.when(is_province).then(pl.col("province_code")).otherwise(pl.col("city_code")).alias("code_hint"),
        pl.lit(None, dtype=pl.String).alias("source_url"),
    )
    frame = _with_official_day(frame)
    keep = [
        "row",
        "province",
        "area_name",
        "code_hint",
        "reported_on",
        "cutoff",
        "crawled_at",
        "time_text",
        "source_url",
    ]
    return _counted(_long(frame, {m: m for m in MEASURES}, keep))


def _reshape_bulletins(frame: pl.DataFrame) -> pl.DataFrame:
    frame = frame.with_columns(
        pl.coalesce("province", "area").alias("province"),
        pl.col("area").alias("area_name"),
        pl.lit(None, dtype=pl.String).alias("code_hint"),
        pl.col("count").alias("count_text"),
        pl.col("url").alias("source_url"),
    )
    return _counted(_with_official_day(frame).drop("area", "count", "url", "date"))


def _reshape_raw(frame: pl.DataFrame) -> pl.DataFrame:
    """Take the stated total and the list of areas out of each notice."""
    rows = []
    for notice in frame.iter_rows(named=True):
        head = {"row": notice["row"], "date": notice["date"], "source_url": notice["url"]}
        for measure in MEASURES:
            total, detail = notice.get(measure), notice.get(f"{measure}_detail")
            if total and notice["province"]:
                name = notice["province"]
                rows.append(
                    {
                        **head,
                        "province": name,
                        "area_name": name,
                        "measure": measure,
                        "count_text": str(parse_count(total) if parse_count(total) is not None else total),
                    }
                )
            for area, count in parse_area_counts(detail or ""):
                rows.append(
                    {
                        **head,
                        "province": notice["province"] or area,
                        "area_name": area,
                        "measure": measure,
                        "count_text": str(count),
                    }
                )
    schema = {
        "row": pl.Int64,
        **dict.fromkeys(("date", "source_url", "province", "area_name", "measure", "count_text"), pl.String),
    }
    long = pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        pl.lit(None, dtype=pl.String).alias("code_hint")
    )
    return _counted(_with_official_day(long).drop("date"))


def _reshape_snapshots(frame: pl.DataFrame) -> pl.DataFrame:
    """City rows give the city; every snapshot also gives its province total once."""
    crawled = parse_instants(frame["update_time"], ZONE).alias("crawled_at")
    local = pl.from_epoch("crawled_at").dt.replace_time_zone("UTC").dt.convert_time_zone(ZONE)
    frame = frame.with_columns(crawled).with_columns(
        local.dt.hour().alias("hour"), local.dt.date().alias("day")
    )
    is_afternoon = pl.col("hour") >= 12
    frame = frame.with_columns(
        pl.when(is_afternoon).then(pl.lit(NOON)).otherwise(pl.lit(END_OF_DAY)).alias("cutoff"),
        pl.when(is_afternoon)
        .then(pl.col("day"))
        .otherwise(pl.col("day").dt.offset_by("-1d"))
        .alias("reported_on"),
        pl.col("update_time").alias("time_text"),
        pl.lit(None, dtype=pl.String).alias("source_url"),
        pl.lit(None, dtype=pl.String).alias("code_hint"),
    )
    keep = [
        "row",
        "province",
        "area_name",
        "code_hint",
        "reported_on",
        "cutoff",
        "crawled_at",
        "time_text",
        "source_url",
    ]
    totals = frame.unique(["province", "update_time"], keep="first", maintain_order=True)
    totals = totals.with_columns(pl.col("province").alias("area_name"))
    parts = [_long(totals, {m: f"prov_{m}" for m in MEASURES}, keep)]
    if "city" in frame.columns:
        cities = frame.filter(pl.col("city").is_not_null()).with_columns(pl.col("city").alias("area_name"))
        parts.append(_long(cities, {m: f"city_{m}" for m in MEASURES}, keep))
    return _counted(pl.concat(parts))


def _counted(long: pl.DataFrame) -> pl.DataFrame:
    count = pl.col("count_text").str.replace(r"\.0+$", "").cast(pl.Int64, strict=False)
    cutoff_at = pl.col("reported_on").cast(pl.Datetime("us")).dt.offset_by("1d")
    noon_at = pl.col("reported_on").cast(pl.Datetime("us")).dt.offset_by("12h")
    moment = pl.when(pl.col("cutoff") == NOON).then(noon_at).otherwise(cutoff_at)
    return long.with_columns(
        count.alias("count"), moment.dt.replace_time_zone(ZONE).dt.epoch("s").alias("cutoff_at")
    )


def _rejections(long: pl.DataFrame) -> pl.DataFrame:
    text = pl.col("count_text")
    return join_reports(
        [
            reject_where(long, pl.col("reported_on").is_null(), "time_text", "not a day or time that exists"),
            reject_where(long, pl.col("area_name").is_null(), "area_name", "no area is named"),
            reject_where(
                long, text.is_not_null() & pl.col("count").is_null(), "count_text", "not a whole number"
            ),
            reject_where(long, text.is_null().all().over("row"), "count_text", "no count is stated"),
            reject_where(long, pl.col("count") < 0, "count_text", "a count cannot be negative"),
        ]
    ).unique(maintain_order=True)


def _name_areas(long: pl.DataFrame, areas: AreaNames) -> pl.DataFrame:
    keys = long.select("province", "area_name", "code_hint").unique(maintain_order=True)
    rows = [_resolve(areas, *key) for key in keys.iter_rows()]
    schema = {"province_code": pl.String, "area_code": pl.String, "full_name": pl.String}
    resolved = pl.concat([keys, pl.DataFrame(rows, schema=schema, orient="row")], how="horizontal")
    joined = long.join(
        resolved,
        on=["province", "area_name", "code_hint"],
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )
    return joined.with_columns(pl.coalesce("full_name", "area_name").alias("area_name"))


def _resolve(areas: AreaNames, province: str | None, name: str, hint: str | None) -> tuple[str | None, ...]:
    province_code = areas.resolve(province, digits=areas.top_digits) if province else None
    if province == name and province_code:
        return province_code, province_code, areas.name_of(province_code)
    code = normalise_code(hint) if hint and hint.isdigit() else None
    if code is None or areas.name_of(code) is None:
        code = areas.resolve(name, within=province_code or "") if province_code else areas.resolve(name)
    if code == province_code:
        code = None
    return province_code, code, areas.name_of(code) if code else None


def _unresolved(counts: pl.DataFrame) -> list[Finding]:
    names = (
        counts.filter(pl.col("area_code").is_null())
        .select("province_code", "area_name")
        .unique()
        .sort("area_name")
    )
    if not names.height:
        return []
    listed = names["area_name"].to_list()
    message = f"Rows that name no known area, kept without a code: {list_offenders(listed)}."
    return [Finding("unresolved_area", message, {"names": listed})]


def _without_unfilled(counts: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    """Leave out suspected cases of a province that a file never filled in: it holds nothing but zeros for many days.

    A zero that somebody counted cannot be told from one that stands for nothing in a file of few days: it stays.
    """
    is_suspected = pl.col("measure") == "suspected"
    by_province = counts.filter(is_suspected).group_by("province_code", maintain_order=True)
    told = by_province.agg(
        pl.col("count").max().alias("most"), pl.col("reported_on").n_unique().alias("n_days")
    )
    empty = told.filter(pl.col("most") == 0, pl.col("n_days") >= UNFILLED_DAYS)["province_code"].to_list()
    if not empty:
        return counts, []
    message = f"Suspected cases are 0 in every row of {list_offenders(empty)}: never filled in, taken as not reported."
    kept = counts.filter(~(is_suspected & pl.col("province_code").is_in(empty).fill_null(False)))
    return kept, [Finding("never_filled", message, {"provinces": empty})]


def _unread(raw: pl.DataFrame) -> list[Finding]:
    """Say what a list of areas in a raw notice holds that could not be read."""
    details = [f"{measure}_detail" for measure in MEASURES if f"{measure}_detail" in raw.columns]
    texts = (text for row in raw.select(details).iter_rows() for text in row if text)
    parts = [part for text in texts for part in unread_parts(text)]
    if not parts:
        return []
    message = f"Parts of notices that could not be read: {list_offenders(parts)}."
    return [Finding("unread_words", message, {"parts": parts})]


def _twice(counts: pl.DataFrame) -> list[Finding]:
    """One area twice in one source at one time (河源 and 河源市); equal rows count once."""
    key = ["area_code", "measure", "reported_on", "cutoff", "crawled_at", "source_url"]
    repeated = (
        counts.filter(pl.col("area_code").is_not_null())
        .group_by(key)
        .agg(pl.len().alias("n"), pl.col("count").n_unique().alias("n_values"), pl.col("area_name").first())
    )
    repeated = repeated.filter(pl.col("n") > 1)
    if not repeated.height:
        return []
    differing = repeated.filter(pl.col("n_values") > 1)
    names = sorted(set(repeated["area_name"]))
    message = f"Named twice at one time: {list_offenders(names)}; {differing.height} differ, the first kept."
    return [Finding("named_twice", message, {"names": names, "n_differing": differing.height})]


_SNAPSHOT_FIELDS = (
    Field("province", ("provinceName", "省份")),
    Field("city", ("cityName", "城市"), is_required=False),
    Field("update_time", ("updateTime", "crawl_time", "更新时间")),
    *(Field(f"prov_{m}", (f"province_{m}count",)) for m in MEASURES[:1]),
    *(Field(f"prov_{m}", (f"province_{m}count",), is_required=False) for m in MEASURES[1:]),
    *(Field(f"city_{m}", (f"city_{m}count",), is_required=False) for m in MEASURES),
)
_SERIES_FIELDS = (
    Field("date", ("day", "日期")),
    Field("province", ("省份", "省")),
    Field("province_code", ("provinceCode",)),
    Field("city", ("城市", "市"), is_required=False),
    Field("city_code", ("cityCode",), is_required=False),
    Field("confirmed", ("确诊", "累计确诊")),
    Field("suspected", ("疑似",), is_required=False),
    Field("cured", ("recovered", "discharged", "治愈", "出院"), is_required=False),
    Field("dead", ("deaths", "死亡"), is_required=False),
)
_BULLETIN_FIELDS = (
    Field("date", ("日期", "day")),
    Field("province", ("省份",), is_required=False),
    Field("area", ("地区",)),
    Field("measure", ("指标",)),
    Field("count", ("例数",)),
    Field("cutoff", ("截至时间", "截止时间"), is_required=False),
    Field("url", ("source_url", "地址"), is_required=False),
)
_RAW_FIELDS = (
    Field("date", ("日期",)),
    Field("province", ("省份",), is_required=False),
    Field("confirmed_detail"),
    *(Field(m, is_required=False) for m in MEASURES),
    Field("suspected_detail", is_required=False),
    Field("cured_detail", is_required=False),
    Field("dead_detail", is_required=False),
    Field("url", ("地址",)),
)
LAYOUTS = (
    _Layout("snapshots", _SNAPSHOT_FIELDS, _reshape_snapshots, SourceKind.SNAPSHOT),
    _Layout("bulletins_parsed", _BULLETIN_FIELDS, _reshape_bulletins, SourceKind.OFFICIAL_BULLETIN),
    _Layout("bulletins_raw", _RAW_FIELDS, _reshape_raw, SourceKind.OFFICIAL_BULLETIN),
    _Layout("series", _SERIES_FIELDS, _reshape_series, SourceKind.OFFICIAL_SERIES),
)
