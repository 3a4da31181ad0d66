"""The search itself: windows and rules in, exposures out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from tongzhou.core.errors import InputError, list_offenders
from tongzhou.core.exposures import ContactRules, InfectiousWindow, Setting
from tongzhou.epi.contact.places import find_in_places
from tongzhou.epi.contact.seats import find_on_trips
from tongzhou.epi.contact.table import ExposureTable, table_of
from tongzhou.ledger import Ledger

SettingOfPlace = Mapping[int, Setting] | Callable[[npt.NDArray[np.int64]], Sequence[Setting]]


@dataclass(frozen=True, slots=True)
class ContactOptions:
    """What to leave out of a search.

    with_places, with_trips : bool — search stays, search trips
    """

    with_places: bool = True
    with_trips: bool = True


def find_exposures(
    ledger: Ledger,
    windows: Sequence[InfectiousWindow],
    rules: ContactRules,
    *,
    setting_of_place: SettingOfPlace,
    options: ContactOptions | None = None,
) -> ExposureTable:
    """Find everybody who shared a place or a vehicle with a case while the case could infect.

    Parameters
    ----------
    ledger : Ledger — its standing stays and trips are read
    windows : when each case could infect; one case or thousands, all in one sweep
    rules : of the policy; ``linger_minutes``, ``min_minutes`` and ``seats`` are used here
    setting_of_place : the setting of each place: a mapping (absent is ``other``), or a function of places,
        int64, shape (P,), that returns as many settings

    Returns
    -------
    ExposureTable — one row for each case, other person and place or trip

    Raises
    ------
    InputError — ``contact.bad_window``, ``contact.negative_minutes``, ``contact.bad_settings``

    Notes
    -----
    In a place, a meeting is the overlap of the other person's stay with the case's stay, cut to the window
    and prolonged by the lingering time: who comes after the case left is exposed, who left before the case
    came is not. Ends are exclusive. ``min_minutes`` holds for the time together in the place over the
    whole window, so that many short meetings count. On a vehicle there is no lingering and no shortest
    time: the seat rules decide. Cases that met each other appear as exposed to each other; nobody is
    exposed to themselves.
    """
    options = options or ContactOptions()
    _check(windows, rules)
    if not windows:
        return table_of([])
    found: list[pl.DataFrame] = []
    if options.with_places:
        places = find_in_places(ledger, windows, round(rules.linger_minutes * 60))
        if places is not None:
            places = places.filter(pl.col("minutes") >= rules.min_minutes).rename({"where": "place"})
            found.append(places.with_columns(setting=_settings(places["place"], setting_of_place)))
    if options.with_trips:
        trips = find_on_trips(ledger, windows, rules.seats)
        found += [] if trips is None else [trips]
    return table_of(found)


def _check(windows: Sequence[InfectiousWindow], rules: ContactRules) -> None:
    empty = [f"{w.from_s}..{w.until_s}" for w in windows if w.until_s <= w.from_s]
    if empty:
        raise InputError(
            "contact.bad_window",
            f"Windows end before they start: {list_offenders(empty)}.",
            "Give until_s later than from_s, in seconds since 1970 UTC.",
        )
    for name in ("linger_minutes", "min_minutes"):
        if not getattr(rules, name) >= 0:
            raise InputError(
                "contact.negative_minutes", f"{name} is {getattr(rules, name)}.", "Give minutes of 0 or more."
            )


def _settings(places: pl.Series, setting_of_place: SettingOfPlace) -> pl.Series:
    distinct = places.unique().sort()
    if isinstance(setting_of_place, Mapping):
        settings: Sequence[Setting] = [setting_of_place.get(p, Setting.OTHER) for p in distinct.to_list()]
    else:
        settings = setting_of_place(distinct.to_numpy())
    if len(settings) != distinct.len():
        raise InputError(
            "contact.bad_settings",
            f"setting_of_place gave {len(settings)} settings for {distinct.len()} places.",
            "Return one setting for each place, in their order.",
        )
    names = pl.Series([Setting(setting).value for setting in settings], dtype=pl.String)
    return places.replace_strict(distinct, names, return_dtype=pl.String)
