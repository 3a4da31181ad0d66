"""The sweeps of contact search: find overlaps, then merge them. Arrays in, arrays out; nothing else."""

from __future__ import annotations

import numba as nb
import numpy as np
import numpy.typing as npt

Int64s = npt.NDArray[np.int64]
FEW = 24


@nb.njit(cache=True, nogil=True)
def first_open(latest_until: Int64s, low: int, high: int, from_s: int) -> int:
    """Return the first position in [low, high) whose running latest end is after `from_s`, else `high`."""
    while low < high:
        middle = (low + high) // 2
        if latest_until[middle] > from_s:
            high = middle
        else:
            low = middle + 1
    return low


@nb.njit(cache=True, nogil=True)
def sweep_overlaps(
    index: tuple[Int64s, Int64s, Int64s, Int64s, Int64s, Int64s],
    rows: tuple[Int64s, Int64s, Int64s, Int64s],
    found: Int64s,
) -> int:
    """Find every case stay that a row overlaps; count them all, write as many as `found` holds.

    Parameters
    ----------
    index : places (P,) sorted and distinct; offsets (P + 1,) into the case stays; then per case stay (C,),
        sorted by place and start: person, start, end with lingering, and the running latest end within the
        place
    rows : place, person, start, end of the rows to test, each shape (R,), seconds, end exclusive
    found : int64, shape (M, 2) — row and case stay of each overlap

    Returns
    -------
    int — number of overlaps, which may exceed M

    Notes
    -----
    O(R log P) plus the overlaps: the running latest end lets a row skip the case stays that ended before it.
    """
    places, offsets, persons, starts, ends, latest = index
    row_places, row_persons, row_starts, row_ends = rows
    n_found = 0
    for row in range(row_places.shape[0]):
        at = np.searchsorted(places, row_places[row])
        if at == places.shape[0] or places[at] != row_places[row]:
            continue
        stop = offsets[at + 1]
        for stay in range(first_open(latest, offsets[at], stop, row_starts[row]), stop):
            if starts[stay] >= row_ends[row]:
                break
            if ends[stay] > row_starts[row] and persons[stay] != row_persons[row]:
                if n_found < found.shape[0]:
                    found[n_found, 0] = row
                    found[n_found, 1] = stay
                n_found += 1
    return n_found


@nb.njit(cache=True, nogil=True)
def gather_meetings(
    found: Int64s,
    rows: tuple[Int64s, Int64s, Int64s, Int64s, Int64s],
    stays: tuple[Int64s, Int64s, Int64s, Int64s, Int64s],
    out: Int64s,
) -> None:
    """Write what is known of each overlap that `sweep_overlaps` found.

    Parameters
    ----------
    found : int64, shape (M, 2) — row and case stay
    rows : number, person, place, start, end of the rows, each shape (R,)
    stays : number, person, start, end, end with lingering of the case stays, each shape (C,)
    out : int64, shape (8, M) — the columns `merging.MEETING`
    """
    numbers, persons, places, starts, ends = rows
    stay_numbers, stay_persons, stay_starts, stay_ends, lingering_ends = stays
    for at in range(found.shape[0]):
        row, stay = found[at, 0], found[at, 1]
        out[0, at], out[1, at], out[2, at] = stay_persons[stay], persons[row], places[row]
        out[3, at] = max(stay_starts[stay], starts[row])
        out[4, at] = min(lingering_ends[stay], ends[row])
        out[5, at] = min(stay_ends[stay], ends[row])
        out[6, at], out[7, at] = stay_numbers[stay], numbers[row]


@nb.njit(cache=True, nogil=True)
def order_by_start(order: Int64s, groups: Int64s, starts: Int64s) -> None:
    """Put positions that are ordered by group in order of start within each group, in place.

    Parameters
    ----------
    order : int64, shape (M,) — positions
    groups, starts : int64, shape (M,) — of each position

    Notes
    -----
    By insertion: groups are small and nearly in order, since meetings are found in the order of time.
    """
    for at in range(1, order.shape[0]):
        position, gap = order[at], at
        group, start = groups[position], starts[position]
        while gap > 0 and groups[order[gap - 1]] == group and starts[order[gap - 1]] > start:
            order[gap] = order[gap - 1]
            gap -= 1
        order[gap] = position


@nb.njit(cache=True, nogil=True)
def merge_meetings(groups: Int64s, starts: Int64s, ends: Int64s, direct_ends: Int64s, out: Int64s) -> None:
    """Merge meetings into groups: first start, last end, and time together without counting any second twice.

    Parameters
    ----------
    groups : int64, shape (M,) — group of each meeting, 0..G-1, sorted; within a group sorted by start
    starts, ends : int64, shape (M,), seconds — the meeting, lingering included
    direct_ends : int64, shape (M,), seconds — its end without lingering; not after the start when all lingers
    out : int64, shape (G, 4) — first start, last end, seconds together, seconds together without lingering
    """
    reached = 0
    direct_reached = 0
    for i in range(groups.shape[0]):
        row = out[groups[i]]
        if i == 0 or groups[i] != groups[i - 1]:
            row[0], row[1], row[2], row[3] = starts[i], ends[i], 0, 0
            reached, direct_reached = starts[i], starts[i]
        row[1] = max(row[1], ends[i])
        if ends[i] > reached:
            row[2] += ends[i] - max(reached, starts[i])
            reached = ends[i]
        if direct_ends[i] > max(direct_reached, starts[i]):
            row[3] += direct_ends[i] - max(direct_reached, starts[i])
            direct_reached = direct_ends[i]


@nb.njit(cache=True, nogil=True)
def sort_few(values: Int64s) -> None:
    """Sort in place; the few values that most groups have are inserted one by one."""
    if values.shape[0] > FEW:
        values.sort()
        return
    for at in range(1, values.shape[0]):
        value, gap = values[at], at
        while gap > 0 and values[gap - 1] > value:
            values[gap] = values[gap - 1]
            gap -= 1
        values[gap] = value


@nb.njit(cache=True, nogil=True)
def merge_evidence(groups: Int64s, case_rows: Int64s, other_rows: Int64s, rows: Int64s, ends: Int64s) -> None:
    """List the distinct row numbers of each group of meetings, in order.

    Parameters
    ----------
    groups, case_rows, other_rows : int64, shape (M,) — group of each meeting, 0..G-1, sorted; its two rows
    rows : int64, shape (2 M,) — the lists, one after the other
    ends : int64, shape (G,) — end of each group's list in `rows`
    """
    n_kept = 0
    low = 0
    while low < groups.shape[0]:
        high = low
        last = n_kept
        while high < groups.shape[0] and groups[high] == groups[low]:
            rows[last], rows[last + 1] = case_rows[high], other_rows[high]
            last += 2
            high += 1
        sort_few(rows[n_kept:last])
        start = n_kept
        for at in range(start, last):
            if at == start or rows[at] != rows[n_kept - 1]:
                rows[n_kept] = rows[at]
                n_kept += 1
        ends[groups[low]] = n_kept
        low = high
