"""Reading the table of published delays.

Owns the schema of `delays.toml`. Never guesses: an entry that gives only a mean or a median has no distribution.
"""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

import polars as pl

from tongzhou.core.errors import InputError
from tongzhou.epi.delays.delay import Delay
from tongzhou.epi.delays.families import FAMILIES, FamilyName

QUANTITIES = (
    "incubation_period",
    "serial_interval",
    "generation_interval",
    "onset_to_admission",
    "onset_to_death",
    "admission_to_death",
    "admission_to_discharge",
    "length_of_stay",
    "icu_length_of_stay",
)


@dataclass(frozen=True, slots=True)
class DelayEntry:
    """One published delay, in days.

    id : str — stable key
    family : str — ``gamma``, ``lognormal``, ``weibull``, or empty where no distribution is published
    parameters : tuple of float — of the family; empty where the paper gives moments only
    mean, sd, median, dispersion : float or None — dispersion is exp(sdlog)
    low, high : float or None — 95 % interval of `mean` (of `median` where no mean is given)
    n : int or None — sample size
    """

    id: str
    disease: str
    quantity: str
    citation: str
    doi: str
    family: str = ""
    parameters: tuple[float, ...] = ()
    mean: float | None = None
    sd: float | None = None
    median: float | None = None
    dispersion: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    place: str = ""
    period: str = ""
    note: str = ""

    def to_delay(self) -> Delay:
        """Return the distribution.

        Raises
        ------
        InputError
            ``parameters.no_distribution`` — the source gives none
        """
        name = f"{self.disease} {self.quantity} ({self.citation})"
        if self.family in FAMILIES:
            family: FamilyName = FAMILIES[self.family].name
            if self.parameters:
                return Delay(family, self.parameters, 0.0, name)
            if self.mean is not None and self.sd is not None:
                return Delay.from_moments(family, mean=self.mean, sd=self.sd, name=name)
            if self.median is not None and self.dispersion is not None:
                return Delay("lognormal", (math.log(self.median), math.log(self.dispersion)), 0.0, name)
        raise InputError(
            "parameters.no_distribution",
            f"{self.citation} gives no distribution for {self.id}.",
            "Choose another entry; find_delays(has_distribution=True) lists them.",
        )


@cache
def list_entries() -> tuple[DelayEntry, ...]:
    """Return all entries of the table."""
    text = resources.files("tongzhou.epi.parameters").joinpath("delays.toml").read_text(encoding="utf-8")
    entries = []
    for row in tomllib.loads(text)["delay"]:
        entries.append(DelayEntry(**{**row, "parameters": tuple(row.get("parameters", ()))}))
    return tuple(entries)


def find_delays(
    disease: str | None = None, quantity: str | None = None, *, has_distribution: bool | None = None
) -> pl.DataFrame:
    """Return entries as a frame, a row each, narrowed by disease (part of the name) and quantity.

    >>> "covid-19.serial_interval.bi2020" in find_delays("covid", "serial_interval")["id"].to_list()
    True
    """
    if quantity is not None and quantity not in QUANTITIES:
        raise InputError(
            "parameters.quantity",
            f"Quantity {quantity!r} is unknown.",
            f"Use one of {', '.join(QUANTITIES)}.",
        )
    chosen = [
        entry
        for entry in list_entries()
        if (disease is None or disease.lower() in entry.disease.lower())
        and (quantity is None or entry.quantity == quantity)
        and (has_distribution is None or bool(entry.family) == has_distribution)
    ]
    names = DelayEntry.__dataclass_fields__
    columns = {name: [getattr(entry, name) for entry in chosen] for name in names}
    columns["parameters"] = [list(entry.parameters) for entry in chosen]
    return pl.DataFrame(columns, schema_overrides={"parameters": pl.List(pl.Float64)}, strict=False)


def get_entry(entry_id: str) -> DelayEntry:
    """Return one entry by id.

    Raises
    ------
    InputError
        ``parameters.unknown`` — with ids that look alike
    """
    found = next((entry for entry in list_entries() if entry.id == entry_id), None)
    if found is None:
        near = [
            entry.id
            for entry in list_entries()
            if entry.id.split(".")[0] == entry_id.split(".", maxsplit=1)[0]
        ]
        raise InputError(
            "parameters.unknown",
            f"There is no delay {entry_id!r}.",
            f"Near it: {', '.join(near)}." if near else "find_delays() lists all.",
        )
    return found


def get_delay(entry_id: str) -> Delay:
    """Return the distribution of one entry by id.

    >>> round(get_delay("covid-19.incubation_period.lauer2020").mean, 1)
    5.5
    """
    return get_entry(entry_id).to_delay()
