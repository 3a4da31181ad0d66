# mypy: disable-error-code="no-untyped-def"
"""The two kernels of the engine: which contacts of a day infect, and what contacts a new case will have.

Owns the queue of future contacts. A contact is one int64: target within its shard, moment within its day,
infector, layer. Contacts wait in chains of blocks, one chain for each worker, day and shard, so that workers
never write to the same place.

Notes
-----
Only contacts that would infect somebody fully susceptible in a world without measures are drawn; measures,
immunity, age and vaccination keep a share of them when their moment comes (thinning of a Poisson process).
Whether a contact is kept is a function of the contact alone, and of several contacts with one person on one day
the earliest infects: outcomes do not depend on the order of the queue, hence not on threads or shards.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from tongzhou.epi.simulate.contacts import (
    HOUSEHOLD,
    INTRODUCED,
    PICK_DRAWS,
    count_poisson,
    pick_contact,
    weigh_layers,
)
from tongzhou.epi.simulate.course import NEVER, TICKS, draw_course, quantile
from tongzhou.epi.simulate.hashing import advance, jump, key_of, unit

BLOCK = 128
RESERVE = 4096
"""Free blocks a worker must have before it takes the next case."""
TICK_BITS, LAYER_BITS = 6, 3
SERIES = ("infections", "onsets", "cases", "admissions", "icu", "deaths", "bed_change", "icu_change")
_VACCINE = 77


@njit(cache=True, nogil=True, forceinline=True)
def pack(local, tick, infector, layer, person_bits):
    """Return a contact as one number; numbers sort by target, moment, infector."""
    return (((local << TICK_BITS | tick) << person_bits | infector) << LAYER_BITS) | layer


@njit(cache=True, nogil=True, forceinline=True)
def unpack(contact, person_bits):
    """Return (local target, tick, infector, layer) of a contact."""
    layer = contact & 7
    rest = contact >> LAYER_BITS
    infector = rest & ((1 << person_bits) - 1)
    rest >>= person_bits
    return rest >> TICK_BITS, rest & (TICKS - 1), infector, layer


@njit(cache=True, nogil=True, forceinline=True)
def add_contact(contact, slot, shard, worker, queue):
    """Append a contact to a chain; False when no block is free."""
    events, next_block, chains, free, n_free, bump, bump_end = queue
    n = chains[worker, slot, shard, 1]
    at = n % BLOCK
    if at == 0:
        if n_free[worker] > 0:
            n_free[worker] -= 1
            block = free[worker, n_free[worker]]
        elif bump[worker] < bump_end[worker]:
            block = bump[worker]
            bump[worker] += 1
        else:
            return False
        next_block[block] = chains[worker, slot, shard, 0]
        chains[worker, slot, shard, 0] = block
    events[chains[worker, slot, shard, 0] * BLOCK + at] = contact
    chains[worker, slot, shard, 1] = n + 1
    return True


@njit(cache=True, nogil=True, forceinline=True)
def susceptible_share(infected_at, day, immune_days, half_days):
    """Return how susceptible a person infected before is on a day: 0 at first, then rising by half-lives."""
    if infected_at == 0:
        return 1.0
    since = day - (infected_at - 1) // TICKS
    if since < immune_days:
        return 0.0
    return 1.0 - 0.5 ** ((since - immune_days) / half_days)


@njit(cache=True, nogil=True, forceinline=True)
def count_doses(p, age, day_coverage, seed):
    """Return how many doses a person has: each person stands at one place of the queue for vaccination."""
    u = unit(key_of(seed, p, _VACCINE))
    doses = 0
    for d in range(day_coverage.shape[1]):
        if u < day_coverage[age, d]:
            doses = d + 1
    return doses


@njit(cache=True, nogil=True, forceinline=True)
def _find_zone(p, zones):
    """Return the zone of a person."""
    first_cell, cell_start, cell_zone = zones
    c = first_cell[p >> 8]
    while p >= cell_start[c + 1]:
        c += 1
    return cell_zone[c]


@njit(cache=True, nogil=True, forceinline=True)
def _kept_by_orders(p, q, layer, day, orders):
    """Return the share of a contact that isolation and quarantine of the two persons leave."""
    removed_on, quarantine_from, quarantine_until, strictness = orders
    kept = 1.0
    for who in (p, q):
        if who < 0:
            continue
        if removed_on[who] != 0 and day >= removed_on[who] - 1:
            kept *= 1.0 - strictness[0, 1 if layer == HOUSEHOLD else 0]
        elif quarantine_from[who] != 0 and quarantine_from[who] - 1 <= day < quarantine_until[who]:
            kept *= 1.0 - strictness[1, 1 if layer == HOUSEHOLD else 0]
    return kept


@njit(cache=True, nogil=True)
def accept_shard(shard, day, codes, queue, persons, rules, orders, zones, seed, worker, out):
    """Take the contacts of a shard and day out of the queue, infect who is infected; return how many.

    codes : tuple — slot, shard bits, person bits; persons : tuple — age, infected_at
    rules : tuple — susceptibility by age, immune days, half-life, kept by zone and layer, coverage by age and
        dose, effectiveness by dose, flags (has orders, has zones, has vaccines)
    out : int64 — gets the infecting contacts, one for each person infected, sorted by person
    """
    events, next_block, chains, free, n_free, _, _ = queue
    slot, shard_bits, person_bits = codes
    age, infected_at = persons
    by_age, immune_days, half_days, kept_by_zone, coverage, effectiveness, flags = rules
    base, nobody, m = shard << shard_bits, (1 << person_bits) - 1, 0
    shared = (1 << (person_bits + TICK_BITS + LAYER_BITS)) - 1
    for w in range(chains.shape[0]):
        block = chains[w, slot, shard, 0]
        n = (chains[w, slot, shard, 1] - 1) % BLOCK + 1
        while block >= 0:
            for i in range(n):
                contact = events[block * BLOCK + i]
                local, _, infector, layer = unpack(contact, person_bits)
                q = base + local
                kept = susceptible_share(infected_at[q], day, immune_days, half_days)
                if kept > 0.0 and layer != INTRODUCED:
                    kept *= by_age[age[q]]
                    zone = _find_zone(q, zones) if flags[1] else 0
                    part = kept_by_zone[zone, layer]
                    if flags[1] and infector != nobody:
                        part = min(part, kept_by_zone[_find_zone(infector, zones), layer])
                    kept *= part
                    if flags[2]:
                        kept *= 1.0 - effectiveness[count_doses(q, age[q], coverage, seed)]
                    if flags[0]:
                        kept *= _kept_by_orders(infector if infector != nobody else -1, q, layer, day, orders)
                if kept >= 1.0 or (
                    kept > 0.0 and unit(key_of(seed, contact & shared, q * TICKS + day)) < kept
                ):
                    out[m] = contact
                    m += 1
            done = block
            block = next_block[block]
            free[worker, n_free[worker]] = done
            n_free[worker] += 1
            n = BLOCK
        chains[w, slot, shard, 0] = -1
        chains[w, slot, shard, 1] = 0
    out[:m].sort()
    n_new, last = 0, -1
    for i in range(m):
        local, tick, _, _ = unpack(out[i], person_bits)
        if local != last:
            out[n_new] = out[i]
            n_new += 1
            last = local
            infected_at[base + local] = day * TICKS + tick + 1
    return n_new


@njit(cache=True, nogil=True, forceinline=True)
def _tally(counts, first, second, series, day, n_days, sign):
    """Add one event of a day to the series of an area and of an age group."""
    if 0.0 <= day < n_days:
        counts[0][first, series, int(day)] += sign
        counts[1][second, series, int(day)] += sign


@njit(cache=True, nogil=True, forceinline=True)
def _tally_course(counts, area, group, start, course, n_days, counts_cases):
    """Add a course to the daily series."""
    onset, _, has_symptoms, report, admission, icu_day, discharge, death, _ = course
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


@njit(cache=True, nogil=True)
def spread_shard(
    shard,
    day,
    first,
    new,
    codes,
    queue,
    persons,
    layout,
    disease,
    tables,
    rules,
    isolation,
    counts,
    seed,
    worker,
):
    """Draw the course and the future contacts of the new cases of a shard, from number `first` on.

    new : int64 — infecting contacts of the day, sorted by person
    disease : tuple — scale, layer weights, shares, transmission, infectious days and their mean, start, minimum
        latency, relative infectiousness without symptoms
    isolation : tuple — adherence, delay, at home, reporting, whether reports act and count at once, n_days
    counts : tuple — by area and by age group; report days of the new cases

    Returns
    -------
    int
        The number of the first case that was not taken for want of free blocks; ``len(new)`` when all were.
    """
    _, shard_bits, person_bits = codes
    age, cell_area, age_group = persons
    scale, weights, shares, transmission, infectious_days, mean_days, begins, min_latent, relative = disease
    coverage, effect_severe, has_vaccines = rules
    adherence, delay, at_home, reporting, is_at_once, n_days = isolation
    n_free, bump, bump_end, n_slots = queue[4], queue[5], queue[6], queue[2].shape[1]
    cell_start = layout[5]
    base, mask = shard << shard_bits, (1 << shard_bits) - 1
    if first >= len(new):
        return first
    cell = np.searchsorted(cell_start, base + (new[first] >> (person_bits + 9)), side="right") - 1
    for k in range(first, len(new)):
        if n_free[worker] + bump_end[worker] - bump[worker] < RESERVE:
            return k
        local, tick, _, _ = unpack(new[k], person_bits)
        p = base + local
        while p >= cell_start[cell + 1]:
            cell += 1
        moment = day * TICKS + tick
        start = moment / TICKS
        severe_kept = 1.0
        if has_vaccines:
            severe_kept = 1.0 - effect_severe[count_doses(p, age[p], coverage, seed)]
        course = draw_course(p, moment, age[p], severe_kept, tables, reporting, seed)
        onset, individual, has_symptoms, report, admission = (
            course[0],
            course[1],
            course[2],
            course[3],
            course[4],
        )
        _tally_course(counts, cell_area[cell], age_group[age[p]], start, course, n_days, is_at_once)
        counts[2][k] = int(min(report, 60000.0)) + 1 if report < NEVER else 0
        isolated = report + delay if is_at_once else NEVER
        weighed = weigh_layers(p, layout, weights)
        mean = scale * individual * (weighed[0] + weighed[1] + weighed[2])
        if not has_symptoms:
            mean *= relative
        state = course[8]
        period, begin = 0.0, max(onset + begins, start + min_latent)
        if len(infectious_days) > 1:
            period = quantile(infectious_days, unit(state))
            mean *= period / mean_days
            state = advance(state)
        n, state = count_poisson(mean, state)
        for _ in range(n):
            u, choice = unit(state), unit(advance(state))
            state = advance(advance(state))
            at = (
                begin + u * period
                if period > 0.0
                else max(onset + quantile(transmission, u), start + min_latent)
            )
            if at >= n_days or at >= admission:
                continue
            q, layer = pick_contact(p, cell, choice, weighed, shares, layout, state)
            state = jump(state, PICK_DRAWS)
            if q == p or (at >= isolated and (layer != HOUSEHOLD or not at_home) and unit(state) < adherence):
                continue
            state = advance(state)
            on = int(at)
            contact = pack(q & mask, int((at - on) * TICKS), p, layer, person_bits)
            add_contact(contact, on % n_slots, q >> shard_bits, worker, queue)
    return len(new)
