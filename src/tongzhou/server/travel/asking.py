"""From a form and the records to everything that decides a return peak."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl

from tongzhou.core.access import Actor
from tongzhou.core.errors import InputError
from tongzhou.plan.peak_study import peak_inputs
from tongzhou.scenario.origins import residents_of_origin, sources
from tongzhou.scenario.return_flows import festival_figures
from tongzhou.server.planning.queries import CENSUS, residents_of
from tongzhou.server.travel import queries
from tongzhou.server.travel.models import TravelDirection, TravelFigure

FIGURES, FESTIVAL = "figures", "festival"
SEASON = 120
"""Days ahead that a festival, and a registration, may lie."""
OPTIONS = ("seconds", "target_s", "per_lane", "share_registered")
Row = tuple[date, str, str, int | None, int | None]
"""Day, other place, checkpoint, registered, expected."""
SCHEMA = {
    "day": pl.Date, "origin": pl.String, "checkpoint": pl.String, "registered": pl.Int64, "expected": pl.Int64,
}  # fmt: skip


def peak_question(
    actor: Actor, area_code: str, asked: Mapping[str, Any], today: date
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the question of a return peak and what it was made from.

    Raises
    ------
    InputError : nobody is known to travel, or nothing is known of the residents or of where they come from
    """
    is_festival = asked["basis"] == FESTIVAL
    n_days = SEASON if is_festival else asked["days"]
    figures = queries.travel_figures(actor, area_code, asked["direction"], today, n_days)
    registered = queries.registered_travel(actor, area_code, asked["direction"], today, n_days)
    rows = _of_festival(area_code, asked, today) if is_festival else _of_figures(figures)
    rows = join_registered(rows, registered)
    if not rows:
        raise _nobody(asked)
    lanes = {row[2]: asked["lanes"] for row in rows} if asked["lanes"] else {}
    about = {
        "basis": asked["basis"],
        "direction": asked["direction"],
        "new_year": str(asked["new_year"]) if is_festival else "",
        "n_figures": 0 if is_festival else len(figures),
        "n_registered_here": sum(registered.values()),
        "sources": sources() if is_festival else sorted({f"{f.source} ({f.as_of})" for f in figures})[:5],
    }
    chosen = {name: asked[name] for name in OPTIONS}
    prevalence = _prevalence({row[1] for row in rows}, figures)
    table = pl.DataFrame(rows, SCHEMA, orient="row")
    return peak_inputs(table, today, prevalence, chosen, lanes), about


def _nobody(asked: Mapping[str, Any]) -> InputError:
    if asked["basis"] == FESTIVAL:
        return InputError(
            "travel.no_festival",
            f"Nobody travels for the New Year of {asked['new_year']} in the next {SEASON} days.",
            "Give the day of the next lunar New Year.",
        )
    return InputError(
        "travel.none",
        "No travel is on record for these days.",
        "Import figures, or take the simulated festival.",
    )


def _of_figures(figures: Sequence[TravelFigure]) -> list[Row]:
    return [(f.on, f.other, f.checkpoint, f.n_registered, f.n_expected) for f in figures]


def _of_festival(area_code: str, asked: Mapping[str, Any], today: date) -> list[Row]:
    """Return the simulated flows of the whole area, without telling its parts apart."""
    found = residents_of(area_code, CENSUS)
    known = {code: n or residents_of_origin(code) or 0 for code, n in found.items()}
    is_arriving = asked["direction"] == TravelDirection.ARRIVING
    flows = festival_figures(known, asked["new_year"], today, is_arriving=is_arriving, by_origin=True)
    outside = flows.filter(
        pl.col("day") < today + timedelta(days=SEASON), ~pl.col("origin").str.starts_with(area_code)
    )
    sums = outside.group_by("day", "origin").agg(pl.col("expected").sum()).sort("day", "origin")
    return [(day, origin, "", None, n) for day, origin, n in sums.iter_rows()]


def join_registered(rows: Sequence[Row], registered: Mapping[tuple[date, str], int]) -> list[Row]:
    """Return rows with those who registered here.

    Somebody may be in both counts of a day and place, the imported one and ours: the larger stands. Ours goes to the
    rows of the day and place in proportion to theirs, to the first where they have none.

    >>> day = date(2022, 2, 8)
    >>> rows = [(day, "43", "North", 10, 50), (day, "43", "South", 30, None)]
    >>> [row[1:] for row in join_registered(rows, {(day, "43"): 80, (day, "45"): 2})]
    [('43', 'North', 20, 50), ('43', 'South', 60, None), ('45', '', 2, None)]
    """
    left, sums = dict(registered), dict[tuple[date, str], int]()
    for on, other, _, n, _ in rows:
        sums[on, other] = sums.get((on, other), 0) + (n or 0)
    found: list[Row] = []
    for on, other, checkpoint, n, expected in rows:
        ours, theirs = left.get((on, other), 0), sums[on, other]
        said = n
        if ours > theirs:
            said = round((n or 0) * ours / theirs) if theirs else left.pop((on, other))
        found.append((on, other, checkpoint, said, expected))
    more = [(on, other, "", n, None) for (on, other), n in sorted(left.items()) if (on, other) not in sums]
    return found + more


def _prevalence(origins: set[str], figures: Sequence[TravelFigure]) -> dict[str, dict[str, Any]]:
    """Return what is known of infection at each origin: what came with the figures, else the counts on record."""
    known = {}
    for code, (cases, days, last) in queries.reported_lately(origins - {""}).items():
        residents = residents_of_origin(code)
        if residents is not None:
            source = {"of": "counts", "by": "", "on": str(last)}
            known[code] = {"cases": cases, "population": residents, "days": days, "source": source}
    for figure in figures:
        if figure.other in origins and figure.other_cases is not None and figure.other_population:
            known[figure.other] = {
                "cases": figure.other_cases,
                "population": figure.other_population,
                "source": {"of": "figures", "by": figure.source, "on": str(figure.as_of)},
            }
    return known
