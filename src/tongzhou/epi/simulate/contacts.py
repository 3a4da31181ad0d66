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

from tongzhou.epi.simulate.hashing import INNER, advance, below, jump, key_of, unit

HOUSEHOLD, SCHOOL, WORK, NEIGHBOURHOOD, CITY, TRAVEL, CARE_HOME, INTRODUCED = range(8)
_UNIVERSITY, _SCHOOL_STAFF, _CARE_STAFF = 5, 7, 9
_TRIES = 16
_SITE = 41


@njit(**INNER)
def weigh_layers(shape, role, team, weights):
    """Return (household, day layer, community, kind of the day layer) weights of a person.

    shape, role, team : of the person, as `Population` has them (`shape` is `home`)
    weights : float64, shape (4,) — household, school, work, community
    """
    household = weights[0] if shape >> 4 > 1 else 0.0
    day, kind = 0.0, WORK
    if team >= 0:
        if role <= _UNIVERSITY or role == _SCHOOL_STAFF:
            kind = SCHOOL
        elif role >= _CARE_STAFF:
            kind = CARE_HOME
        day = weights[1] if kind == SCHOOL else weights[2]
    return household, day, weights[3], kind


@njit(**INNER)
def site_place(first_member, seed):
    """Return the place in 0..1 of a site among all by contact; a site is known by its first place in `member`."""
    return unit(key_of(seed, first_member, _SITE))


@njit(**INNER)
def aim_contact(p, cell, choice, weighed, shares, shape, ranges, layout, state):
    """Return (person, layer, part) of one contact; -1 - place in `member` instead of a person of a team or site.

    choice : float in [0, 1) — which layer; shares : tuple — own team, neighbourhood, own city
    ranges : int64, shape (4,) — ranges of `member` of the person's team and site; part : 0 team, 2 site
    layout : tuple — home, role, team, team_ranges, member, cell_start, cell_city, city_start, flows; a row of
        `team_ranges` holds `ranges` of a team
    """
    _, _, _, _, _, cell_start, cell_city, city_start, flows = layout
    household, day, community, kind = weighed
    left = choice * (household + day + community)
    if left < household:
        size, place = shape >> 4, shape & 15
        return p - place + (place + 1 + below(state, size - 1)) % size, HOUSEHOLD, 0
    left -= household
    if left < day:
        part = 0 if left < day * shares[0] else 2
        return -1 - (ranges[part] + below(state, ranges[part + 1] - ranges[part])), kind, part
    if community <= 0.0:
        return p, HOUSEHOLD, 0
    place_of = (left - day) / community
    if place_of < shares[1]:
        return cell_start[cell] + below(state, cell_start[cell + 1] - cell_start[cell]), NEIGHBOURHOOD, 0
    city, layer = cell_city[cell], CITY
    if place_of >= shares[1] + shares[2] and flows.shape[0] > 1:
        v, layer, other = unit(advance(state)), TRAVEL, 0
        while other < flows.shape[1] - 1 and v >= flows[city, other]:
            other += 1
        city = other
    return city_start[city] + below(state, city_start[city + 1] - city_start[city]), layer, 0


@njit(**INNER)
def find_member(p, low, high, member, state):
    """Return a member of a range other than `p`; `p` when it is alone."""
    if high - low < 2:
        return p
    for _ in range(_TRIES):
        q = member[low + below(state, high - low)]
        if q != p:
            return q
        state = advance(state)
    return member[low] if member[low] != p else member[high - 1]


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
    home, role, team, team_ranges, member = layout[0], layout[1], layout[2], layout[3], layout[4]
    for k in range(len(persons)):
        p = persons[k]
        weighed = weigh_layers(home[p], role[p], team[p], weights)
        total = weighed[0] + weighed[1] + weighed[2]
        if total == 0.0:
            continue
        state = states[k]
        for _ in range(n_draws):
            u = unit(state)
            state = advance(state)
            ranges = team_ranges[max(team[p], 0)]
            q, layer, part = aim_contact(p, cells[k], u, weighed, shares, home[p], ranges, layout, state)
            if q < 0:
                q = find_member(p, ranges[part], ranges[part + 1], member, state)
            state = jump(state, 2 + _TRIES)
            if q != p:
                bin_of = pair_bin(_pair_weight(p, layer, weighed, shares, layout))
                matrix[bin_of, group_of[age[p]], group_of[age[q]]] += total / n_draws


@njit(**INNER)
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
