"""A policy pack as values: contact rules, orders, zones, clocks, prohibitions, report card.

Never reads a file.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from zoneinfo import ZoneInfo

from tongzhou.core.exposures import ContactRules, Grade, Setting
from tongzhou.core.zones import ZoneLevel, ZoneRules


class SubjectKind(StrEnum):
    """Who an order can be about, strictest duty of the pack to be found by this word."""

    CASE = "case"
    CLOSE = "close"
    SECONDARY = "secondary"
    GENERAL = "general"
    ARRIVAL = "arrival"
    HIGH_ZONE = "high_zone"
    MEDIUM_ZONE = "medium_zone"
    LOW_ZONE = "low_zone"
    KEY_AREA = "key_area"


class OrderKind(StrEnum):
    """What an order asks of a person."""

    ISOLATION = "isolation"
    CENTRAL_QUARANTINE = "central_quarantine"
    HOME_QUARANTINE = "home_quarantine"
    HOME_HEALTH_MONITORING = "home_health_monitoring"
    HEALTH_MONITORING = "health_monitoring"
    FOLLOW_UP = "follow_up"


STRICTNESS = {
    OrderKind.ISOLATION: 4,
    OrderKind.CENTRAL_QUARANTINE: 4,
    OrderKind.HOME_QUARANTINE: 3,
    OrderKind.HOME_HEALTH_MONITORING: 2,
    OrderKind.HEALTH_MONITORING: 1,
    OrderKind.FOLLOW_UP: 1,
}
"""How far a kind of order cuts into daily life; more is stricter.

An order, never a number of public health.
"""


class Anchor(StrEnum):
    """The fact whose local day is day 0 of an order."""

    LAST_EXPOSURE = "last_exposure"
    ARRIVAL = "arrival"
    LEFT_AREA = "left_area"
    ONSET_OR_SAMPLE = "onset_or_sample"
    ORDER = "order"


class ClockAnchor(StrEnum):
    """The fact a clock runs from."""

    DIAGNOSIS = "diagnosis"
    REPORT = "report"
    GRADED = "graded"
    ARRIVAL = "arrival"


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in Chinese and English."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class RuleNote:
    """What a rule says in plain words, where it stands, and whether the number in it is an assumption."""

    says: Text
    source: str
    is_assumption: bool = False


@dataclass(frozen=True, slots=True)
class WindowRule:
    """When a case can infect: days before onset or sample, optionally an end after onset."""

    rule_id: str
    days_before_onset: int
    days_before_sample: int
    days_after_onset: int | None


@dataclass(frozen=True, slots=True)
class Phase:
    """One stretch of an order.

    days : int or None, days — length; ``None`` ends by its release conditions alone
    test_days : day numbers within the phase, 1 is its first day
    specimen : kind of sample; empty when no test is due
    is_double_at_end : bool — two samples by two kits on the last test
    """

    kind: OrderKind
    days: int | None
    test_days: tuple[int, ...] = ()
    specimen: str = ""
    is_double_at_end: bool = False
    release: tuple[str, ...] = ()
    review_days: int | None = None


@dataclass(frozen=True, slots=True)
class OrderRule:
    """What the pack asks of one kind of subject.

    home_instead_for : conditions (``child``, ``pregnant`` ...) under which central quarantine is spent at
        home
    within_days : int or None — the ground must not be older than this
    """

    rule_id: str
    subject: SubjectKind
    anchor: Anchor
    phases: tuple[Phase, ...]
    home_instead_for: tuple[str, ...] = ()
    within_days: int | None = None

    @property
    def n_days(self) -> int | None:
        """Days of all phases together, or ``None`` when one ends by conditions alone."""
        days = [phase.days for phase in self.phases]
        return None if None in days else sum(day or 0 for day in days)


@dataclass(frozen=True, slots=True)
class ClockRule:
    """Something owed within hours of a fact."""

    rule_id: str
    name: Text
    anchor: ClockAnchor
    hours: float
    post: str


@dataclass(frozen=True, slots=True)
class ZoneLevelText:
    """How a level is called and what it asks of the people in it."""

    level: ZoneLevel
    name: Text
    asks: Text


@dataclass(frozen=True, slots=True)
class Prohibition:
    """Something no measure may do.

    `only_arbitrary` ones fall silent when the pack itself gives the ground.
    """

    clause: int
    check: str
    only_arbitrary: bool


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of the report card."""

    name: str
    label: Text
    type: str
    is_required: bool
    allowed: tuple[str, ...] = ()
    required_if: str = ""


@dataclass(frozen=True)
class Pack:
    """One edition of the rules, ready to evaluate.

    digest : SHA-256 over all its files, so that a result can say exactly which text it followed
    notes : what each rule says, by rule id
    """

    name: str
    version: str
    title: Text
    disease: str
    edition: str
    effective_from: date
    effective_until: date | None
    legal_source: str
    time_zone: ZoneInfo
    window: WindowRule
    contact_rules: ContactRules
    default_setting: Setting
    has_secondary: bool
    unknown_seat: Grade
    orders: tuple[OrderRule, ...]
    zone_rules: ZoneRules
    zone_levels: tuple[ZoneLevelText, ...]
    clock_rules: tuple[ClockRule, ...]
    prohibitions: tuple[Prohibition, ...]
    form_fields: tuple[FormField, ...]
    contacts: dict[str, Text]
    notes: dict[str, RuleNote]
    digest: str

    def order_for(self, subject: SubjectKind) -> OrderRule | None:
        """Return the rule of orders for a kind of subject, or ``None`` when the pack asks nothing of it."""
        return next((rule for rule in self.orders if rule.subject is subject), None)

    def note(self, rule_id: str) -> RuleNote:
        """Return what a rule says. A rule id with a slash (``seat.air/unknown``) means the rule before it."""
        return self.notes[rule_id.split("/", maxsplit=1)[0]]
