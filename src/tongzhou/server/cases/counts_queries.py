"""Reported counts as one frame, and the ones that count at a cut-off. Counts are public figures: no scope."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import polars as pl

from tongzhou.interop.city_daily import SCHEMA, SourceKind
from tongzhou.interop.count_selection import mark_counting
from tongzhou.server.cases.count_models import CountMeasure, CountSource, ReportedCount
from tongzhou.server.kernel import clock

MEASURE_WORDS = {
    "confirmed": CountMeasure.CONFIRMED,
    "suspected": CountMeasure.SUSPECTED,
    "cured": CountMeasure.DISCHARGED,
    "dead": CountMeasure.DEATHS,
}
"""Words of count files -> measures."""
COUNT_SOURCES = {
    SourceKind.OFFICIAL_BULLETIN.value: CountSource.BULLETIN,
    SourceKind.OFFICIAL_SERIES.value: CountSource.OFFICIAL_SERIES,
    SourceKind.SNAPSHOT.value: CountSource.SNAPSHOT,
}
_WORDS = {measure: word for word, measure in MEASURE_WORDS.items()}
_KINDS = {source: kind for kind, source in COUNT_SOURCES.items()}
FIELDS = (
    "id", "area_code", "area_name", "parent_code", "measure", "count", "cutoff_at", "crawled_at", "source",
    "source_url",
)  # fmt: skip


def read_counts(province: str, from_at: datetime, until_at: datetime) -> pl.DataFrame:
    """Return the standing counts of a province whose cut-off lies in [from_at, until_at].

    Returns
    -------
    frame of `interop.city_daily.SCHEMA` with ``record``, the identifier of each count
    """
    counts = ReportedCount.objects.everything("counts are public figures").filter(
        parent_code=province, cutoff_at__range=(from_at, until_at), is_superseded=False
    )
    rows = [_row(values) for values in counts.order_by("recorded_at", "id").values_list(*FIELDS)]
    return pl.DataFrame(rows, schema={**SCHEMA, "record": pl.String}, orient="row")


def _row(values: tuple[Any, ...]) -> tuple[Any, ...]:
    record, code, name, province, measure, count, cutoff_at, crawled_at, source, url = values
    on, cutoff = reporting_day(cutoff_at)
    return (
        0,
        code or None,
        name,
        province,
        _WORDS[measure],
        count,
        on,
        cutoff,
        int(cutoff_at.timestamp()),
        int(crawled_at.timestamp()) if crawled_at else None,
        _KINDS[source],
        url or None,
        str(record),
    )


def reporting_day(cutoff_at: datetime) -> tuple[Any, str]:
    """Return the day and the cut-off HH:MM of an instant; midnight is 24:00 of the day before."""
    local = cutoff_at.astimezone(clock.zone())
    if (local.hour, local.minute) == (0, 0):
        return (local - timedelta(seconds=1)).date(), "24:00"
    return local.date(), f"{local:%H:%M}"


def latest_cutoff(province: str, after: datetime, until: datetime) -> datetime | None:
    """Return the last cut-off in (after, until] at which a province has counts of confirmed cases."""
    counts = ReportedCount.objects.everything("counts are public figures").filter(
        parent_code=province,
        measure=CountMeasure.CONFIRMED,
        cutoff_at__gt=after,
        cutoff_at__lte=until,
        is_superseded=False,
    )
    return counts.order_by("-cutoff_at").values_list("cutoff_at", flat=True).first()


def counting_at(province: str, cutoff_at: datetime) -> pl.DataFrame:
    """Return the one count that counts for each area and measure of a province at a cut-off."""
    counts = read_counts(province, cutoff_at, cutoff_at)
    return mark_counting(counts).filter("is_counting") if counts.height else counts


def known_span(province: str) -> tuple[datetime, datetime] | None:
    """Return the first and last cut-off of a province's counts, or ``None``."""
    counts = ReportedCount.objects.everything("counts are public figures").filter(parent_code=province)
    first = counts.order_by("cutoff_at").values_list("cutoff_at", flat=True).first()
    last = counts.order_by("-cutoff_at").values_list("cutoff_at", flat=True).first()
    return (first, last) if first and last else None
