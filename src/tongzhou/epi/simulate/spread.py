# mypy: disable-error-code="no-untyped-def"
"""The kernel that draws the course and the future contacts of the new cases of a shard.

Owns nothing. Works in batches and in steps (gather persons, gather teams, draw, resolve, queue), so that the
random reads of a step do not wait for each other: in a large population they are most of the work.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from tongzhou.epi.simulate.contacts import (
    HOUSEHOLD,
    aim_contact,
    count_poisson,
    find_member,
    site_place,
    weigh_layers,
)
from tongzhou.epi.simulate.course import NEVER, TICKS, draw_course, quantile, share_below
from tongzhou.epi.simulate.hashing import INNER, OUTER, advance, two_units, unit
from tongzhou.epi.simulate.kernels import (
    LAYER_BITS,
    RESERVE,
    TICK_BITS,
    add_contact,
    find_range,
    pack,
    unpack,
    vaccine_place,
)

_BATCH = 512
_ROOM = 8192


def make_desk(worker: int) -> tuple[Any, ...]:
    """Return the number and the scratch arrays of a worker."""
    who, ranges = np.empty((_BATCH, 6), np.int64), np.empty((_BATCH, 4), np.int64)
    return worker, who, ranges, np.empty((_ROOM, 4), np.int64), np.empty(_ROOM, np.uint64)


@njit(**INNER)
def _tally(counts, first, second, series, day, n_days, sign):
    """Add one event of a day to the series of an area and of an age group."""
    if 0.0 <= day < n_days:
        counts[0][first, series, int(day)] += sign
        counts[1][second, series, int(day)] += sign


@njit(**INNER)
def _tally_course(counts, area, group, start, course, n_days, counts_cases):
    """Add a course to the daily series."""
    onset, _, has_symptoms, report, admission, icu_day, discharge, death, _, _ = course
    _tally(counts, area, group, 0, start, n_days, 1)
    if has_symptoms:
        _tally(counts, area, group, 1, onset, n_days, 1)
    if report < NEVER and counts_cases:
        _tally(counts, area, group, 2, report, n_days, 1)
    if admission < NEVER:
        _tally(counts, area, group, 3, admission, n_days, 1)
        _tally(counts, area, group, 6, admission, n_days, 1)
        _tally(counts, area, group, 6, discharge, n_days, -1)
    if icu_day < NEVER:
        _tally(counts, area, group, 4, icu_day, n_days, 1)
        _tally(counts, area, group, 7, icu_day, n_days, 1)
        _tally(counts, area, group, 7, discharge, n_days, -1)
    if death < NEVER:
        _tally(counts, area, group, 5, death, n_days, 1)


@njit(**INNER)
def _gather(new, first, last, base, person_bits, age, layout, who, ranges):
    """Read what is known of a batch of new cases: person, moment, age, home, role, team, ranges of the team."""
    home, role, team, team_ranges = layout[0], layout[1], layout[2], layout[3]
    for k in range(last - first):
        local, tick, _, _ = unpack(new[first + k], person_bits)
        who[k, 0], who[k, 1] = base + local, tick
    for k in range(last - first):
        p = who[k, 0]
        who[k, 2], who[k, 3], who[k, 4], who[k, 5] = age[p], home[p], role[p], team[p]
    for k in range(last - first):
        t = who[k, 5]
        for j in range(4):
            ranges[k, j] = team_ranges[t, j] if t >= 0 else 0


@njit(**INNER)
def _queue_contacts(n, aims, states, who, ranges, member, codes, n_slots, worker, queue):
    """Find whom the drawn contacts meet, and queue them."""
    _, shard_bits, person_bits = codes
    mask = (1 << shard_bits) - 1
    for e in range(n):
        if aims[e, 0] < 0:
            aims[e, 0] = -1 - member[-1 - aims[e, 0]]
    for e in range(n):
        k, on = aims[e, 1], aims[e, 2] // TICKS
        p, layer = who[k, 0], aims[e, 3] & 7
        q = aims[e, 0]
        if q < 0:
            q = -1 - q
            if q == p:
                part = aims[e, 3] >> LAYER_BITS
                q = find_member(p, ranges[k, part], ranges[k, part + 1], member, states[e])
        if q != p:
            contact = pack(q & mask, aims[e, 2] - on * TICKS, p, layer, person_bits)
            add_contact(contact, on % n_slots, q >> shard_bits, worker, queue)


@njit(**INNER)
def _severe_kept(p, years, is_again, rules, seed):
    """Return the share of severe outcomes that vaccination and an infection before leave."""
    unprotected, severity_again = rules
    kept = severity_again if is_again else 1.0
    if unprotected.shape[1] > 1:
        kept *= unprotected[years, vaccine_place(p, unprotected.shape[1], seed)]
    return kept


@njit(**INNER)
def _weigh(person, ranges, weights, places):
    """Return the weights of the layers of a person; the day layer by the contact of the site."""
    by_site, site_seed = places
    household, day, community, kind = weigh_layers(person[3], person[4], person[5], weights)
    if len(by_site) > 1 and person[5] >= 0:
        day *= quantile(by_site, site_place(ranges[2], site_seed))
    return household, day, community, kind


@njit(**OUTER)
def spread_shard(  # noqa: PLR0915 — one pass over the cases, in registers
    shard,
    day,
    begin,
    new,
    again,
    codes,
    queue,
    persons,
    layout,
    disease,
    tables,
    rules,
    places,
    isolation,
    counts,
    seed,
    desk,
):
    """Draw the course and the future contacts of the new cases of a shard, from number `begin` on.

    new : int64 — infecting contacts of the day, sorted by person; again : uint8 — which are further infections,
        empty when none is
    codes : tuple — slot, shard bits, person bits; persons : tuple — age, cell_area, age_group
    disease : tuple — scale, layer weights, shares, transmission, infectious days and their mean, start, minimum
        latency, relative infectiousness without symptoms
    rules : tuple — share of severe outcomes that vaccination leaves by age and place, that a further infection has
    places : tuple — quantiles of contact by site, seed of the sites
    isolation : tuple — adherence, delay, at home, reporting, whether reports act and count at once, n_days,
        length
    counts : tuple — by area and by age group; report days of the new cases (day + 1, 0 for never)
    desk : tuple — number of the worker and its scratch arrays, as `make_desk` makes them

    Returns
    -------
    int
        The number of the first case that was not taken for want of free blocks; ``len(new)`` when all were.
    """
    _, shard_bits, person_bits = codes
    age, cell_area, age_group = persons
    scale, weights, shares, transmission, infectious_days, mean_days, starts, min_latent, relative = disease
    adherence, delay, at_home, reporting, is_at_once, n_days, length = isolation
    n_free, bump, bump_end, n_slots = queue[4], queue[5], queue[6], queue[2].shape[1]
    member, cell_start = layout[4], layout[5]
    base = shard << shard_bits
    if begin >= len(new):
        return begin
    worker, who, ranges, aims, states = desk
    room = len(aims)
    cell = find_range(cell_start, base + (new[begin] >> (person_bits + TICK_BITS + LAYER_BITS)))
    for first in range(begin, len(new), _BATCH):
        last, n_aims = min(first + _BATCH, len(new)), 0
        if n_free[worker] + bump_end[worker] - bump[worker] < RESERVE:
            return first
        _gather(new, first, last, base, person_bits, age, layout, who, ranges)
        for k in range(last - first):
            p, years = who[k, 0], who[k, 2]
            while p >= cell_start[cell + 1]:
                cell += 1
            moment = day * TICKS + who[k, 1]
            start = moment / TICKS
            severe_kept = _severe_kept(p, years, len(again) > 0 and again[first + k] > 0, rules, seed)
            course = draw_course(p, moment, years, severe_kept, tables, reporting, seed)
            onset, individual, symptoms, report, admission = (
                course[0],
                course[1],
                course[2],
                course[3],
                course[4],
            )
            _tally_course(counts, cell_area[cell], age_group[years], start, course, n_days, is_at_once)
            counts[2][first + k] = int(min(report, 60000.0)) + 1 if report < NEVER else 0
            isolated = report + delay if is_at_once else NEVER
            weighed = _weigh(who[k], ranges[k], weights, places)
            mean = scale * individual * (weighed[0] + weighed[1] + weighed[2])
            if not symptoms:
                mean *= relative
            state, latent_until = course[8], course[9] + min_latent
            period, since = 0.0, max(onset + starts, latent_until)
            if len(infectious_days) > 1:
                period = quantile(infectious_days, unit(state))
                mean *= period / mean_days
                state = advance(state)
            # Nobody infects before the latent period: moments are drawn from what is left of the profile.
            early = share_below(transmission, latent_until - onset) if period == 0.0 else 0.0
            n, state = count_poisson(mean, state)
            for _ in range(n):
                u, choice = two_units(state)
                state = advance(state)
                at = (
                    since + u * period
                    if period > 0.0
                    else max(onset + quantile(transmission, early + u * (1.0 - early)), latent_until)
                )
                if at < start or at >= n_days or at >= admission:
                    continue
                q, layer, part = aim_contact(
                    p, cell, choice, weighed, shares, who[k, 3], ranges[k], layout, state
                )
                state = advance(advance(state))
                if (
                    isolated <= at < isolated + length
                    and (layer != HOUSEHOLD or not at_home)
                    and unit(state) < adherence
                ):
                    continue
                state = advance(state)
                if n_aims == room:
                    _queue_contacts(n_aims, aims, states, who, ranges, member, codes, n_slots, worker, queue)
                    n_aims = 0
                aims[n_aims, 0], aims[n_aims, 1], aims[n_aims, 2] = q, k, int(at * TICKS)
                aims[n_aims, 3], states[n_aims] = (part << LAYER_BITS) | layer, state
                n_aims += 1
        _queue_contacts(n_aims, aims, states, who, ranges, member, codes, n_slots, worker, queue)
    return len(new)
