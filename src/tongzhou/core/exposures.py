"""How people can have met a case, and the rules that say which meetings count.

Rules come out of a policy pack and go into `tongzhou.epi.contact` as these dataclasses; the exposures found
go back to the policy, which grades them. Places and persons are ledger numbers (int64).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Grade(StrEnum):
    """What a contact is after grading, in order of risk."""

    CLOSE = "close"
    SECONDARY = "secondary"
    """A contact of a close contact."""
    GENERAL = "general"
    NONE = "none"


class Conveyance(StrEnum):
    """What carried the people of a trip; the seat rules differ by it."""

    AIRCRAFT = "aircraft"
    TRAIN_CLOSED = "train_closed"
    TRAIN_OPEN = "train_open"
    BUS_CLOSED = "bus_closed"
    BUS_OPEN = "bus_open"
    SHIP = "ship"
    METRO = "metro"
    TAXI = "taxi"


class SeatScope(StrEnum):
    """Whom a seat rule reaches."""

    ROWS = "rows"
    CARRIAGE = "carriage"
    COMPARTMENT = "compartment"
    BAYS = "bays"
    CABIN = "cabin"
    VEHICLE = "vehicle"


class Setting(StrEnum):
    """Where an exposure happened, in the words of contact surveys."""

    HOUSEHOLD = "household"
    SCHOOL = "school"
    WORK = "work"
    DINING = "dining"
    HEALTH_CARE = "health_care"
    CARE_HOME = "care_home"
    SHOP = "shop"
    LEISURE = "leisure"
    WORSHIP = "worship"
    TRANSPORT = "transport"
    QUARANTINE_SITE = "quarantine_site"
    COMMUNITY = "community"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class SeatRule:
    """Who on a conveyance is a contact, by where they sat.

    rows_around : int — rows in front and behind (scope ``rows``)
    bays_around : int — bays on either side (scope ``bays``)
    seat_class : str — the rule holds for this class of seat; empty for every class
    includes_crew : bool — the crew serving the case
    inside, outside : Grade — of people within and beyond the scope
    """

    rule_id: str
    conveyance: Conveyance
    scope: SeatScope
    seat_class: str = ""
    rows_around: int = 0
    bays_around: int = 0
    includes_crew: bool = True
    inside: Grade = Grade.CLOSE
    outside: Grade = Grade.GENERAL


@dataclass(frozen=True, slots=True)
class SettingRule:
    """How many minutes together in a setting make which grade.

    minutes : float, min — shortest shared time for `grade`; shorter is `below`
    """

    rule_id: str
    setting: Setting
    minutes: float
    grade: Grade = Grade.CLOSE
    below: Grade = Grade.GENERAL


@dataclass(frozen=True, slots=True)
class ContactRules:
    """Everything contact search needs to know of a policy.

    days_before_onset : int, days — start of the window before onset
    days_before_sample : int, days — the same for a case without symptoms, before the first positive sample
    linger_minutes : float, min — how long a place stays infectious after the case left it
    min_minutes : float, min — meetings shorter than this are not reported at all
    """

    days_before_onset: int
    days_before_sample: int
    linger_minutes: float
    min_minutes: float
    settings: tuple[SettingRule, ...]
    seats: tuple[SeatRule, ...]


@dataclass(frozen=True, slots=True)
class InfectiousWindow:
    """From when until when one case could infect, seconds since 1970 UTC; `until` is exclusive."""

    person: int
    from_s: int
    until_s: int


@dataclass(frozen=True, slots=True)
class Seat:
    """A position on a conveyance; parts that are unknown are empty or ``None``."""

    carriage: str = ""
    row: int | None = None
    column: str = ""
    compartment: str = ""
    bay: int | None = None
    seat_class: str = ""
    is_crew: bool = False


@dataclass(frozen=True, slots=True)
class Exposure:
    """One meeting of a case and another person.

    from_s, until_s : int — the shared time, seconds since 1970 UTC, `until_s` exclusive
    minutes : float, min — time together (lingering time counted, and named in `linger_minutes`)
    place : int — ledger number of the place, 0 on a trip
    conveyance, vehicle, trip_day : of a trip, else empty
    seats : of the case and of the other person, where known
    evidence : ledger row references, so that every exposure can be traced to its facts
    """

    case_person: int
    other_person: int
    setting: Setting
    from_s: int
    until_s: int
    minutes: float
    linger_minutes: float = 0.0
    place: int = 0
    conveyance: Conveyance | None = None
    vehicle: str = ""
    trip_day: str = ""
    case_seat: Seat | None = None
    other_seat: Seat | None = None
    evidence: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class GradedExposure:
    """An exposure with what the policy makes of it.

    rule_id : the rule that decided; reason_zh, reason_en : the sentence shown to people
    """

    exposure: Exposure
    grade: Grade
    rule_id: str
    reason_zh: str
    reason_en: str
