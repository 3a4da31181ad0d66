"""A return peak from one value that holds everything that decides it, to plain values; again, the same bits.

Owns the order of the steps (arrivals, infected, lanes, advice) and the form of question and answer in JSON.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import polars as pl

from tongzhou.core.errors import InputError, list_offenders
from tongzhou.plan import return_peak as peak
from tongzhou.plan.queues import Service

FORMAT = 1
_ROWS = {
    "day": pl.String, "origin": pl.String, "checkpoint": pl.String, "registered": pl.Int64, "expected": pl.Int64,
}  # fmt: skip
_SERVICE = ("seconds", "variation", "target_s", "share")
MAX_DAYS = 120
PLANNED_FOR = "high"
"""The quantile of arrivals that lanes, waits and the advice when to travel go by: one rule for all three."""


def peak_inputs(
    figures: pl.DataFrame,
    today: Any,
    prevalence: Mapping[str, Mapping[str, Any]],
    options: Mapping[str, Any],
    lanes: Mapping[str, int],
) -> dict[str, Any]:
    """Return what decides a return peak as plain values.

    Parameters
    ----------
    figures : frame of day, origin, checkpoint, registered, expected, as `return_peak.forecast_arrivals` takes them
    today : date — how far ahead each day is counts from here
    prevalence : by origin: cases, population, and where known days and source
    options : seconds, variation, target_s, share, per_lane, share_registered, seed; those absent are the table's
    lanes : lanes that each checkpoint has
    """
    rows = figures.select(pl.col("day").cast(pl.String), *list(_ROWS)[1:]).sort("day", "origin", "checkpoint")
    return {
        "format": FORMAT,
        "today": str(today),
        "rows": [list(row) for row in rows.iter_rows()],
        "prevalence": {origin: dict(known) for origin, known in sorted(prevalence.items())},
        "options": {name: value for name, value in sorted(options.items()) if value is not None},
        "lanes": dict(sorted(lanes.items())),
    }


def digest_of_peak(value: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a question or an answer, the same whatever the order of its keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def check_peak(inputs: Mapping[str, Any]) -> None:
    """Refuse what is no question, or one that nothing can answer.

    Raises
    ------
    InputError
        ``return.bad_question``, ``return.no_travel``, ``return.too_long``, ``return.unknown_checkpoint``
    """
    parts = {"today", "rows", "prevalence", "options", "lanes"}
    if inputs.get("format") != FORMAT or not parts <= set(inputs):
        raise InputError(
            "return.bad_question",
            f"This is no question of format {FORMAT}.",
            "Give a file that `tongzhou return-peak --save` or the console wrote.",
        )
    days = {row[0] for row in inputs["rows"]}
    if not days:
        raise InputError("return.no_travel", "Nobody travels on these days.", "Give figures of other days.")
    if len(days) > MAX_DAYS:
        raise InputError("return.too_long", f"{len(days)} days are asked for.", f"Give at most {MAX_DAYS}.")
    strange = sorted(set(inputs["lanes"]) - {row[2] for row in inputs["rows"]})
    if strange:
        raise InputError(
            "return.unknown_checkpoint",
            f"Nobody arrives at {list_offenders(strange)}.",
            f"Checkpoints are {list_offenders(sorted({row[2] for row in inputs['rows']}))}.",
        )


def compute_peak(
    inputs: Mapping[str, Any], beat: Callable[[int, int], object] = lambda _done, _of: None
) -> dict[str, Any]:
    """Return arrivals, infected, checkpoints and advice of a question.

    beat : called with days done and days in all; what it raises stops the computation

    Raises
    ------
    InputError
        as `check_peak` and the functions of `plan.return_peak`
    """
    check_peak(inputs)
    options = inputs["options"]
    table = _table(inputs)
    own = {"share_registered": options.get("share_registered")}
    arrivals = peak.forecast_arrivals(table, peak.assumed(peak.ArrivalOptions, "registration", **own))
    service = peak.assumed(Service, "service", **{name: options.get(name) for name in _SERVICE})
    infected = peak.infected_among(
        arrivals, _prevalence(inputs), np.random.default_rng(options.get("seed", 1))
    )
    needs = _needs(arrivals, service, inputs, beat)
    capacity = sum(peak.daily_capacity(_profile(), n, service) for n in inputs["lanes"].values())
    by_day = dict(arrivals.group_by("day").agg(pl.col(PLANNED_FOR).sum()).sort("day").iter_rows())
    advice = peak.advise_days(by_day, capacity or float("inf"))  # without lanes no day can be called full
    return {
        "arrivals": _plain(arrivals),
        "infected": _plain(infected),
        "checkpoints": _plain(needs),
        "advice": [{**one, "day": str(one["day"]), "instead": str(one["instead"] or "")} for one in advice],
        "capacity": capacity,
        "planned_for": PLANNED_FOR,
        "service": {"seconds": service.seconds, "target_s": service.target_s, "share": service.share},
    }


def _profile() -> Any:
    return peak.assumptions()["profile"]["hours"]


def _table(inputs: Mapping[str, Any]) -> pl.DataFrame:
    rows = pl.DataFrame(inputs["rows"], _ROWS, orient="row").with_columns(pl.col("day").str.to_date())
    today = pl.lit(inputs["today"]).str.to_date()
    return rows.with_columns(ahead=(pl.col("day") - today).dt.total_days())


def _needs(
    arrivals: pl.DataFrame, service: Service, inputs: Mapping[str, Any], beat: Callable[[int, int], object]
) -> pl.DataFrame:
    """Return lanes and staff, day by day so that the work can be followed and stopped."""
    per_lane = inputs["options"].get("per_lane")
    staff = peak.assumed(peak.CheckpointStaff, "staff", per_lane=per_lane)
    days = arrivals.partition_by("day", maintain_order=True)
    found = []
    for done, day in enumerate(days, start=1):
        found.append(
            peak.lanes_by_day(day, _profile(), service, inputs["lanes"], staff=staff, column=PLANNED_FOR)
        )
        beat(done, len(days))
    return pl.concat(found, how="vertical_relaxed")


def _prevalence(inputs: Mapping[str, Any]) -> dict[str, peak.OriginPrevalence]:
    names = ("cases", "population", "days")
    return {
        origin: peak.assumed(peak.OriginPrevalence, "infection", **{n: known.get(n) for n in names})
        for origin, known in inputs["prevalence"].items()
    }


def _plain(frame: pl.DataFrame) -> list[dict[str, Any]]:
    rounded = frame.with_columns(pl.col(pl.Float64).round(2))
    return rounded.with_columns(pl.col("day").cast(pl.String)).to_dicts()
