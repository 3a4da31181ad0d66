"""From figures of travel to arrivals, infected, lanes and advice, as a study keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from tongzhou.plan import return_peak as peak
from tongzhou.plan.queues import Service
from tongzhou.server.planning.actions import Answer
from tongzhou.server.planning.models import StudyKind
from tongzhou.server.planning.rules import digest_of
from tongzhou.server.travel.models import TravelFigure

METHOD = "plan.return_peak"
SCHEMA = {
    "day": pl.Date, "origin": pl.String, "checkpoint": pl.String, "registered": pl.Int64, "expected": pl.Int64,
    "cases": pl.Int64, "population": pl.Int64, "ahead": pl.Int64,
}  # fmt: skip


def compute(figures: Sequence[TravelFigure], options: dict[str, Any], today: date) -> dict[str, Any]:
    """Return arrivals, infected, checkpoints and advice for some figures of travel.

    options : what the form gives; ``lanes`` is how many each checkpoint has, none where unknown
    """
    names = ("on", "other", "checkpoint", "n_registered", "n_expected", "other_cases", "other_population")
    rows = [(*(getattr(figure, name) for name in names), (figure.on - today).days) for figure in figures]
    table = pl.DataFrame(rows, SCHEMA, orient="row")
    own = {"share_registered": options["share_registered"]}
    arrivals = peak.forecast_arrivals(table, peak.assumed(peak.ArrivalOptions, "registration", **own))
    service = peak.assumed(Service, "service", seconds=options["seconds"], target_s=options["target_s"])
    staff = peak.assumed(peak.CheckpointStaff, "staff", per_lane=options["per_lane"])
    profile, lanes = peak.assumptions()["profile"]["hours"], options["lanes"]
    there = dict.fromkeys(table["checkpoint"].unique().to_list(), lanes) if lanes else {}
    needs = peak.lanes_by_day(arrivals, profile, service, there, staff=staff)
    infected = peak.infected_among(arrivals, _prevalence(table), np.random.default_rng(1))
    by_day = dict(arrivals.group_by("day").agg(pl.col("median").sum()).sort("day").iter_rows())
    capacity = sum(peak.daily_capacity(profile, n, service) for n in there.values())
    advice = peak.advise_days(by_day, capacity or float("inf"))  # without lanes no day can be called full
    return {
        "arrivals": _plain(arrivals),
        "infected": _plain(infected),
        "checkpoints": _plain(needs),
        "advice": [{**one, "day": str(one["day"]), "instead": str(one["instead"] or "")} for one in advice],
        "capacity": capacity,
        "service": {"seconds": service.seconds, "target_s": service.target_s, "share": service.share},
    }


def _prevalence(table: pl.DataFrame) -> dict[str, peak.OriginPrevalence]:
    known = table.drop_nulls(["cases", "population"]).unique("origin", keep="last")
    return {
        row["origin"]: peak.assumed(
            peak.OriginPrevalence, "infection", cases=row["cases"], population=row["population"]
        )
        for row in known.iter_rows(named=True)
    }


def _plain(frame: pl.DataFrame) -> list[dict[str, Any]]:
    rounded = frame.with_columns(pl.col(pl.Float64).round(2))
    return rounded.with_columns(pl.col("day").cast(pl.String)).to_dicts()


def facts_digest(figures: Sequence[TravelFigure], options: dict[str, Any]) -> str:
    """Return the SHA-256 of the figures and options."""
    facts = [
        [str(f.id), str(f.on), f.other, f.checkpoint, f.n_registered, f.n_expected, f.other_cases]
        for f in figures
    ]
    return digest_of({"figures": facts, "options": options})


def as_answer(
    area_code: str,
    figures: Sequence[TravelFigure],
    options: dict[str, Any],
    result: dict[str, Any],
    today: date,
) -> Answer:
    """Return the computed peak as a study keeps it."""
    return Answer(
        kind=StudyKind.RETURN_PEAK,
        disease="",
        subject_key=digest_of({"area": area_code, "direction": options["direction"]}),
        from_on=today,
        inputs={"options": options, "figures": [str(f.id) for f in figures]},
        inputs_digest=facts_digest(figures, options),
        method=METHOD,
        packs=[],
        result=result,
        result_digest=digest_of(result),
        needs={},
    )
