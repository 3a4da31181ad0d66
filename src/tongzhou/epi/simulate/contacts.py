# mypy: disable-error-code="no-untyped-def"
"""Whom a person meets: the layers of contact of a population, and one contact drawn from them.

Owns the kernels that weigh a person's layers and pick the other person. A layer's weight is the infectious
contact it holds a day; within a layer every member is met alike.

References
----------
Mistry et al. (2021), Inferring high-resolution human mixing patterns for disease modeling, Nat Commun 12:323.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from tongzhou.epi.simulate.hashing import advance, below, jump, unit

HOUSEHOLD, SCHOOL, WORK, NEIGHBOURHOOD, CITY, TRAVEL, CARE_HOME, INTRODUCED = range(8)
_UNIVERSITY, _SCHOOL_STAFF, _CARE_STAFF = 5, 7, 9
_TRIES = 4
PICK_DRAWS = 5
"""Numbers of a stream that one pick may use."""


@njit(cache=True, nogil=True, forceinline=True)
def weigh_layers(p, layout, weights):
    """Return (household, day layer, community, kind of the day layer) weights of one person.

    layout : tuple — home, role, team, team_ranges, member, cell_start, cell_city, city_start, flows; a row of
        `team_ranges` holds the ranges of `member` of the team and of its site
    weights : float64, shape (4,) — household, school, work, community
    """
    home, role, team = layout[0], layout[1], layout[2]
    household = weights[0] if home[p] >> 4 > 1 else 0.0
    day, kind = 0.0, WORK
    if team[p] >= 0:
        if role[p] <= _UNIVERSITY or role[p] == _SCHOOL_STAFF:
            kind = SCHOOL
        elif role[p] >= _CARE_STAFF:
            kind = CARE_HOME
        day = weights[1] if kind == SCHOOL else weights[2]
    return household, day, weights[3], kind


@njit(cache=True, nogil=True, forceinline=True)
def _pick_member(p, low, high, member, state):
    """Return a member of a range of teams other than `p`; `p` when it is alone."""
    if high - low < 2:
        return p
    for _ in range(_TRIES):
        q = member[low + below(state, high - low)]
        if q != p:
            return q
        state = advance(state)
    q = member[low]
    return q if q != p else member[high - 1]


@njit(cache=True, nogil=True, forceinline=True)
def pick_contact(p, cell, choice, weighed, shares, layout, state):
    """Return (other person, layer) of one contact; the person itself when there is nobody.

    choice : float in [0, 1) — which layer; shares : tuple — own team, neighbourhood, own city
    """
    home, _, team, team_ranges, member, cell_start, cell_city, city_start, flows = layout
    household, day, community, kind = weighed
    left = choice * (household + day + community)
    if left < household:
        size, place = home[p] >> 4, home[p] & 15
        return p - place + (place + 1 + below(state, size - 1)) % size, HOUSEHOLD
    left -= household
    if left < day:
        k = 0 if left < day * shares[0] else 2
        return _pick_member(p, team_ranges[team[p], k], team_ranges[team[p], k + 1], member, state), kind
    part = (left - day) / community
    if part < shares[1]:
        return cell_start[cell] + below(state, cell_start[cell + 1] - cell_start[cell]), NEIGHBOURHOOD
    city, layer = cell_city[cell], CITY
    if part >= shares[1] + shares[2] and flows.shape[0] > 1:
        v, layer, other = unit(state), TRAVEL, 0
        state = advance(state)
        while other < flows.shape[1] - 1 and v >= flows[city, other]:
            other += 1
        city = other
    return city_start[city] + below(state, city_start[city + 1] - city_start[city]), layer


N_PAIR_BINS = 40


@njit(cache=True, nogil=True)
def pair_bin(weight):
    """Return the bin of the contact of a pair: 0 for next to none, then quarters of powers of two from 1/64."""
    if weight < 1.0 / 64:
        return 0
    return min(1 + int(4.0 * (np.log2(weight) + 6.0)), N_PAIR_BINS - 1)


@njit(cache=True, nogil=True)
def _pair_weight(p, layer, weighed, shares, layout):
    """Return the contact of one pair in a layer: its weight shared by the others in it; 0 beyond home and team."""
    home, _, team, team_ranges = layout[0], layout[1], layout[2], layout[3]
    if layer == HOUSEHOLD:
        return weighed[0] / ((home[p] >> 4) - 1)
    if layer in (SCHOOL, WORK, CARE_HOME):
        t = team[p]
        in_team = max(team_ranges[t, 1] - team_ranges[t, 0] - 1, 1)
        in_site = max(team_ranges[t, 3] - team_ranges[t, 2] - 1, 1)
        return weighed[1] * (shares[0] / in_team + (1.0 - shares[0]) / in_site)
    return 0.0


@njit(cache=True, nogil=True)
def sum_contacts(persons, cells, age, group_of, layout, weights, shares, n_draws, states, matrix):
    """Add the contacts of sampled persons to `matrix`, by `pair_bin` of the pair and age groups of both."""
    for k in range(len(persons)):
        p = persons[k]
        weighed = weigh_layers(p, layout, weights)
        total = weighed[0] + weighed[1] + weighed[2]
        state = states[k]
        for _ in range(n_draws):
            u = unit(state)
            state = advance(state)
            q, layer = pick_contact(p, cells[k], u, weighed, shares, layout, state)
            state = jump(state, PICK_DRAWS)
            if q != p:
                bin_of = pair_bin(_pair_weight(p, layer, weighed, shares, layout))
                matrix[bin_of, group_of[age[p]], group_of[age[q]]] += total / n_draws


@njit(cache=True, nogil=True, forceinline=True)
def count_poisson(mean, state):
    """Return a Poisson number by inversion, in parts of at most 30."""
    total = 0
    while mean > 0.0:
        part = min(mean, 30.0)
        mean -= part
        u = unit(state)
        state = advance(state)
        term = np.exp(-part)
        cumulated, k = term, 0
        while u > cumulated and k < 200:
            k += 1
            term *= part / k
            cumulated += term
        total += k
    return total, state
