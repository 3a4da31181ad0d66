"""Measures against a disease as plain values, whatever the disease: what a simulation applies.

Owns the vocabulary and its checks. The scenario layer compiles policy packs into these;
`tongzhou.epi.simulate` applies them. Days count from the first day of a run.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from enum import StrEnum

from tongzhou.core.errors import InputError, list_offenders

FOREVER = 1_000_000


class ContactLayer(StrEnum):
    """Where contacts happen, as far as measures tell them apart."""

    HOUSEHOLD = "household"
    SCHOOL = "school"
    WORK = "work"
    NEIGHBOURHOOD = "neighbourhood"
    CITY = "city"
    TRAVEL = "travel"
    CARE_HOME = "care_home"


@dataclass(frozen=True, slots=True)
class Span:
    """Days a measure holds: from `from_day`, but not before `from_cases` cases are known, until `until_day`.

    by_area : cases are counted in each area of the population, and the measure holds where they are found
        (limits and screenings)
    clear_days : int, days — it ends after so many days without a new case, and may begin again; 0 for never
    """

    from_day: int = 0
    until_day: int = FOREVER
    from_cases: int = 0
    by_area: bool = False
    clear_days: int = 0


@dataclass(frozen=True, slots=True)
class ContactLimit:
    """Keeps a part of the contacts of some layers in some areas: closures, masks, zones, travel limits.

    kept : mapping of layer to share — contacts that remain, 0..1
    area_prefixes : codes the limit holds in; empty for everywhere
    share_restricted : share of the residents whose movement it restricts, for the bill of person-days
    """

    name: str
    kept: Mapping[ContactLayer, float]
    area_prefixes: tuple[str, ...] = ()
    span: Span = Span()
    share_restricted: float = 0.0


@dataclass(frozen=True, slots=True)
class SymptomaticTesting:
    """People with symptoms are tested.

    share : of those with symptoms who are ever tested
    delay_mean, delay_sd : float, days — onset to report, gamma distributed
    """

    share: float
    delay_mean: float
    delay_sd: float
    span: Span = Span()


@dataclass(frozen=True, slots=True)
class MassScreening:
    """Rounds of testing of whole areas.

    every_days : int — between rounds; coverage : share reached in a round; sensitivity : at full viral load
    pool_size : int — samples in a tube; result_days : float, days — sample to result
    """

    every_days: int
    coverage: float
    sensitivity: float
    result_days: float
    pool_size: int = 10
    area_prefixes: tuple[str, ...] = ()
    span: Span = Span()


@dataclass(frozen=True, slots=True)
class CaseIsolation:
    """Reported cases are kept apart; at home they still meet their household.

    adherence : share of contacts avoided; delay_days : float, days — report to isolation
    days : int — length, for the bill of person-days
    """

    adherence: float = 1.0
    delay_days: float = 0.0
    is_at_home: bool = False
    days: int = 0


@dataclass(frozen=True, slots=True)
class ContactTracing:
    """Contacts of reported cases are found and quarantined.

    coverage : mapping of layer to share of contacts found
    delay_days : float, days — report of the case to quarantine of the contact
    circle : float, persons — neighbours quarantined around a case on average, beside home, class, team and those it
        infected: how widely a contact is defined
    degrees : int — 1 contacts, 2 also the households of contacts
    is_backward : bool — the infector is looked for as well
    quarantine_days : int — length; adherence : share of contacts avoided; is_at_home : the household stays
    test_days : int, days after entering — when a contact in quarantine is tested; whoever falls ill there is tested
        the day after onset as well
    sensitivity : of one such test while most of those infected are positive (`Disease.positive`)
    cases_per_day : int — cases the tracers can work on; the rest is not traced
    """

    coverage: Mapping[ContactLayer, float]
    delay_days: float
    quarantine_days: int
    circle: float = 0.0
    degrees: int = 1
    is_backward: bool = False
    adherence: float = 1.0
    is_at_home: bool = False
    test_days: tuple[int, ...] = (0,)
    sensitivity: float = 1.0
    cases_per_day: int = FOREVER
    span: Span = Span()


@dataclass(frozen=True, slots=True)
class Vaccination:
    """A campaign: shares of an age range that have a number of doses, rising linearly between two days.

    coverage : mapping of dose (1, 2, 3) to the share reached at `until_day`; `before` the same at the start
    before_days : float, days — how long before the start those of `before` had their dose
    """

    product: str
    from_age: int
    until_age: int
    coverage: Mapping[int, float]
    before: Mapping[int, float] = field(default_factory=dict)
    from_day: int = 0
    until_day: int = 1
    before_days: float = 0.0


@dataclass(frozen=True, slots=True)
class BorderQuarantine:
    """Arrivals are quarantined: the share of infections brought in after the first day that never meets anybody."""

    share_caught: float
    span: Span = Span()


@dataclass(frozen=True, slots=True)
class Capacities:
    """What stands ready; 0 means unknown, so that no shortfall is computed.

    tests_per_day bounds testing of people with symptoms, and delays the results of rounds of testing; the rest is
    compared with the need.
    """

    beds: int = 0
    icu_beds: int = 0
    tests_per_day: int = 0
    tracers: int = 0
    cases_per_tracer_day: float = 1.0
    quarantine_rooms: int = 0


@dataclass(frozen=True, slots=True)
class UnitCosts:
    """Money per unit, in the unit of the caller; 0 leaves it out of the bill."""

    test: float = 0.0
    quarantine_day: float = 0.0
    bed_day: float = 0.0
    icu_day: float = 0.0
    restricted_day: float = 0.0


@dataclass(frozen=True, slots=True)
class Measures:
    """Everything done against a disease in one scenario."""

    limits: tuple[ContactLimit, ...] = ()
    testing: SymptomaticTesting | None = None
    screenings: tuple[MassScreening, ...] = ()
    isolation: CaseIsolation | None = None
    tracing: ContactTracing | None = None
    vaccinations: tuple[Vaccination, ...] = ()
    border: BorderQuarantine | None = None
    capacities: Capacities = Capacities()
    costs: UnitCosts = UnitCosts()


_DOSES = (1, 2, 3)
_SHARES = (
    "share",
    "coverage",
    "sensitivity",
    "adherence",
    "share_restricted",
    "share_caught",
    "kept",
    "before",
)


def check_measures(measures: Measures) -> None:
    """Refuse measures that cannot be, naming every value and where it stands.

    Raises
    ------
    InputError
        ``measures.bad_value`` with up to ten offenders.
    """
    offenders = [line for path, part in _parts(measures, "measures") for line in _offenders(path, part)]
    if offenders:
        raise InputError(
            "measures.bad_value",
            f"These values cannot be: {list_offenders(offenders)}.",
            "Shares lie in 0..1; days, counts and costs are at least 0; a span ends after it begins; what ends when "
            "clear begins with cases.",
        )


def _parts(part: object, path: str) -> list[tuple[str, object]]:
    """Return every dataclass within `part` with its path."""
    if isinstance(part, tuple):
        return [found for k, item in enumerate(part) for found in _parts(item, f"{path}[{k}]")]
    if not is_dataclass(part):
        return []
    inner = [_parts(getattr(part, f.name), f"{path}.{f.name}") for f in fields(part)]
    return [(path, part), *(found for some in inner for found in some)]


def _numbers(value: object) -> Iterable[tuple[object, object]]:
    """Return what a field holds with its key: one value, or those of a mapping or a tuple."""
    if isinstance(value, tuple):
        return enumerate(value, 1)
    return value.items() if isinstance(value, Mapping) else [("", value)]


def _offenders(path: str, part: object) -> list[str]:
    """Return the values of one dataclass that cannot be."""
    found = []
    if isinstance(part, Span) and part.until_day < part.from_day:
        found.append(f"{path}: until_day {part.until_day} before from_day {part.from_day}")
    if isinstance(part, Span) and part.clear_days and not part.from_cases:
        found.append(f"{path}: clear_days {part.clear_days} without from_cases")
    if isinstance(part, SymptomaticTesting | ContactTracing | BorderQuarantine) and part.span.by_area:
        found.append(f"{path}.span.by_area: only limits and rounds of testing hold area by area")
    for f in fields(part):  # type: ignore[arg-type]
        value = getattr(part, f.name)
        numbers = _numbers(value)
        for key, number in numbers:
            if isinstance(number, bool) or not isinstance(number, int | float):
                continue
            is_odd = number < 0 or (f.name in _SHARES and number > 1) or not math.isfinite(number)
            if is_odd or (f.type == "int" and number % 1):
                found.append(f"{path}.{f.name}{f'[{key}]' if key else ''} = {number}")
        if isinstance(value, Mapping):
            found += [f"{path}.{f.name}: no {key!r}" for key in value if key not in _known_keys(part)]
    found += _odd_pairs(path, part)
    for name in ("every_days", "pool_size", "delay_mean", "delay_sd"):
        if getattr(part, name, 1) == 0:
            found.append(f"{path}.{name} = 0")
    return found


def _known_keys(part: object) -> tuple[object, ...]:
    """Return what a mapping of a measure may be keyed by: doses, or layers of contact."""
    return _DOSES if isinstance(part, Vaccination) else tuple(ContactLayer)


def _odd_pairs(path: str, part: object) -> list[str]:
    """Return the values of one dataclass that do not go together."""
    if isinstance(part, ContactTracing) and part.degrees not in (1, 2):
        return [f"{path}.degrees = {part.degrees}"]
    if not isinstance(part, Vaccination):
        return []
    found = [] if part.from_age < part.until_age else [f"{path}: ages {part.from_age} to {part.until_age}"]
    for name in ("coverage", "before"):
        shares = [getattr(part, name)[dose] for dose in _DOSES if dose in getattr(part, name)]
        if any(later > earlier for earlier, later in itertools.pairwise(shares)):
            found.append(f"{path}.{name}: more have a later dose than an earlier one")
    return found
