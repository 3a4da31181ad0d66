# mypy: disable-error-code="no-untyped-def"
"""The queue of contacts as the kernels see it, and the kernel that says which contacts of a day infect.

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

from numba import njit

from tongzhou.epi.simulate.contacts import (
    HOUSEHOLD,
    INTRODUCED,
)
from tongzhou.epi.simulate.course import TICKS
from tongzhou.epi.simulate.hashing import INNER, OUTER, key_of, unit

BLOCK = 128
RESERVE = 4096
"""Free blocks a worker must have before it takes the next case."""
TICK_BITS, LAYER_BITS = 6, 3
SERIES = ("infections", "onsets", "cases", "admissions", "icu", "deaths", "bed_change", "icu_change")
_VACCINE = 77


@njit(**INNER)
def find_range(starts, value):
    """Return the index of the range that holds a value; `starts` grows."""
    low, high = 0, len(starts) - 1
    while high - low > 1:
        middle = (low + high) >> 1
        if starts[middle] <= value:
            low = middle
        else:
            high = middle
    return low


@njit(**INNER)
def pack(local, tick, infector, layer, person_bits):
    """Return a contact as one number; numbers sort by target, moment, infector."""
    return (((local << TICK_BITS | tick) << person_bits | infector) << LAYER_BITS) | layer


@njit(**INNER)
def unpack(contact, person_bits):
    """Return (local target, tick, infector, layer) of a contact."""
    layer = contact & 7
    rest = contact >> LAYER_BITS
    infector = rest & ((1 << person_bits) - 1)
    rest >>= person_bits
    return rest >> TICK_BITS, rest & (TICKS - 1), infector, layer


@njit(**INNER)
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


@njit(**INNER)
def susceptible_share(infected_at, day, immune_days, half_days):
    """Return how susceptible a person infected before is on a day: 0 at first, then rising by half-lives."""
    if infected_at == 0:
        return 1.0
    since = day - (infected_at - 1) // TICKS
    if since < immune_days:
        return 0.0
    return 1.0 - 0.5 ** ((since - immune_days) / half_days)


@njit(**INNER)
def vaccine_place(p, n_places, seed):
    """Return the place of a person in the queue for vaccination."""
    return int(unit(key_of(seed, p, _VACCINE)) * n_places)


@njit(cache=True, nogil=True)
def list_vaccine_places(persons, n_places, seed, out):
    """Write the places of many persons in the queue for vaccination."""
    for k in range(len(persons)):
        out[k] = vaccine_place(persons[k], n_places, seed)


@njit(**INNER)
def _find_zone(p, zones):
    """Return the zone of a person."""
    first_cell, cell_start, cell_zone = zones
    c = first_cell[p >> 8]
    while p >= cell_start[c + 1]:
        c += 1
    return cell_zone[c]


@njit(**INNER)
def _kept_by_orders(p, q, layer, day, orders):
    """Return the share of a contact that isolation and quarantine of the two persons leave."""
    removed_on, quarantine_from, quarantine_until, strictness = orders
    kept = 1.0
    for who in (p, q):
        if who < 0:
            continue
        if removed_on[who] != 0 and 0 <= day - (removed_on[who] - 1) < strictness[0, 2]:
            kept *= 1.0 - strictness[0, 1 if layer == HOUSEHOLD else 0]
        elif quarantine_from[who] != 0 and quarantine_from[who] - 1 <= day < quarantine_until[who]:
            kept *= 1.0 - strictness[1, 1 if layer == HOUSEHOLD else 0]
    return kept


@njit(**OUTER)
def accept_shard(shard, day, codes, queue, persons, rules, orders, zones, seed, worker, out):
    """Take the contacts of a shard and day out of the queue, and write those that infect to `out`; return how many.

    codes : tuple — slot, shard bits, person bits; persons : tuple — age, infected_at
    rules : tuple — susceptibility by age, immune days, half-life, kept by zone and layer, share vaccination leaves
        by age and place, flags (has orders, has zones, has vaccines)
    """
    events, next_block, chains, free, n_free, _, _ = queue
    slot, shard_bits, person_bits = codes
    age, infected_at = persons
    by_age, immune_days, half_days, kept_by_zone, unprotected, flags = rules
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
                        kept *= unprotected[age[q], vaccine_place(q, unprotected.shape[1], seed)]
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
    return m


@njit(**OUTER)
def mark_infected(n, out, base, day, person_bits, infected_at, again):
    """Keep the earliest of the infecting contacts (sorted) of each person and infect.

    again : uint8 — tells of each case whether it is a further infection

    Returns
    -------
    tuple
        How many are left, and how many of them are further infections.
    """
    n_new, last, n_again = 0, -1, 0
    for i in range(n):
        local, tick, _, _ = unpack(out[i], person_bits)
        if local != last:
            out[n_new] = out[i]
            again[n_new] = infected_at[base + local] != 0
            n_again += again[n_new]
            n_new += 1
            last = local
            infected_at[base + local] = day * TICKS + tick + 1
    return n_new, n_again
