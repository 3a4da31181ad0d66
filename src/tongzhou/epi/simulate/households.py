# mypy: disable-error-code="no-untyped-def"
"""Persons of one cell: ages that meet the marginals exactly, sorted into households that look like families.

Owns the kernel. A cell is some thousand neighbours; cells are independent, so that threads never meet.

Notes
-----
Ages are a systematic sample of the age distribution. Household sizes are drawn from theirs, the largest are
filled first: two parents, the children still to be placed, shared evenly, grandparents where three adults and
more live together; ages follow from the anchor of the household (spouse within 4 years, child about 27,
grandparent about 26 more) and take the nearest age still in the pool. O(persons).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from tongzhou.epi.simulate.hashing import advance, below, key_of, unit

N_AGES = 101
MAX_HOUSEHOLD = 15
_CHILD = 18
_OLD = 75
_SEX = 7
CARE_RESIDENT = 10
"""Number of the role in `simulate.population.Role`."""


@njit(cache=True, nogil=True, inline="always")
def _take_near(pool, wish, lowest):
    """Take the age nearest to `wish` (at least `lowest`) out of the pool; -1 when there is none."""
    wish = min(max(wish, lowest), N_AGES - 1)
    for step in range(N_AGES):
        up = wish + step
        if up < N_AGES and pool[up] > 0:
            pool[up] -= 1
            return up
        down = wish - step
        if down >= lowest and pool[down] > 0:
            pool[down] -= 1
            return down
    return -1


@njit(cache=True, nogil=True)
def _take_random(pool, lowest, highest, u):
    """Take an age from the pool between two bounds, each person alike; -1 when there is none."""
    total = 0
    for a in range(lowest, highest):
        total += pool[a]
    if total == 0:
        return -1
    target = int(u * total)
    for a in range(lowest, highest):
        target -= pool[a]
        if target < 0:
            pool[a] -= 1
            return a
    return -1


@njit(cache=True, nogil=True)
def _sample_ages(pool, n, age_cdf, u):
    """Fill the pool with a systematic sample of `n` ages."""
    a = 0
    for i in range(n):
        while a < N_AGES - 1 and (i + u) / n >= age_cdf[a]:
            a += 1
        pool[a] += 1


@njit(cache=True, nogil=True)
def _fill_rooms(age, sex, home, n_rooms_persons, pool, sizes, bounds, share_male, state):
    """Fill shared rooms of one sex with persons of working age; return the number placed."""
    placed = 0
    while placed < n_rooms_persons:
        state = advance(state)
        size = min(sizes[below(state, len(sizes))], n_rooms_persons - placed)
        state = advance(state)
        male = unit(state) < share_male
        for k in range(size):
            state = advance(state)
            a = _take_random(pool, bounds[0], bounds[1], unit(state))
            if a < 0:
                a = _take_random(pool, 0, N_AGES, unit(state))
            age[placed + k] = a
            sex[placed + k] = 1 if male else 0
            home[placed + k] = (size << 4) | k
        placed += size
    return placed


@njit(cache=True, nogil=True)
def _wished_age(place, anchor, n_children, size, state):
    """Return (wished age, lowest age) of the member at `place` of a family; `anchor` is a parent."""
    if place == 1 and size >= 2:
        return anchor + below(state, 5) + below(advance(state), 5) - 4, _CHILD
    wobble = below(state, 13) + below(advance(state), 13) - 12
    state = advance(advance(state))
    if place >= size - n_children:
        return min(anchor - 27 + wobble, _CHILD - 2), 0
    if anchor >= 45 and unit(state) < 0.5:
        return anchor - 26 + wobble, _CHILD
    return anchor + 26 + wobble, _CHILD


@njit(cache=True, nogil=True)
def _fill_families(age, sex, home, size_counts, pool, share_male, single_male, state):
    """Fill families from the largest down; `size_counts[s]` households of size s.

    share_male, single_male : share of males among children and further adults, and among those who live alone
    """
    at = 0
    roomy = 0
    for s in range(3, MAX_HOUSEHOLD + 1):
        roomy += size_counts[s] * (s - 2)
    for size in range(MAX_HOUSEHOLD, 0, -1):
        for _ in range(size_counts[size]):
            children = 0
            for a in range(_CHILD):
                children += pool[a]
            n_children = 0
            if size >= 3:
                state = advance(state)
                expected = children * (size - 2) / max(roomy, 1)
                n_children = min(int(expected + unit(state)), size - 1)
                roomy -= size - 2
            elif children > 0 and size == 2:
                state = advance(state)
                n_children = 1 if unit(state) < 0.05 else 0
            state = advance(state)
            lowest, highest = (24, 50) if n_children > 0 else (_CHILD, N_AGES)
            anchor = _take_random(pool, lowest, highest, unit(state))
            if anchor < 0:
                anchor = _take_random(pool, 0, N_AGES, unit(state))
            state = advance(state)
            first_male = unit(state) < (share_male if size > 1 else single_male)
            for k in range(size):
                state = advance(state)
                a = anchor
                if k > 0:
                    wish, floor = _wished_age(k, anchor, n_children, size, state)
                    if size == 2 and n_children == 1:
                        wish, floor = anchor - 27, 0
                    a = _take_near(pool, wish, floor)
                    if a < 0:
                        a = _take_near(pool, wish, 0)
                state = advance(state)
                age[at] = a
                # A draw of its own: those of the stream have gone into the ages.
                other_male = unit(key_of(state, at, _SEX)) < share_male
                sex[at] = first_male if k == 0 else (not first_male if k == 1 else other_male)
                home[at] = (size << 4) | k
                at += 1
    return at


@njit(cache=True, nogil=True)
def _count_sizes(n, size_cdf, state):
    """Draw household sizes until `n` persons are housed; return counts by size."""
    counts = np.zeros(MAX_HOUSEHOLD + 1, np.int64)
    left = n
    while left > 0:
        state = advance(state)
        u = unit(state)
        size = 1
        while size < len(size_cdf) and u >= size_cdf[size - 1]:
            size += 1
        size = min(size, left)
        counts[size] += 1
        left -= size
    return counts


@njit(cache=True, nogil=True)
def _single_male(size_counts, n_rooms, share_male):
    """Return the share of males in shared rooms and alone that gives the whole its share; couples are half male."""
    n_coupled = 0
    for size in range(2, len(size_counts)):
        n_coupled += 2 * size_counts[size]
    n_single = n_rooms + size_counts[1]
    return min(max(share_male + (share_male - 0.5) * n_coupled / max(n_single, 1), 0.0), 1.0)


@njit(cache=True, nogil=True)
def fill_cells(cells, cell_start, age_cdfs, cell_profile, tables, seed, persons):
    """Fill persons of the cells `cells` with age, sex, home shape (size << 4 | place in the home) and care.

    tables : tuple — distributions of household size, which of them each cell has, collective share by cell, room
        sizes, room ages, share male, care-home share of 75+
    persons : tuple — age, sex, home, role; role is set for residents of care homes only
    """
    size_cdfs, size_profile, collective_share, room_sizes, room_ages, share_male, care_share = tables
    age, sex, home, role = persons
    care_ages = np.array([_OLD, N_AGES])
    care_rooms = np.array([2])
    for c in cells:
        begin, end = cell_start[c], cell_start[c + 1]
        n = end - begin
        if n == 0:
            continue
        state = key_of(seed, c, 1)
        pool = np.zeros(N_AGES, np.int64)
        _sample_ages(pool, n, age_cdfs[cell_profile[c]], unit(state))
        n_rooms = int(n * collective_share[c] + unit(advance(state)))
        old = 0
        for a in range(_OLD, N_AGES):
            old += pool[a]
        n_care = int(old * care_share + unit(key_of(seed, c, 5)))
        counts = _count_sizes(n - n_rooms - n_care, size_cdfs[size_profile[c]], key_of(seed, c, 3))
        single_male = _single_male(counts, n_rooms, share_male)
        first = begin + _fill_rooms(
            age[begin:end], sex[begin:end], home[begin:end], n_rooms, pool, room_sizes, room_ages, single_male,
            key_of(seed, c, 2),
        )  # fmt: skip
        after = first + _fill_rooms(
            age[first:end], sex[first:end], home[first:end], n_care, pool, care_rooms, care_ages, share_male,
            key_of(seed, c, 6),
        )  # fmt: skip
        role[first:after] = CARE_RESIDENT
        _fill_families(
            age[after:end],
            sex[after:end],
            home[after:end],
            counts,
            pool,
            share_male,
            single_male,
            key_of(seed, c, 4),
        )
