# mypy: disable-error-code="no-untyped-def"
"""Finding and quarantining the contacts of reported cases. Owns the kernel of `simulate.orders`."""

from __future__ import annotations

import numpy as np
from numba import njit

from tongzhou.epi.simulate.contacts import count_poisson, weigh_layers
from tongzhou.epi.simulate.course import TICKS
from tongzhou.epi.simulate.hashing import advance, below, key_of, unit
from tongzhou.epi.simulate.kernels import find_range

_PURPOSE, _CIRCLE, _TEST = 900, 9000, 90_000
_ONES = np.ones(4)


@njit(cache=True, nogil=True)
def _order(m, start, length, quarantine, change, out, n):
    """Put a person under quarantine from day `start`; return the number ordered."""
    quarantine_from, quarantine_until = quarantine
    by_area, cell_start, cell_area = change
    last = by_area.shape[1] - 1
    of_area = by_area[cell_area[find_range(cell_start, m)]]
    if quarantine_from[m] != 0 and start < quarantine_until[m]:
        if start + length > quarantine_until[m]:
            of_area[min(quarantine_until[m], last)] += 1
            quarantine_until[m] = start + length
            of_area[min(start + length, last)] -= 1
        return n
    quarantine_from[m] = start + 1
    quarantine_until[m] = start + length
    of_area[min(start, last)] += 1
    of_area[min(start + length, last)] -= 1
    if n < len(out):
        out[n] = m
        n += 1
    return n


@njit(cache=True, nogil=True)
def _order_household(p, day, start, length, share, home, quarantine, change, seed, out, n):
    """Order the household of a person."""
    size, place = home[p] >> 4, home[p] & 15
    for k in range(size):
        m = p - place + k
        if m != p and unit(key_of(seed, m, _PURPOSE + day)) < share:
            n = _order(m, start, length, quarantine, change, out, n)
    return n


@njit(cache=True, nogil=True)
def _order_circle(p, day, start, length, circle, cell_start, quarantine, change, seed, out, n):
    """Order a Poisson number of the neighbours of a person."""
    cell = find_range(cell_start, p)
    low, high = cell_start[cell], cell_start[cell + 1]
    many, state = count_poisson(circle, key_of(seed, p, _CIRCLE + day))
    for _ in range(many):
        m = low + below(state, high - low)
        state = advance(state)
        if m != p:
            n = _order(m, start, length, quarantine, change, out, n)
    return n


@njit(cache=True, nogil=True)
def trace_cases(
    cases,
    day,
    start,
    length,
    coverage,
    circle,
    degrees,
    is_backward,
    layout,
    links,
    quarantine,
    change,
    seed,
    out,
):
    """Order the contacts of cases into quarantine; return how many were newly ordered.

    coverage : float64, shape (8,) — share of contacts found by layer
    circle : float, persons — neighbours of a case who are ordered as well, beside those above
    links : tuple — infector, layer of the infection, first child, next sibling; by person, numbers from 1, 0 none
    change : tuple — change of the persons in quarantine, float64, shape (A, n_days + 1), by the area where they live;
        first persons of cells; areas of cells
    out : int64 — gets the persons newly ordered; -1 - person for contacts of contacts
    """
    home, role, team, team_ranges, member, cell_start = layout[:6]
    infector, layer_of, first_child, next_sibling = links
    n = 0
    for i in range(len(cases)):
        p = cases[i]
        before = n
        n = _order_household(p, day, start, length, coverage[0], home, quarantine, change, seed, out, n)
        if team[p] >= 0:
            _, _, _, kind = weigh_layers(home[p], role[p], team[p], _ONES)
            share = coverage[kind]
            low, high = team_ranges[team[p], 0], team_ranges[team[p], 1]
            for k in range(low, high if share > 0.0 else low):
                m = member[k]
                if m != p and unit(key_of(seed, m, _PURPOSE + day)) < share:
                    n = _order(m, start, length, quarantine, change, out, n)
        child = first_child[p]
        while child != 0:
            m = child - 1
            if unit(key_of(seed, m, _PURPOSE + day)) < coverage[layer_of[m]]:
                n = _order(m, start, length, quarantine, change, out, n)
            child = next_sibling[m]
        if is_backward and infector[p] != 0:
            m = infector[p] - 1
            if unit(key_of(seed, m, _PURPOSE + day)) < coverage[layer_of[p]]:
                n = _order(m, start, length, quarantine, change, out, n)
        if circle > 0.0:
            n = _order_circle(p, day, start, length, circle, cell_start, quarantine, change, seed, out, n)
        if degrees > 1:
            first = n
            for k in range(before, first):
                n = _order_household(
                    out[k], day, start, length, coverage[0], home, quarantine, change, seed, out, n
                )
            for k in range(first, n):
                out[k] = -1 - out[k]
    return n


@njit(cache=True, nogil=True)
def test_contacts(persons, moments, courses, quarantine, test_days, sensitivity, positive, seed, out):
    """Write the day each infected person in quarantine is reported by a test there; -1 for never.

    moments : int64, ticks — of infection; courses : float64, shape (n, 2) — onset in days, 1 with symptoms
    quarantine : tuple — by person, first day + 1 and day of release
    test_days : int64, days after entering; the day after onset is one more for those who fall ill
    positive : float64, shape (2, K) — as `Disease.positive`
    """
    for k in range(len(persons)):
        p, onset = persons[k], courses[k, 0]
        entered, until = quarantine[0][p] - 1, quarantine[1][p]
        first = until
        for j in range(len(test_days) + 1):
            day = entered + test_days[j] if j < len(test_days) else int(onset) + 1
            if j == len(test_days) and (courses[k, 1] == 0.0 or day < entered):
                continue
            since = day + 0.5 - onset
            is_inside = positive[0, 0] <= since <= positive[0, -1] and (day + 0.5) * TICKS >= moments[k]
            if day < first and is_inside:
                share = sensitivity * np.interp(since, positive[0], positive[1])
                if unit(key_of(seed, p, _TEST + day)) < share:
                    first = day
        out[k] = first + 1 if first < until else -1


@njit(cache=True, nogil=True)
def _unlink(p, i, first_child, next_sibling):
    """Take a person infected again out of the children of the infector of before."""
    at = first_child[i]
    if at == p + 1:
        first_child[i] = next_sibling[p]
    while at != 0:
        after = next_sibling[at - 1]
        if after == p + 1:
            next_sibling[at - 1] = next_sibling[p]
        at = after


@njit(cache=True, nogil=True)
def link_infections(persons, infectors, layers, links):
    """Record who infected whom last; `infectors` are -1 for infections from outside."""
    infector, layer_of, first_child, next_sibling = links
    for k in range(len(persons)):
        p, i = persons[k], infectors[k]
        if infector[p] != 0:
            _unlink(p, infector[p] - 1, first_child, next_sibling)
        layer_of[p] = layers[k]
        infector[p] = i + 1
        if i >= 0:
            next_sibling[p] = first_child[i]
            first_child[i] = p + 1
