"""Pure decisions about cases and contacts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date

from tongzhou.core.exposures import Exposure, Grade

RISK = {Grade.NONE: 0, Grade.GENERAL: 1, Grade.SECONDARY: 2, Grade.CLOSE: 3}


def strongest(grades: Iterable[Grade]) -> Grade:
    """Return the gravest grade; NONE for none.

    >>> strongest([Grade.GENERAL, Grade.CLOSE]).value
    'close'
    """
    return max(grades, key=RISK.__getitem__, default=Grade.NONE)


def case_number(area_code: str, day: date, serial: int) -> str:
    """Return the number people use for a case: county, day, serial of the day.

    >>> case_number("440305007001001", date(2022, 7, 12), 3)
    '440305-20220712-003'
    """
    return f"{area_code[:6]}-{day:%Y%m%d}-{serial:03d}"


def fingerprint(exposure: Exposure) -> str:
    """Return what makes a meeting the same meeting when it is computed again: who, where, when it began."""
    where = exposure.place or f"{exposure.conveyance}:{exposure.vehicle}:{exposure.trip_day}"
    text = f"{exposure.case_person}|{exposure.other_person}|{where}|{exposure.from_s}"
    return hashlib.sha256(text.encode()).hexdigest()


def generations(infector: Sequence[int]) -> list[int]:
    """Return steps from the first known case: 0 where the infector is unknown or the links run in a circle.

    Parameters
    ----------
    infector : row of each case's infector, -1 for unknown

    Examples
    --------
    >>> generations([-1, 0, 1, -1, 5, 4])
    [0, 1, 2, 0, 0, 1]
    """
    steps = [-1] * len(infector)
    for start in range(len(infector)):
        path: list[int] = []
        on_path: set[int] = set()
        row = start
        while row >= 0 and steps[row] < 0 and row not in on_path:
            path.append(row)
            on_path.add(row)
            row = infector[row]
        step = steps[row] + 1 if row >= 0 and steps[row] >= 0 else 0
        for known in reversed(path):
            steps[known] = step
            step += 1
    return steps
