"""The four estimates: from series to columns with intervals. Reads no record and writes none."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from tongzhou.core.errors import EstimationFailed, InputError, TongzhouError
from tongzhou.core.estimates import Provenance, digest_arrays
from tongzhou.epi.detect import ears, farrington_flexible
from tongzhou.epi.forecast import Renewal, forecast_cases
from tongzhou.epi.nowcast import estimate_nowcast
from tongzhou.epi.reproduction import estimate_rt
from tongzhou.server.analysis import rules
from tongzhou.server.analysis.queries import DailySeries

EARS = ("C1", "C2", "C3")
SHOWN_DAYS = 28
SHOWN_WEEKS = 8
YEARS = 5
WEEKS = 52


@dataclass(frozen=True, slots=True)
class Estimated:
    """Columns of a result with its provenance; `problem` where there is no number."""

    provenance: Provenance
    result: dict[str, Any] = field(default_factory=dict)
    problem: dict[str, Any] = field(default_factory=dict)


def problem_of(error: TongzhouError) -> dict[str, Any]:
    """Return an error as a run keeps it."""
    return {"code": error.code, "message": str(error), **error.context}


def refused(method: str, error: TongzhouError, series: DailySeries) -> Estimated:
    """Return a run without a number, with the digest of the counts it was refused for."""
    digest = digest_arrays(np.array(series.counts, dtype=np.int64))
    return Estimated(Provenance(method, {}, digest), problem=problem_of(error))


def _text(frame: pl.DataFrame, column: str) -> list[str]:
    return frame[column].cast(pl.String).to_list()


def _numbers(
    frame: pl.DataFrame, columns: Mapping[str, str], digits: int = 3
) -> dict[str, list[float | None]]:
    """Return columns as JSON holds them: rounded, and none where a method has no finite answer."""
    return {
        name: [
            round(x, digits) if x is not None and math.isfinite(x) else None for x in frame[column].to_list()
        ]
        for name, column in columns.items()
    }


def estimate_reproduction(series: DailySeries, disease: str) -> Estimated:
    """Return R in weekly windows, by the day they end.

    Raises
    ------
    TongzhouError : too few cases, too short a series, no published serial interval
    """
    rules.require_cases(sum(series.counts))
    entry = rules.choose_interval(disease, "serial_interval")
    serial = entry.to_delay()
    rules.require_days(len(series.days), int(np.ceil(serial.mean)) + 7)
    found = estimate_rt(series.counts, serial, imported=series.imported, dates=series.days)
    frame = found.to_frame().drop_nulls("mean")
    columns = {"mean": "mean", "low": "q025", "median": "median", "high": "q975"}
    result = {"days": _text(frame, "date_end"), **_numbers(frame, columns), "level": rules.LEVEL}
    return Estimated(_with(found.provenance, serial_interval=entry), result)


def estimate_recent_onsets(pairs: Sequence[tuple[date, date]], today: date) -> Estimated:
    """Return the onsets of recent days, corrected for those not yet diagnosed.

    Raises
    ------
    TongzhouError : too few cases with an onset, or the first too recent
    """
    rules.require_cases(len(pairs))
    frame = pl.DataFrame(
        {"date_onset": [onset for onset, _ in pairs], "date_reporting": [report for _, report in pairs]}
    )
    try:
        found = estimate_nowcast(frame, now=today)
    except InputError as error:
        if error.code != "triangle.short":
            raise
        n_days = (today - min(onset for onset, _ in pairs)).days
        raise EstimationFailed(
            "analysis.too_short", error.message, error.hint, {"n": n_days, "needed": 15}
        ) from error
    table = found.to_frame()
    result = {"days": _text(table, "date"), "observed": table["observed"].to_list()}
    columns = {"mean": "mean", "low": "low", "median": "median", "high": "high"}
    provenance = _with(found.provenance, n_with_onset=len(pairs))
    return Estimated(provenance, {**result, **_numbers(table, columns, 1), "level": rules.LEVEL})


def estimate_future(series: DailySeries, disease: str) -> Estimated:
    """Return the cases of the next two weeks; the same inputs give the same draws.

    Raises
    ------
    TongzhouError : too few cases, too short a series, no published intervals
    """
    rules.require_cases(sum(series.counts))
    entry = rules.choose_interval(disease, "serial_interval")
    incubation = rules.choose_interval(disease, "incubation_period")
    model = Renewal(entry.to_delay(), incubation.to_delay())
    rules.require_days(len(series.days), model.min_history)
    seed = int(digest_arrays(np.array(series.counts))[:15], 16)
    found = forecast_cases(
        series.counts, model, horizon=rules.HORIZON, rng=np.random.default_rng(seed), dates=series.days
    )
    frame = found.to_frame()
    columns = _numbers(frame, {"median": "median", "mean": "mean"}, 1)
    bands = [
        {"level": level, **_numbers(frame, {"low": low, "high": high}, 1)}
        for level, low, high in ((0.5, "q25", "q75"), (0.95, "q025", "q975"))
    ]
    provenance = _with(found.provenance, serial_interval=entry, incubation_period=incubation, seed=seed)
    return Estimated(
        provenance, {"days": _text(frame, "date"), **columns, "bands": bands, "level": rules.LEVEL}
    )


def find_alarms(series: DailySeries) -> Estimated:
    """Return the bounds and alarms of EARS by day and, with six years of weeks, of Farrington flexible by week.

    Raises
    ------
    TongzhouError : too short a series
    """
    rules.require_days(len(series.days), 12)
    found = {name: ears(series.counts, name, dates=series.days) for name in EARS}
    frames = {name: item.to_frame().tail(SHOWN_DAYS) for name, item in found.items()}
    shown = frames["C1"]
    result: dict[str, Any] = {"days": _text(shown, "date"), "observed": shown["observed"].to_list()}
    result["detectors"] = {
        name: {
            **_numbers(frame, {"expected": "expected", "upper": "upper"}, 1),
            "alarm": frame["alarm"].to_list(),
        }
        for name, frame in frames.items()
    }
    result["weekly"] = _weekly(series)
    first = found["C1"].provenance
    options = {name: dict(item.provenance.options) for name, item in found.items()}
    return Estimated(Provenance("detect.ears", options, first.inputs_digest, first.reference), result)


def _weekly(series: DailySeries) -> dict[str, Any]:
    """Return Farrington's last weeks, ended with the last whole day, or how much history is missing."""
    n_weeks, needed = len(series.counts) // 7, WEEKS * YEARS + 4
    if n_weeks < needed:
        return {"n_weeks": n_weeks, "needed": needed}
    weeks = np.array(series.counts[-7 * n_weeks :]).reshape(n_weeks, 7).sum(axis=1)
    starts = series.days[-7 * n_weeks :: 7]
    found = farrington_flexible(weeks, freq=WEEKS, b=YEARS, dates=starts, range=n_weeks - SHOWN_WEEKS + 1)
    frame = found.to_frame().tail(SHOWN_WEEKS)
    return {
        "days": _text(frame, "date"),
        "observed": frame["observed"].to_list(),
        **_numbers(frame, {"expected": "expected", "upper": "upper"}, 1),
        "alarm": frame["alarm"].to_list(),
        "method": found.provenance.method,
        "reference": found.provenance.reference,
        "inputs_digest": found.provenance.inputs_digest,
    }


def _with(provenance: Provenance, **more: Any) -> Provenance:
    """Add to the options what the estimate stands on: published delays by id and source."""
    named = {
        key: {"id": value.id, "citation": value.citation, "doi": value.doi}
        if hasattr(value, "doi")
        else value
        for key, value in more.items()
    }
    options = {**provenance.options, **named}
    return Provenance(provenance.method, options, provenance.inputs_digest, provenance.reference)
