"""From what a library found to what a study keeps: columns with intervals, rounded for show, digested before that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from tongzhou.policy import load_pack
from tongzhou.scenario import Question, WhatIf
from tongzhou.server.kernel import clock
from tongzhou.server.planning.actions import Answer
from tongzhou.server.planning.models import StudyKind
from tongzhou.server.planning.rules import digest_of, subject_key

METHOD = "scenario.answer"
DIFFERENCE = "policy.compare"
QUANTILES = ("low", "median", "high")


def of_whatif(area_code: str, question: Question, about: Mapping[str, Any], found: WhatIf) -> Answer:
    """Return a comparison of scenarios as a study keeps it."""
    return Answer(
        kind=StudyKind.WHATIF,
        disease=question.disease,
        subject_key=subject_key(area_code, question),
        from_on=clock.today(),
        inputs={"question": question.to_json(), "about": dict(about)},
        inputs_digest=question.digest(),
        method=METHOD,
        packs=packs_of(question),
        result=columns_of(found),
        result_digest=found.result_digest(),
        needs=needs_of(found),
    )


def of_difference(
    area_code: str,
    options: Mapping[str, Any],
    difference: dict[str, Any],
    question: Question | None,
    found: WhatIf | None,
) -> Answer:
    """Return a difference between two packs as a study keeps it."""
    packs = [options["before"], options["after"]]
    simulated = columns_of(found) if found is not None else {}
    facts = {"orders": difference["digest"], "question": question.digest() if question else ""}
    return Answer(
        kind=StudyKind.POLICY,
        disease=load_pack(packs[0]).disease,
        subject_key=digest_of({"area": area_code, "packs": packs}),
        from_on=clock.today(),
        inputs={
            "packs": packs,
            "question": question.to_json() if question else None,
            "about": options.get("about", {}),
        },
        inputs_digest=digest_of(facts),
        method=DIFFERENCE,
        packs=[pack_of(name) for name in packs],
        result={"difference": difference, "simulated": simulated},
        result_digest=digest_of(
            {"difference": difference, "simulated": found.result_digest() if found else ""}
        ),
        needs=needs_of(found) if found is not None else {},
    )


def packs_of(question: Question) -> list[dict[str, str]]:
    """Return the packs of a question, each once."""
    return [pack_of(name) for name in dict.fromkeys(spec.pack for spec in question.scenarios) if name]


def pack_of(name: str) -> dict[str, str]:
    """Return a pack as a study names it."""
    pack = load_pack(name)
    return {"name": pack.name, "version": pack.version, "digest": pack.digest}


def columns_of(found: WhatIf) -> dict[str, Any]:
    """Return totals, fans and shortfalls as JSON holds them: one decimal, days in order."""
    totals: dict[str, Any] = {}
    for row in found.totals.iter_rows(named=True):
        totals.setdefault(row["scenario"], {})[row["measure"]] = [round(row[q], 1) for q in QUANTILES]
    fans: dict[str, Any] = {}
    for (scenario, series), rows in found.fans.group_by("scenario", "series", maintain_order=True):
        fans.setdefault(str(series), {})[str(scenario)] = _quantiles(rows)
    return {
        "scenarios": list(totals),
        "totals": totals,
        "fans": fans,
        "shortfalls": found.shortfalls.to_dicts(),
        "n_runs": found.n_runs,
    }


def needs_of(found: WhatIf) -> dict[str, Any]:
    """Return the need by area, capacity and scenario: median and upper bound by day."""
    needs: dict[str, Any] = {}
    for key, rows in found.needs.group_by("area", "capacity", "scenario", maintain_order=True):
        area, capacity, scenario = (str(part) for part in key)
        kept = _quantiles(rows)
        needs.setdefault(area, {}).setdefault(capacity, {})[scenario] = {
            q: kept[q] for q in ("median", "high")
        }
    return needs


def _quantiles(rows: pl.DataFrame) -> dict[str, list[float]]:
    ordered = rows.sort("day")
    return {q: ordered[q].round(1).to_list() for q in QUANTILES}


def needs_frame(needs: Mapping[str, Any], scenario: str, whole: str) -> pl.DataFrame:
    """Return the kept needs of one scenario as `scenario.find_shortfalls` takes them.

    whole : code of the area that all areas make up together; left out where it is one of them
    """
    rows = [
        (scenario, area or whole, capacity, day, median, high)
        for area, kinds in needs.items()
        if area or whole not in needs
        for capacity, scenarios in kinds.items()
        if scenario in scenarios
        for day, (median, high) in enumerate(
            zip(scenarios[scenario]["median"], scenarios[scenario]["high"], strict=True)
        )
    ]
    schema = ["scenario", "area", "capacity", "day", "median", "high"]
    return pl.DataFrame(rows, schema, orient="row")
