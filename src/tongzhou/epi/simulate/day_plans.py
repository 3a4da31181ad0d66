# mypy: disable-error-code="no-untyped-def"
"""The day of one person: where they are from when until when, and what they ride.

Owns the kernels of `simulate.activity`. Times are minutes of the local day until they are written as seconds.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from tongzhou.epi.simulate.hashing import advance, below, key_of, unit
from tongzhou.epi.simulate.sites import (
    CARE_RESIDENT,
    HEALTH_STAFF,
    LEISURE,
    NONE,
    RESTAURANT,
    SENIOR,
    SHOP,
    WORKER,
)

HOME_NUMBER = 10_000_000_000
"""Place number of the home whose first member is person 0; a site's number is its index + 1."""
DAY_MINUTES = 1440
MAX_STAYS = 10
MAX_TRIPS = 2
RIDE_METRO, RIDE_TRAIN, RIDE_AIRCRAFT, RIDE_COACH = 0, 1, 2, 3
VENUE_SHOP, VENUE_RESTAURANT, VENUE_LEISURE, VENUE_CLINIC, VENUE_HOSPITAL = 0, 1, 2, 3, 4


@njit(cache=True, nogil=True)
def _pick_venue(kind, cell, venues, city_cell, city, state):
    """Return the site of a venue near a cell; -1 when the city has none."""
    ids, first = venues
    low, high = first[kind, city_cell[city]], first[kind, city_cell[city + 1]]
    if high <= low:
        return -1
    reach = max(2.0, (high - low) * 0.5)
    step = int(reach ** (1.3 * unit(state) - 0.3))
    at = first[kind, cell] + (step if unit(advance(state)) < 0.5 else -step)
    if at < low or at >= high:
        at = low + below(advance(advance(state)), high - low)
    return ids[at]


@njit(cache=True, nogil=True)
def _add(plan, n, place, start, end):
    """Add one stay to the plan; return the new length."""
    if end <= start or n >= MAX_STAYS:
        return n
    plan[n, 0], plan[n, 1], plan[n, 2] = place, start, end
    return n + 1


@njit(cache=True, nogil=True)
def _main_hours(role, kind, weekday, state):
    """Return (start, end) minutes of school or work on this day; end 0 when the person is off."""
    u, v, w = unit(state), unit(advance(state)), unit(advance(advance(state)))
    if role < WORKER:
        if weekday >= 5 or w < 0.02:
            return 0, 0
        return 455 + int(20 * u), (1055 if role == SENIOR else 985) + int(40 * v)
    on_duty = (
        w < 0.72 if role == HEALTH_STAFF or kind in (SHOP, RESTAURANT, LEISURE) else weekday < 5 or w < 0.15
    )
    if not on_duty:
        return 0, 0
    if kind in (SHOP, RESTAURANT, LEISURE):
        start = 540 + int(120 * u)
        return start, start + 540 + int(90 * v)
    start = 480 + int(90 * u)
    return start, start + 510 + int(100 * v)


@njit(cache=True, nogil=True)
def _outing(plan, n, cursor, home, window, shares, where, venues, city_cell, state):
    """Leave home for one venue within a window of minutes, if the time allows; return (n, cursor)."""
    cell, city = where
    begin = max(window[0] + int((window[1] - window[0]) * unit(state)), cursor + 10)
    state = advance(state)
    u = unit(state)
    kind, minutes = VENUE_SHOP, 15
    if u < shares[0]:
        kind, minutes = VENUE_RESTAURANT, 45
    elif u < shares[0] + shares[1]:
        kind, minutes = VENUE_LEISURE, 60
    state = advance(state)
    stop = begin + minutes + int(minutes * unit(state))
    site = _pick_venue(kind, cell, venues, city_cell, city, advance(state))
    if site < 0 or stop > DAY_MINUTES - 40:
        return n, cursor
    n = _add(plan, n, home, cursor, begin - 8)
    n = _add(plan, n, site + 1, begin, stop)
    return n, stop + 8


@njit(cache=True, nogil=True)
def _plan_main(plan, n, cursor, home, role, work, hours, where, venues, city_cell, state):
    """Add school or work, with a lunch out for some; return (n, cursor)."""
    site, kind, work_cell, work_city = work
    cell, _ = where
    start, end = hours
    travel = 8 if work_cell == cell else 20 + below(state, 25)
    state = advance(state)
    n = _add(plan, n, home, cursor, start - travel)
    lunch = -1
    if role >= WORKER and kind not in (SHOP, RESTAURANT) and unit(state) < 0.3:
        lunch = _pick_venue(VENUE_RESTAURANT, work_cell, venues, city_cell, work_city, advance(state))
    if lunch >= 0:
        out = 700 + below(advance(advance(state)), 50)
        n = _add(plan, n, site + 1, start, out)
        n = _add(plan, n, lunch + 1, out + 5, out + 40)
        n = _add(plan, n, site + 1, out + 45, end)
    else:
        n = _add(plan, n, site + 1, start, end)
    return n, end + travel


@njit(cache=True, nogil=True)
def plan_day(plan, p, weekday, day, person, home_cell, venues, city_cell, seed):
    """Fill `plan` with (place, start, end) of one day; return (stays, leaving, returning, ride).

    person : tuple — age, role, site, kind, work cell, work city, home cell, city, home number
    """
    age, role, site, kind, work_cell, work_city, cell, city, home_first = person
    home = HOME_NUMBER + home_first
    where = (cell, city)
    state = key_of(seed, p, 1000 + day)
    if role == CARE_RESIDENT:
        return _add(plan, 0, site + 1 if site >= 0 else home, 0, DAY_MINUTES), 0, 0, -1
    if 16 <= age < 75 and unit(state) < 0.004:
        state = advance(state)
        leave, back = 420 + below(state, 200), 1020 + below(advance(state), 240)
        n = _add(plan, 0, home, 0, leave - 45)
        ride = RIDE_TRAIN + int(3 * unit(advance(advance(state))) ** 2)
        return _add(plan, n, home, back + 165, DAY_MINUTES), leave, back, ride
    state = advance(state)
    n, cursor, leave, back, ride = 0, 0, 0, 0, -1
    start, end = (0, 0) if role == NONE or site < 0 else _main_hours(role, kind, weekday, state)
    state = advance(advance(advance(state)))
    if end > 0:
        work = (site, kind, work_cell, work_city)
        n, cursor = _plan_main(
            plan, n, cursor, home, role, work, (start, end), where, venues, city_cell, state
        )
        if work_cell != cell and role >= WORKER and unit(key_of(seed, p, 7)) < 0.35:
            leave, back, ride = start - 20, end + 3, RIDE_METRO
    state = key_of(seed, p, 500000 + day)
    u = unit(state)
    if end == 0 and age >= 60 and u < 0.45:
        n, cursor = _outing(
            plan, n, cursor, home, (400, 560), (0.1, 0.1), where, venues, city_cell, advance(state)
        )
    elif end == 0 and u > 0.992:
        clinic = _pick_venue(VENUE_CLINIC, cell, venues, city_cell, city, advance(state))
        if clinic >= 0:
            n = _add(plan, n, home, cursor, 550)
            n = _add(plan, n, clinic + 1, 560, 620)
            cursor = 630
    family = key_of(seed, home_first, 900000 + day)
    if weekday >= 5 and end == 0 and unit(family) < 0.5 and unit(advance(state)) < 0.85:
        n, cursor = _outing(
            plan, n, cursor, home, (660, 840), (0.45, 0.2), where, venues, city_cell, advance(family)
        )
    if unit(advance(advance(state))) < (0.22 if age < 60 else 0.1) and age >= 15:
        evening = advance(advance(advance(advance(state))))
        n, cursor = _outing(
            plan, n, cursor, home, (1085, 1200), (0.45, 0.15), where, venues, city_cell, evening
        )
    return _add(plan, n, home, cursor, DAY_MINUTES), leave, back, ride


@njit(cache=True, nogil=True)
def _person(p, c, arrays, cell_city):
    """Gather what a plan needs to know of one person."""
    age, role, home, team, site_of_team, site_kind, site_cell = arrays
    site, kind, work_cell = -1, 0, c
    if team[p] >= 0:
        site = site_of_team[team[p]]
        kind, work_cell = site_kind[site], site_cell[site]
    return age[p], role[p], site, kind, work_cell, cell_city[work_cell], c, cell_city[c], p - (home[p] & 15)


@njit(cache=True, nogil=True)
def write_day(begin, end, day, midnight_s, arrays, cell_start, geography, venues, seed, stays, rides):
    """Write the stays and rides of a range of persons on one day; return (stays, rides).

    stays : int64, shape (S, 4) — person number, place, from_s, until_s
    rides : int64, shape (R, 5) — person number, ride, line or direction, from_s, until_s
    """
    cell_city, city_cell = geography
    plan = np.empty((MAX_STAYS, 3), np.int64)
    weekday = (day + 3) % 7
    c = np.searchsorted(cell_start, begin, side="right") - 1
    n, m = 0, 0
    for p in range(begin, end):
        while p >= cell_start[c + 1]:
            c += 1
        person = _person(p, c, arrays, cell_city)
        k, leave, back, ride = plan_day(plan, p, weekday, day, person, c, venues, city_cell, seed)
        for i in range(k):
            stays[n, 0], stays[n, 1] = p + 1, plan[i, 0]
            stays[n, 2], stays[n, 3] = midnight_s + 60 * plan[i, 1], midnight_s + 60 * plan[i, 2]
            n += 1
        if ride >= 0:
            minutes = 18 if ride == RIDE_METRO else 120
            line = c // 25 if ride == RIDE_METRO else below(key_of(seed, p, 300000 + day), 6)
            for start in (leave, back):
                rides[m, 0], rides[m, 1], rides[m, 2] = p + 1, ride, line
                rides[m, 3] = midnight_s + 60 * start
                rides[m, 4] = midnight_s + 60 * (start + minutes)
                m += 1
    return n, m
