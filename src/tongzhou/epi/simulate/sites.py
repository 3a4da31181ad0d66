# mypy: disable-error-code="no-untyped-def"
"""Where people spend the day: classes and schools, teams and workplaces, wards and care homes.

Owns the kernels that assign every pupil, worker and resident a team, and teams to sites. Persons keep one
number (their team); the members of a team and the teams of a site are contiguous ranges.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from tongzhou.epi.simulate.hashing import advance, below, key_of, unit

NONE, KINDERGARTEN, PRIMARY, JUNIOR, SENIOR, UNIVERSITY, WORKER, SCHOOL_STAFF, HEALTH_STAFF, CARE_STAFF = (
    range(10)
)
CARE_RESIDENT = 10
SHOP, RESTAURANT, LEISURE, FIRM, HOSPITAL, CLINIC, CARE_HOME = 20, 21, 22, 23, 24, 25, 26


@njit(cache=True, nogil=True)
def draw_roles(begin, end, age, role, levels, work_from, work_rate, staff_shares, seed):
    """Give each person of a range a role by age.

    levels : float64, shape (5, 3) — entry age, end age, share enrolled of the five school levels
    staff_shares : float64, shape (3,) — of workers in schools, health care, care homes
    """
    for p in range(begin, end):
        if role[p] == CARE_RESIDENT:
            continue
        state = key_of(seed, p, 11)
        u = unit(state)
        a = age[p]
        chosen = NONE
        for k in range(levels.shape[0]):
            if levels[k, 0] <= a < levels[k, 1] and u < levels[k, 2]:
                chosen = k + 1
        if chosen == NONE:
            rate = 0.0
            for k in range(len(work_from)):
                if a >= work_from[k]:
                    rate = work_rate[k]
            if 18 <= a < 22:
                rate = min(1.0, rate / (1.0 - levels[4, 2]))
            state = advance(state)
            if unit(state) < rate:
                state = advance(state)
                v = unit(state)
                chosen = WORKER
                for k in range(3):
                    if v < staff_shares[k]:
                        chosen = SCHOOL_STAFF + k
                        break
                    v -= staff_shares[k]
        role[p] = chosen


@njit(cache=True, nogil=True)
def list_role(begin, end, role, wanted, out):
    """Write the persons of a range with a role to `out`; return how many."""
    n = 0
    for p in range(begin, end):
        if role[p] == wanted:
            out[n] = p
            n += 1
    return n


@njit(cache=True, nogil=True)
def _cell_of(person, cell_start):
    return np.searchsorted(cell_start, person, side="right") - 1


@njit(cache=True, nogil=True)
def group_pupils(pupils, age, size, tables, at, team):
    """Split pupils (in order of home) into schools of about `size[0]`, and these into classes of `size[1]`.

    tables : tuple — site_first_team, site_kind, site_cell, cell_start
    at : int64, shape (2,) — teams and sites made so far, advanced
    """
    site_first_team, site_kind, site_cell, cell_start = tables
    n = len(pupils)
    n_schools = max(1, round(n / size[0])) if n > 0 else 0
    for s in range(n_schools):
        some = pupils[s * n // n_schools : (s + 1) * n // n_schools]
        site_first_team[at[1]] = at[0]
        site_kind[at[1]] = size[2]
        site_cell[at[1]] = _cell_of(some[len(some) // 2], cell_start)
        order = np.argsort(age[some], kind="mergesort")
        k = 0
        while k < len(some):
            stop = k
            while stop < len(some) and age[some[order[stop]]] == age[some[order[k]]]:
                stop += 1
            n_classes = max(1, round((stop - k) / size[1]))
            for i in range(k, stop):
                team[some[order[i]]] = at[0] + (i - k) * n_classes // (stop - k)
            at[0] += n_classes
            k = stop
        at[1] += 1


@njit(cache=True, nogil=True)
def join_teams(persons, first_team, last_team, team):
    """Spread staff evenly over existing teams."""
    n, m = len(persons), last_team - first_team
    for k in range(n if m > 0 else 0):
        team[persons[k]] = first_team + k * m // n


@njit(cache=True, nogil=True)
def group_even(persons, size, tables, at, team):
    """Split persons into sites of about `size[0]` and teams of about `size[1]`, in order of home."""
    site_first_team, site_kind, site_cell, cell_start = tables
    n = len(persons)
    n_sites = max(1, round(n / size[0])) if n > 0 else 0
    for s in range(n_sites):
        low, high = s * n // n_sites, (s + 1) * n // n_sites
        site_first_team[at[1]] = at[0]
        site_kind[at[1]] = size[2]
        site_cell[at[1]] = _cell_of(persons[(low + high) // 2], cell_start)
        n_teams = max(1, round((high - low) / size[1]))
        for i in range(low, high):
            team[persons[i]] = at[0] + (i - low) * n_teams // (high - low)
        at[0] += n_teams
        at[1] += 1


@njit(cache=True, nogil=True)
def _draw_cell(p, c, city, n_cells_before, city_cell, travel, flows, seed):
    """Return the cell where person `p` of cell `c` works."""
    state = key_of(seed, p, 13)
    u = unit(state)
    state = advance(state)
    v = unit(state)
    first, last = city_cell[city], city_cell[city + 1]
    if u < travel[0]:
        return c
    if u < travel[0] + travel[1]:
        reach = max(1.0, (last - first) * 0.5)
        step = int(reach ** unit(advance(state)))
        found = c + step if v < 0.5 else c - step
        return found if first <= found < last else c
    if u > 1.0 - travel[2] and flows.shape[0] > 1:
        other = 0
        while other < flows.shape[1] - 1 and v >= flows[city, other]:
            other += 1
        first, last = city_cell[other], city_cell[other + 1]
        v = unit(advance(state))
    return first + int(v * (last - first))


@njit(cache=True, nogil=True)
def draw_work_cells(begin, end, role, cell_start, cell_city, city_cell, travel, flows, seed, out):
    """Write the cell where each worker of a range of persons works; -1 for who is no worker."""
    c = _cell_of(begin, cell_start)
    for p in range(begin, end):
        while p >= cell_start[c + 1]:
            c += 1
        out[p - begin] = -1
        if role[p] == WORKER:
            out[p - begin] = _draw_cell(p, c, cell_city[c], 0, city_cell, travel, flows, seed)


@njit(cache=True, nogil=True)
def sort_by_cell(work_cell, n_cells, start, out):
    """Sort persons by their work cell (counting sort); `start` gets the ranges."""
    start[:] = 0
    for p in range(len(work_cell)):
        if work_cell[p] >= 0:
            start[work_cell[p] + 1] += 1
    for c in range(n_cells):
        start[c + 1] += start[c]
    head = start[:-1].copy()
    for p in range(len(work_cell)):
        c = work_cell[p]
        if c >= 0:
            out[head[c]] = p
            head[c] += 1


@njit(cache=True, nogil=True)
def _draw_size(state, sizes):
    """Draw a workplace size so that classes hold their shares of employment."""
    low, high, cdf = sizes
    u = unit(state)
    k = 0
    while k < len(cdf) - 1 and u >= cdf[k]:
        k += 1
    return int(low[k] + unit(advance(state)) * (high[k] - low[k]))


@njit(cache=True, nogil=True)
def group_workers(workers, start, cell_persons, sizes, venues, team_size, tables, at, team, seed):
    """Split the workers of each cell into firms and teams; small ones first, as shops and restaurants.

    sizes : tuple — bounds and cumulative share of workplaces of the size classes
    venues : float64, shape (3,) — persons to one shop, restaurant, leisure venue
    """
    site_first_team, site_kind, site_cell, _ = tables
    owed = np.zeros(3)
    for c in range(len(start) - 1):
        some = workers[start[c] : start[c + 1]]
        state = key_of(seed, c, 17)
        for i in range(len(some) - 1, 0, -1):
            state = advance(state)
            j = below(state, i + 1)
            some[i], some[j] = some[j], some[i]
        owed += cell_persons[c] / venues
        i = 0
        while i < len(some):
            kind = FIRM
            for v in range(3):
                if owed[v] >= 1.0:
                    kind = SHOP + v
            state = advance(state)
            if kind == FIRM:
                state = advance(state)
                size = _draw_size(state, sizes)
            else:
                owed[kind - SHOP] -= 1.0
                size = 3 + below(state, 8)
            size = min(size, len(some) - i)
            site_first_team[at[1]] = at[0]
            site_kind[at[1]] = kind
            site_cell[at[1]] = c
            n_teams = max(1, round(size / team_size))
            for k in range(size):
                team[some[i + k]] = at[0] + k * n_teams // size
            at[0] += n_teams
            at[1] += 1
            i += size


@njit(cache=True, nogil=True)
def list_members(team, n_teams, start, members):
    """List the members of every team (counting sort by team, so by person within a team)."""
    start[:] = 0
    for p in range(len(team)):
        if team[p] >= 0:
            start[team[p] + 1] += 1
    for t in range(n_teams):
        start[t + 1] += start[t]
    for p in range(len(team)):
        t = team[p]
        if t >= 0:
            members[start[t]] = p
            start[t] += 1
    for t in range(n_teams, 0, -1):
        start[t] = start[t - 1]
    start[0] = 0
