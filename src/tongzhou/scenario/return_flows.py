"""Flows of the Spring Festival as figures of travel: what `plan.return_peak` expects where nobody counted (R05).

Owns the joining of the simulation's festival with the planning of checkpoints. Never draws an infection.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import polars as pl

from tongzhou.core.errors import InputError
from tongzhou.epi.simulate import synthesize
from tongzhou.epi.simulate.festival import FestivalOptions, festival_flows

_SAMPLE = 1000


def festival_figures(
    residents: Mapping[str, int],
    new_year: date,
    today: date,
    *,
    is_arriving: bool = True,
    share_away: float | None = None,
) -> pl.DataFrame:
    """Return expected travellers of an area's festival, day by day from `today` on.

    Parameters
    ----------
    residents : mapping of area code to persons
    new_year : date — New Year's Day of the lunar calendar
    is_arriving : bool — those who come back; else those who leave
    share_away : of the residents who leave; the table of the simulation where left out

    Returns
    -------
    DataFrame
        day, origin (empty: everywhere), checkpoint (the area), ahead, registered (null), expected — persons

    Raises
    ------
    InputError
        ``return.no_residents``, and those of `simulate.festival.festival_flows`

    Notes
    -----
    Flows are proportional to residents, so they are worked out on a small population and scaled. Departures and
    returns are gamma distributed around New Year; where people go is not modelled.
    """
    if not residents or min(residents.values()) < 1:
        raise InputError(
            "return.no_residents", f"Residents are {dict(residents)}.", "Give at least one in each."
        )
    areas = pl.DataFrame(sorted(residents.items()), {"code": pl.String, "population": pl.Int64}, orient="row")
    n = _SAMPLE * len(residents)
    flows = festival_flows(synthesize(areas, n, seed=1), FestivalOptions(new_year, share_away))
    scale = sum(residents.values()) / n
    column = "returns" if is_arriving else "departures"
    return flows.select(
        pl.col("day").cast(pl.Date),
        origin=pl.lit(""),
        checkpoint=pl.col("area").cast(pl.String),
        ahead=(pl.col("day").cast(pl.Date) - pl.lit(today)).dt.total_days(),
        registered=pl.lit(None, pl.Int64),
        expected=(pl.col(column) * scale).round().cast(pl.Int64),
    ).filter((pl.col("ahead") >= 0) & (pl.col("expected") > 0))
