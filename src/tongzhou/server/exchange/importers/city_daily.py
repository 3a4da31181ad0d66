"""Counts by area and day: snapshots, official series, official bulletins."""

from __future__ import annotations

from collections.abc import Mapping

from tongzhou.interop.city_daily import CountReading, read_city_counts
from tongzhou.interop.count_selection import disagreeing_snapshots, find_corrections
from tongzhou.interop.reports import Finding
from tongzhou.server.cases.counts_actions import record_counts
from tongzhou.server.exchange.importers.base import (
    Batch,
    FileRole,
    Importer,
    Reading,
    Tables,
    Written,
    national_names,
)

FILE = "counts"
SHOWN = 20


def read(tables: Tables, overrides: Mapping[str, str]) -> Reading:
    """Read one count file of any known layout."""
    counts = read_city_counts(tables[FILE], national_names(), overrides)
    findings = (*counts.findings, *_disagreements(counts), *_corrections(counts))
    return Reading(counts.counts, {FILE: counts.rejected}, {FILE: counts.mapping}, findings)


def _disagreements(reading: CountReading) -> list[Finding]:
    found = disagreeing_snapshots(reading.counts)
    if len(found) <= SHOWN:
        return found
    return [
        *found[:SHOWN],
        Finding("sums_disagree", f"{len(found) - SHOWN} more snapshots do not sum to their total."),
    ]


def _corrections(reading: CountReading) -> list[Finding]:
    falls = find_corrections(reading.counts)
    if falls.is_empty():
        return []
    shown = [
        f"{row['area_name']} {row['measure']} {row['before']} -> {row['after']} ({row['reported_on']} {row['cutoff']})"
        for row in falls.head(SHOWN).iter_rows(named=True)
    ]
    message = f"{falls.height} downward corrections, kept as corrections: {'; '.join(shown)}."
    return [Finding("downward_correction", message, {"n": falls.height})]


def write(reading: Reading, batch: Batch) -> Written:
    """Keep the counts."""
    receipt = record_counts(batch.actor, reading.content, batch.batch_id, is_trial=batch.is_trial)
    return Written({FILE: receipt.new_rows}, {"counts": receipt.n_written})


CITY_DAILY = Importer(
    "city-daily", "各地每日报告数", "Daily counts by area", (FileRole(FILE),), read, write, is_public=True
)
