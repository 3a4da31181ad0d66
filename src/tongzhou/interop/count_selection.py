"""Which of several reported counts counts, and what the sources disagree about. Every row is kept; one is marked.

Rules: official sources win over snapshots; of the snapshots of one cut-off, the last whose areas sum to the
total it states counts as a whole, never area by area.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from tongzhou.interop.city_daily import SourceKind
from tongzhou.interop.reports import Finding

_MOMENT = ["province_code", "reported_on", "cutoff"]
_SNAPSHOT = SourceKind.SNAPSHOT.value
_WEIGHT = {SourceKind.OFFICIAL_SERIES.value: 0, SourceKind.OFFICIAL_BULLETIN.value: 1, _SNAPSHOT: 2}


def check_snapshots(counts: pl.DataFrame) -> pl.DataFrame:
    """Compare the sum of the areas of each snapshot with the total it states.

    Returns
    -------
    frame, one row for each (province_code, crawled_at, measure): reported_on, cutoff, total, area_sum,
    n_areas, is_consistent (true when it sums, or when it states no area at all)
    """
    snapshots = counts.filter(pl.col("kind") == _SNAPSHOT)
    is_total = pl.col("area_code") == pl.col("province_code")
    is_area = ~is_total.fill_null(False)
    # an area named twice in one snapshot (河源 and 河源市) counts once
    named_once = snapshots.with_columns(pl.coalesce("area_code", "area_name").alias("area_key")).unique(
        ["province_code", "crawled_at", "measure", "area_key"], keep="first", maintain_order=True
    )
    checked = named_once.group_by([*_MOMENT, "crawled_at", "measure"], maintain_order=True).agg(
        pl.col("count").filter(is_total).first().alias("total"),
        pl.col("count").filter(is_area).sum().alias("area_sum"),
        is_area.sum().alias("n_areas"),
    )
    sums = (pl.col("n_areas") == 0) | (pl.col("area_sum") == pl.col("total"))
    return checked.with_columns(sums.fill_null(False).alias("is_consistent"))


def disagreeing_snapshots(counts: pl.DataFrame, measure: str = "confirmed") -> list[Finding]:
    """Report every snapshot whose areas do not sum to its total, oldest first."""
    bad = check_snapshots(counts).filter(~pl.col("is_consistent"), pl.col("measure") == measure)
    return [
        Finding(
            "sums_disagree",
            f"Snapshot of {row['province_code']} for {row['reported_on']} {row['cutoff']}: "
            f"areas sum to {row['area_sum']}, the total says {row['total']}.",
            row,
        )
        for row in bad.sort("crawled_at").iter_rows(named=True)
    ]


def mark_counting(counts: pl.DataFrame) -> pl.DataFrame:
    """Add ``is_counting``: true for the one row that counts for each area, measure and cut-off.

    Parameters
    ----------
    counts : frame of `city_daily.SCHEMA`, of any number of sources together

    Notes
    -----
    Order of weight: the official daily series, the official bulletin, snapshots. A snapshot counts for a
    measure only where no official source states that measure for the province at that cut-off; among
    snapshots the last consistent one counts, and when none is, the last one that names areas.
    """
    numbered = counts.with_row_index("order").with_columns(
        pl.coalesce("area_code", "area_name").alias("area_key"),
        pl.col("kind").replace_strict(_WEIGHT, return_dtype=pl.Int8).alias("weight"),
    )
    chosen = _counting_snapshots(counts)
    keys = [*_MOMENT, "measure"]
    numbered = numbered.join(chosen, on=keys, how="left", nulls_equal=True, maintain_order="left")
    is_official = pl.col("kind") != _SNAPSHOT
    has_official = is_official.any().over(keys)
    is_of_chosen = ~has_official & (pl.col("crawled_at") == pl.col("counting_crawl"))
    candidates = numbered.filter(is_official | is_of_chosen)
    winners = candidates.sort("weight", "order").unique([*keys, "area_key"], keep="first")["order"]
    return counts.with_columns(pl.Series("is_counting", numbered["order"].is_in(winners.implode())))


def _counting_snapshots(counts: pl.DataFrame) -> pl.DataFrame:
    checked = check_snapshots(counts)
    # a snapshot is consistent as a whole: its confirmed cases decide for every measure
    confirmed = checked.filter(pl.col("measure") == "confirmed").select(
        "province_code", "crawled_at", pl.col("is_consistent").alias("is_sound")
    )
    checked = checked.join(confirmed, on=["province_code", "crawled_at"], how="left", nulls_equal=True)
    ranked = checked.sort(
        pl.col("is_sound").fill_null(False) & (pl.col("n_areas") > 0), pl.col("n_areas") > 0, "crawled_at"
    )
    keys = [*_MOMENT, "measure"]
    return ranked.group_by(keys).agg(pl.col("crawled_at").last().alias("counting_crawl"))


def select_counts(
    counts: pl.DataFrame, area_code: str, on: date, cutoff: str = "24:00", measure: str = "confirmed"
) -> pl.DataFrame:
    """Return the counting rows of an area and everything in it at one cut-off, the area itself first.

    Parameters
    ----------
    counts : frame with or without ``is_counting``
    area_code : prefix, for example ``44``
    """
    marked = counts if "is_counting" in counts.columns else mark_counting(counts)
    inside = pl.col("area_code").str.starts_with(area_code) | (
        pl.col("area_code").is_null() & (pl.col("province_code") == area_code)
    )
    chosen = marked.filter(
        "is_counting",
        inside,
        pl.col("reported_on") == on,
        pl.col("cutoff") == cutoff,
        pl.col("measure") == measure,
    )
    return chosen.sort(
        pl.col("area_code").str.len_chars(), "count", descending=[False, True], nulls_last=True
    )


def find_corrections(counts: pl.DataFrame) -> pl.DataFrame:
    """Return every fall of a cumulative count: the source corrected itself.

    Returns
    -------
    frame: kind, area_code, area_name, measure, reported_on, cutoff, cutoff_at, crawled_at, before, after, change
    (negative), in order of time. Snapshots are compared in order of crawl, official counts in order of cut-off.
    """
    named = counts.filter(pl.col("area_code").is_not_null())
    keys = ["kind", "area_code", "measure"]
    ordered = named.sort("cutoff_at", "crawled_at", "row", nulls_last=True)
    before = pl.col("count").shift(1).over(keys)
    falls = ordered.with_columns(before.alias("before")).filter(pl.col("count") < pl.col("before"))
    return falls.select(
        "kind", "area_code", "area_name", "measure", "reported_on", "cutoff", "cutoff_at", "crawled_at", "before",
        pl.col("count").alias("after"), (pl.col("count") - pl.col("before")).alias("change"),
    )  # fmt: skip


def compare_sources(counts: pl.DataFrame) -> pl.DataFrame:
    """Return where two kinds of source state different counts for one area, measure and cut-off.

    Returns
    -------
    frame: area_code, area_name, measure, reported_on, cutoff, kinds and counts as lists
    """
    chosen = _counting_snapshots(counts)
    keys = [*_MOMENT, "measure"]
    joined = counts.join(chosen, on=keys, how="left", nulls_equal=True)
    kept = joined.filter((pl.col("kind") != _SNAPSHOT) | (pl.col("crawled_at") == pl.col("counting_crawl")))
    grouped = (
        kept.filter(pl.col("area_code").is_not_null())
        .group_by(["area_code", "measure", "reported_on", "cutoff"], maintain_order=True)
        .agg(pl.col("area_name").first(), pl.col("kind").alias("kinds"), pl.col("count").alias("counts"))
    )
    return grouped.filter(pl.col("counts").list.n_unique() > 1)
