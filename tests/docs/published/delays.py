"""Delays: incubation in Tianjin, serial intervals in Tianjin and Hagelloch."""

from __future__ import annotations

import polars as pl

from tests.docs.published.data import HAGELLOCH, TIANJIN, TIANJIN_EDGES, read, tianjin_days
from tests.docs.published.registry import Found, beside, say
from tongzhou.epi.delays import DelayFit, fit_delay

TINDALE = "[Tindale et al. 2020](https://doi.org/10.7554/eLife.57149)"


def found(fit: DelayFit, quantity: str, digits: int = 1) -> Found:
    """Return a fit's quantity with its 95 % interval."""
    family = fit.provenance.options["family"]
    text = say(fit.estimates()[quantity], digits, " d")
    return Found(text, f"`fit_delay`, {family}, 95 % posterior interval", fit.provenance.inputs_digest)


@beside(
    "delays",
    "Incubation period, COVID-19, Tianjin 2020: 125 cases with onset, exposed in a window or up to 20 days before",
    published=f"8.7 (7.7 to 9.7) d without intermediate cases, 7.5 (6.8 to 8.6) with, {TINDALE}",
    why="equal to the first; people infected by someone unseen are not modelled here",
    needs=(TIANJIN,),
)
def tianjin_incubation() -> Found:
    """Gamma incubation period from exposure windows."""
    cases = tianjin_days().filter(pl.col("onset").is_not_null())
    cases = cases.with_columns(
        start=pl.coalesce("start", pl.col("onset") - pl.duration(days=20)),
        end=pl.min_horizontal(pl.coalesce("end", "onset"), "onset"),
    ).filter(pl.col("start") <= pl.col("end"))
    pairs = cases.select(primary_low="start", primary_high="end", secondary="onset")
    return found(fit_delay(pairs, "gamma"), "mean")


@beside(
    "delays",
    "Serial interval, COVID-19, Tianjin 2020: pairs with one named infector, both onsets known, in order",
    published=f"4.3 (2.9 to 5.7) d, {TINDALE}",
    why="theirs is a mixture over the paths of clusters; a gamma law cannot take pairs whose onsets are reversed",
    needs=(TIANJIN, TIANJIN_EDGES),
)
def tianjin_serial() -> Found:
    """Gamma serial interval of directed pairs."""
    days = tianjin_days().select("case_id", "onset").drop_nulls()
    named = read(TIANJIN_EDGES).filter(pl.col("edge1").is_not_null() & pl.col("edge2").is_null())
    pairs = named.select("case_id", infector="edge1").join(days.rename({"onset": "secondary"}), on="case_id")
    pairs = pairs.join(days.select(infector="case_id", primary="onset"), on="infector")
    ordered = pairs.filter(pl.col("secondary") >= pl.col("primary")).sort("case_id")
    return found(fit_delay(ordered.select("primary", "secondary"), "gamma"), "mean")


@beside(
    "delays",
    "Serial interval, measles, Hagelloch 1861: 184 pairs with the infector as recorded",
    published="10.39 d, the plain mean of the pairs (Pfeilsticker 1863; infectors by Oesterle 1992)",
    needs=(HAGELLOCH,),
)
def hagelloch_serial() -> Found:
    """Gamma serial interval of the published pairs."""
    cases = read(HAGELLOCH)
    infectors = cases.select(infector=pl.col("case_ID").cast(pl.Float64), primary="date_of_prodrome")
    pairs = cases.join(infectors, on="infector").select("primary", secondary="date_of_prodrome")
    return found(fit_delay(pairs.sort("primary", "secondary"), "gamma"), "mean", 2)
