"""Screening and line lists: Dorfman's table, pools in California, the simulated Ebola list with planted errors."""

from __future__ import annotations

import numpy as np

from tests.docs.published.data import EBOLA, EBOLA_CLEAN, TIANJIN
from tests.docs.published.registry import Found, beside, span
from tests.shared_data import SHARED
from tongzhou.core.estimates import digest_arrays
from tongzhou.epi.screening import prevalence_from_pools
from tongzhou.interop.linelist import CleanLinelist, read_linelist
from tongzhou.interop.tabular import open_table
from tongzhou.plan.pooling import Assay, best_design

DORFMAN = (0.01, 0.02, 0.05, 0.10)


@beside(
    "screening",
    "Best pool size and tests a person at 1, 2, 5 and 10 %, perfect test",
    published="11, 0.20; 8, 0.27; 5, 0.43; 4, 0.59, [Dorfman 1943](https://doi.org/10.1214/aoms/1177731363)",
)
def dorfman() -> Found:
    """Dorfman's optima."""
    plans = [
        best_design(p, Assay(sensitivity=1, specificity=1, dilution=0, max_size=40), "dorfman")
        for p in DORFMAN
    ]
    text = "; ".join(f"{plan.sizes[0]}, {plan.tests_per_person:.2f}" for plan in plans)
    return Found(text, "`best_design`, exact expectation", digest_arrays(DORFMAN))


@beside(
    "screening",
    "Prevalence, San Francisco Bay Area, January to February 2020: 2 of 292 pools of 9 or 10 positive, 2,888 samples",
    published="0.07 % (2 of 2,888, each confirmed), [Hogan et al. 2020](https://doi.org/10.1001/jama.2020.5445)",
    why="Firth's correction takes the upward bias of few positive pools out; the interval they do not give",
)
def hogan() -> Found:
    """260 pools of ten and 32 of nine hold 2,888 samples."""
    found = prevalence_from_pools(np.array([10, 9]), np.array([260, 32]), np.array([2, 0]))
    text = span(100 * found.value, 100 * found.low, 100 * found.high, 2) + " %"
    return Found(text, "`prevalence_from_pools`, Firth, 95 % score interval", found.inputs_digest)


def ebola() -> CleanLinelist:
    """Return the simulated line list with errors on purpose, cleaned."""
    return read_linelist(open_table(SHARED / EBOLA))


def digest(found: CleanLinelist) -> str:
    """Return the digest of the cleaned dates."""
    return digest_arrays(*(found.frame[c].to_physical().fill_null(-1).to_numpy() for c in ("date_onset",)))


@beside(
    "linelist",
    "Rows with an outcome before the onset, simulated Ebola of the R package outbreaks (5,888 rows, errors on purpose)",
    published="200 by a plain count in the file",
    why="the package's own cleaned list keeps 197 of them and drops 59 others, whose onset is on the day of infection; "
    "these can be, and stay",
    needs=(EBOLA, EBOLA_CLEAN),
)
def ebola_rejected() -> Found:
    """Rows that cannot be true."""
    found = ebola()
    n = found.rejected["row"].n_unique()
    return Found(f"{n} rejected, {found.frame.height:,} kept", "`read_linelist`", digest(found))


@beside(
    "linelist",
    "Onset to admission of the same",
    published="2.01 d, plain mean of the package's own cleaned list",
    needs=(EBOLA, EBOLA_CLEAN),
)
def ebola_delay() -> Found:
    """Mean delay."""
    days = ebola().delay("date_onset", "date_admission")["days"].to_numpy()
    return Found(
        f"{days.mean():.2f} d, {days.size:,} cases", "`read_linelist(...).delay`", digest_arrays(days)
    )


@beside(
    "linelist",
    "Cases by confirmation, Tianjin, to 26 February 2020",
    published="135 cases, first on 21 January, [Zhang et al. 2020](https://doi.org/10.3390/ijerph17103705)",
    needs=(TIANJIN,),
)
def tianjin_curve() -> Found:
    """Confirmations by day."""
    found = read_linelist(open_table(SHARED / TIANJIN), {"date_reporting": "confirm_date"})
    curve = found.epicurve("date_reporting")
    text = f"{curve['count'].sum()} cases, first on {curve['date'][0]:%-d %B}"
    return Found(text, "`read_linelist(...).epicurve`", digest_arrays(curve["count"].to_numpy()))
