# mypy: disable-error-code="no-untyped-def"
"""The course of one infection: onset, severity, admission, death, report; a function of seed, person and moment.

Owns the kernel; nothing of a course is stored, whoever needs it draws it again and gets the same.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from tongzhou.epi.simulate.hashing import INNER, advance, key_of, unit

TICKS = 64
"""Parts of a day in which moments of infection are kept."""
NEVER = 1.0e9
COURSE_COLUMNS = 8
MOMENT_BITS = 16
_PURPOSE = 1 << 20


@njit(**INNER)
def quantile(table, u):
    """Return the quantile `u` of a table of equally spaced quantiles, linear between them."""
    n = len(table)
    x = u * n - 0.5
    if x <= 0.0:
        return table[0]
    if x >= n - 1:
        return table[n - 1]
    k = int(x)
    return table[k] + (x - k) * (table[k + 1] - table[k])


@njit(**INNER)
def share_below(table, value):
    """Return the share of a table of equally spaced quantiles below a value; the inverse of `quantile`."""
    n = len(table)
    if value <= table[0]:
        return 0.0
    if value >= table[n - 1]:
        return 1.0 - 0.5 / n
    low, high = 0, n - 1
    while high - low > 1:
        middle = (low + high) >> 1
        if table[middle] <= value:
            low = middle
        else:
            high = middle
    return (low + 0.5 + (value - table[low]) / max(table[high] - table[low], 1e-12)) / n


@njit(**INNER)
def days_before(p, moment, brought):
    """Return how long before `moment` a person was infected: more than 0 for some who were brought in then."""
    keys, days = brought
    low, high, key = 0, len(keys), p << MOMENT_BITS | moment
    while low < high:
        middle = (low + high) >> 1
        if keys[middle] < key:
            low = middle + 1
        else:
            high = middle
    return days[low] if low < len(keys) and keys[low] == key else 0.0


@njit(**INNER)
def _draw_illness(p, moment, age, onset, severe_kept, tables, reporting, seed, state):
    """Return the days of report, admission, ICU, discharge and death of who falls ill, and the state of the stream."""
    _, _, symptomatic, admitted, icu, died, delays, _ = tables
    here = moment / TICKS
    report = admission = icu_day = discharge = death = NEVER
    if unit(state) < severe_kept * admitted[age] / symptomatic[age]:
        state = advance(state)
        admission = max(onset + quantile(delays[0], unit(state)), here)
        state = advance(state)
        u = unit(state)
        state = advance(state)
        if u < died[age] / max(admitted[age], 1e-12):
            death = max(onset + quantile(delays[4], unit(state)), admission)
        state = advance(state)
        stay = quantile(delays[2], unit(state))
        if u < icu[age] / max(admitted[age], 1e-12):
            state = advance(state)
            icu_day = admission + quantile(delays[1], unit(state))
            stay += quantile(delays[3], unit(state))
        discharge = min(admission + stay, death)
        icu_day = icu_day if icu_day < discharge else NEVER
        report = admission
    elif admitted[age] < died[age] and unit(advance(state)) < severe_kept * (died[age] - admitted[age]):
        death = max(onset + quantile(delays[4], unit(advance(advance(state)))), here)
    state = key_of(seed, p, 2 * _PURPOSE + moment)
    if unit(state) < reporting[0]:
        state = advance(state)
        report = min(report, max(onset + quantile(reporting[1], unit(state)), here))
    return report, admission, icu_day, discharge, death, state


@njit(**INNER)
def draw_course(p, moment, age, severe_kept, tables, reporting, seed):
    """Return the course of the infection of `p` at `moment` (ticks since the first day).

    severe_kept : float — share of severe outcomes that vaccination leaves
    tables : tuple — incubation, factor, symptomatic, admitted, icu, died, delays, brought (as
        `introductions.Plan.brought`): whoever was infected before `moment` is reported, admitted and dies no earlier
    reporting : tuple — share tested, quantiles of onset to report in days

    Returns
    -------
    tuple
        onset (days), individual infectiousness, symptomatic, and the days of report, admission, ICU, discharge,
        death (`NEVER` when it does not happen), state of the stream, infection (days).
    """
    incubation, factor, symptomatic, _, _, _, _, brought = tables
    state = key_of(seed, p, _PURPOSE + moment)
    here = moment / TICKS
    start = here - days_before(p, moment, brought)
    onset = start + quantile(incubation, unit(state))
    state = advance(state)
    individual = quantile(factor, unit(state))
    state = advance(state)
    has_symptoms = unit(state) < symptomatic[age]
    state = advance(state)
    report = admission = icu_day = discharge = death = NEVER
    if has_symptoms:
        report, admission, icu_day, discharge, death, state = _draw_illness(
            p, moment, age, onset, severe_kept, tables, reporting, seed, state
        )
    ahead = advance(state)
    return onset, individual, has_symptoms, report, admission, icu_day, discharge, death, ahead, start


@njit(cache=True, nogil=True)
def list_courses(persons, moments, age, severe_kept, tables, reporting, seed, out):
    """Write onset, symptoms, report, admission, ICU, discharge, death and infection of many to rows of `out`."""
    for k in range(len(persons)):
        p = persons[k]
        onset, _, symptoms, report, admission, icu_day, discharge, death, _, start = draw_course(
            p, moments[k], age[p], severe_kept[k], tables, reporting, seed
        )
        row = (onset, 1.0 if symptoms else 0.0, report, admission, icu_day, discharge, death, start)
        for j in range(COURSE_COLUMNS):
            out[k, j] = row[j]


@njit(cache=True, nogil=True)
def gamma_mean_one(table):
    """Scale a table of quantiles to the mean 1."""
    return table / np.mean(table)
