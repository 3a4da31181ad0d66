"""From a computed return peak to what a study keeps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from tongzhou.plan.peak_study import digest_of_peak
from tongzhou.server.planning.actions import Answer
from tongzhou.server.planning.models import StudyKind
from tongzhou.server.planning.rules import digest_of

METHOD = "plan.peak_study"
SUMMED = ("registered", "low", "median", "high", "mean")


def as_answer(
    area_code: str, question: dict[str, Any], about: Mapping[str, Any], result: dict[str, Any]
) -> Answer:
    """Return the computed peak as a study keeps it: arrivals by day and origin, summed over checkpoints."""
    return Answer(
        kind=StudyKind.RETURN_PEAK,
        disease="",
        subject_key=digest_of({"area": area_code, "direction": about["direction"], "basis": about["basis"]}),
        from_on=date.fromisoformat(question["today"]),
        inputs={"question": question, "about": dict(about)},
        inputs_digest=digest_of_peak(question),
        method=METHOD,
        packs=[],
        result={**result, "arrivals": _by_origin(result["arrivals"])},
        result_digest=digest_of_peak(result),
        needs={},
    )


def _by_origin(arrivals: list[dict[str, Any]]) -> list[dict[str, Any]]:
    frame = pl.DataFrame(arrivals, infer_schema_length=None)
    sums = frame.group_by("day", "origin", maintain_order=True).agg(
        pl.col(name).cast(pl.Float64).sum().round(1) for name in SUMMED
    )
    return sums.to_dicts()
