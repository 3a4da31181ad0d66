"""Answers of studies as a library would give them, without a simulation: small and made up, of the right shape."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl

from tests.cast import COMMUNITY
from tongzhou.plan.peak_study import compute_peak, peak_inputs
from tongzhou.scenario import Question, ScenarioSpec
from tongzhou.scenario.needs import CAPACITIES
from tongzhou.server.planning.actions import Answer
from tongzhou.server.planning.models import StudyKind
from tongzhou.server.planning.screens import FANS, TOTALS
from tongzhou.server.travel.answers import as_answer

QUESTION = Question(
    {COMMUNITY: 8000},
    {COMMUNITY: 3},
    (ScenarioSpec("cn-2022-06"), ScenarioSpec("cn-2022-11", "high"), ScenarioSpec()),
    days=10,
    n_runs=3,
    ready={"beds": 2},
)
NAMES = [spec.name for spec in QUESTION.scenarios]
ABOUT = {"basis": "census", "recent_days": 7, "factor": 1.0, "n_cases": 3, "by_hand": 0}
RISING = {
    name: [float(k * n) for n in range(10)] for k, name in enumerate(("low", "median", "high"), start=1)
}


def compared() -> dict[str, Any]:
    """Return the result of a comparison."""
    short = {
        "scenario": NAMES[0],
        "capacity": "beds",
        "share_of_runs": 0.5,
        "first_day": 3.0,
        "largest_gap": 16.0,
    }
    return {
        "scenarios": NAMES,
        "totals": {name: {measure: [1.0, 2.0, 3.0] for measure in TOTALS} for name in NAMES},
        "fans": {series: dict.fromkeys(NAMES, RISING) for series in FANS},
        "shortfalls": [short],
        "n_runs": 3,
    }


def difference() -> dict[str, Any]:
    """Return the account of a change of rules."""
    side: dict[str, Any] = {"n_under_order": 4, "n_tests": 12, "n_open_ended": 0, "days": 21.5}
    side["person_days"] = {"central_quarantine": 21.5}
    return {
        "before": {"pack": "cn-2022-06 1", **side},
        "after": {"pack": "cn-2022-11 1", **side, "n_under_order": 3},
        "changes": {"released": 1, "none": 3},
        "by_area": {COMMUNITY: {"released": 1, "none": 3}},
        "shown": {"released": [{"kind": "contact", "id": "x" * 36, "before": 3.0, "after": 0.0}]},
        "n_people": 4,
        "n_unknown": 0,
        "digest": "0" * 64,
    }


def peak_of(on: date) -> Answer:
    """Return a small return peak, computed."""
    day = on + timedelta(days=2)
    rows = [(day, "43", "North", 200, 500), (day, "45", "North", None, 300)]
    schema = ["day", "origin", "checkpoint", "registered", "expected"]
    table = pl.DataFrame(rows, schema, orient="row")
    source = {"of": "counts", "by": "", "on": str(on)}
    known = {"43": {"cases": 1200, "population": 66_444_864, "source": source}}
    question = peak_inputs(table, on, known, {}, {"North": 2})
    about = {
        "basis": "figures", "direction": "in", "new_year": "", "n_figures": 2, "n_registered_here": 0,
        "sources": ["铁路"],
    }  # fmt: skip
    return as_answer(COMMUNITY, question, about, compute_peak(question))


def answer_of(kind: StudyKind, on: date) -> Answer:
    """Return an answer of a kind, as a job would keep it."""
    if kind is StudyKind.RETURN_PEAK:
        return peak_of(on)
    is_whatif = kind is StudyKind.WHATIF
    needs = {COMMUNITY: {capacity: dict.fromkeys(NAMES, RISING) for capacity in CAPACITIES}}
    return Answer(
        kind=kind,
        disease=QUESTION.disease,
        subject_key=kind.value,
        from_on=on,
        inputs={"question": QUESTION.to_json(), "about": ABOUT},
        inputs_digest=QUESTION.digest(),
        method="test",
        packs=[{"name": name, "version": "1", "digest": "0" * 64} for name in ("cn-2022-06", "cn-2022-11")],
        result=compared() if is_whatif else {"difference": difference(), "simulated": compared()},
        result_digest="0" * 64,
        needs=needs,
    )
