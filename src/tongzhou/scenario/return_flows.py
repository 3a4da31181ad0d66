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
from tongzhou.scenario.origins import origin_shares

_SAMPLE = 1000


def festival_figures(
    residents: Mapping[str, int],
    new_year: date,
    today: date,
    *,
    is_arriving: bool = True,
    by_origin: bool = False,
    share_away: float | None = None,
) -> pl.DataFrame:
    """Return expected travellers of an area's festival, day by day from `today` on.

    Parameters
    ----------
    residents : mapping of area code to persons
    new_year : date — New Year's Day of the lunar calendar
    is_arriving : bool — those who come back; else those who leave
    by_origin : bool — with the province or city they come from or go to, by `scenario.origins`
    share_away : of the residents who leave; the table of the simulation where left out

    Returns
    -------
    DataFrame
        day, origin (empty without `by_origin`), checkpoint (the area), ahead, registered (null), expected — persons

    Raises
    ------
    InputError
        ``return.no_residents``, ``return.no_origins``, and those of `simulate.festival.festival_flows`

    Notes
    -----
    Flows are proportional to residents, so they are worked out on a small population and scaled. Departures and
    returns are gamma distributed around New Year. Whole persons are kept by rounding running sums.
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
    days = flows.select(
        pl.col("day").cast(pl.Date), checkpoint=pl.col("area").cast(pl.String), n=pl.col(column) * scale
    ).filter(pl.col("day") >= today, pl.col("n") > 0)
    origins = _origins(days["checkpoint"].unique().to_list()) if by_origin else _everywhere(days)
    return (
        days.join(origins, on="checkpoint", maintain_order="left_right")
        .select(
            "day",
            "origin",
            "checkpoint",
            ahead=(pl.col("day") - pl.lit(today)).dt.total_days(),
            registered=pl.lit(None, pl.Int64),
            expected=_whole(pl.col("n") * pl.col("share")).over("checkpoint", "origin", order_by="day"),
        )
        .filter(pl.col("expected") > 0)
    )


def _whole(n: pl.Expr) -> pl.Expr:
    """Return whole numbers whose running sums are the rounded running sums of `n`."""
    total = n.cum_sum().round()
    return (total - total.shift(1, fill_value=0)).cast(pl.Int64)


def _everywhere(days: pl.DataFrame) -> pl.DataFrame:
    return days.select(pl.col("checkpoint").unique(), origin=pl.lit(""), share=pl.lit(1.0))


def _origins(areas: list[str]) -> pl.DataFrame:
    """Return the share of each origin by area; an area below a city travels as its city does."""
    rows = [(area, o, share) for area in areas for o, share in origin_shares(area[:4]).items()]
    schema = {"checkpoint": pl.String, "origin": pl.String, "share": pl.Float64}
    return pl.DataFrame(rows, schema, orient="row")
