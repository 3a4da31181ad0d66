"""Who is a contact: the infectious window of a case, and the grade of an exposure with its reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tongzhou.core.errors import InputError
from tongzhou.core.exposures import (
    Exposure,
    Grade,
    GradedExposure,
    InfectiousWindow,
    Seat,
    SeatRule,
    SeatScope,
    Setting,
    SettingRule,
)
from tongzhou.core.time import day_start, local_day, require_aware
from tongzhou.policy import wording
from tongzhou.policy.build_contacts import RISK
from tongzhou.policy.model import Pack


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What the window of a case depends on.

    person : int — ledger number
    onset_on : local day of the first symptoms; ``None`` without symptoms
    sampled_at : instant of the first positive sample
    isolated_at : instant of isolation; ``None`` while the case is not isolated
    """

    person: int
    onset_on: date | None = None
    sampled_at: datetime | None = None
    isolated_at: datetime | None = None


def infectious_window(pack: Pack, case: CaseFacts, now: datetime) -> InfectiousWindow:
    """Return from when until when a case could infect others.

    It starts with the local day that lies the pack's days before onset, or before the first positive sample
    when there were no symptoms by then, and ends with isolation, with the pack's days after onset, or
    `now`, whichever is first.

    Raises
    ------
    InputError — ``case.no_anchor`` without onset and sample; ``case.isolated_too_early`` when nothing is left

    >>> from datetime import datetime
    >>> from tongzhou.core.time import SHANGHAI
    >>> from tongzhou.policy import load_pack
    >>> case = CaseFacts(1, onset_on=date(2022, 7, 5))
    >>> window = infectious_window(load_pack("cn-2022-06"), case, datetime(2022, 7, 7, tzinfo=SHANGHAI))
    >>> datetime.fromtimestamp(window.from_s, SHANGHAI).isoformat()
    '2022-07-03T00:00:00+08:00'
    """
    first_day = _first_day(pack, case)
    ends = [require_aware(now, "now")]
    if case.isolated_at is not None:
        ends.append(require_aware(case.isolated_at, "isolated_at"))
    if case.onset_on is not None and pack.window.days_after_onset is not None:
        after = case.onset_on + timedelta(days=pack.window.days_after_onset + 1)
        ends.append(day_start(after, pack.time_zone))
    start, end = day_start(first_day, pack.time_zone), min(ends)
    if end <= start:
        raise InputError(
            "case.isolated_too_early",
            f"The window would start on {first_day} and end before, at {end.isoformat()}.",
            "Check the days of onset, sampling and isolation.",
        )
    return InfectiousWindow(case.person, int(start.timestamp()), int(end.timestamp()))


def _first_day(pack: Pack, case: CaseFacts) -> date:
    days = []
    if case.onset_on is not None:
        days.append(case.onset_on - timedelta(days=pack.window.days_before_onset))
    if case.sampled_at is not None:
        sampled_on = local_day(case.sampled_at, pack.time_zone)
        if case.onset_on is None or sampled_on < case.onset_on:
            days.append(sampled_on - timedelta(days=pack.window.days_before_sample))
    if not days:
        raise InputError(
            "case.no_anchor",
            "The case has neither a day of onset nor a first positive sample.",
            "Give one of the two.",
        )
    return min(days)


def grade_exposure(pack: Pack, exposure: Exposure, *, index: Grade | None = None) -> GradedExposure:
    """Grade one exposure by the rule of its seat or its setting, with the reason in Chinese and English.

    Parameters
    ----------
    pack : Pack
    exposure : Exposure — as `tongzhou.epi.contact` finds it
    index : Grade or None — ``Grade.CLOSE`` when the exposure is to a close contact instead of to a case:
        what would be close is then secondary, or nothing where the pack does not determine contacts of
        contacts
    """
    if exposure.minutes < 0:
        raise InputError(
            "exposure.negative_minutes",
            f"An exposure has {exposure.minutes} minutes.",
            "Give minutes of 0 or more.",
        )
    seat_rule = _seat_rule(pack, exposure)
    if seat_rule is not None:
        grade, rule_id = _grade_seat(pack, seat_rule, exposure)
    else:
        rule = _setting_rule(pack, exposure.setting)
        grade = rule.grade if exposure.minutes >= rule.minutes else rule.below
        rule_id = rule.rule_id
    if index is not None:
        grade, rule_id = _of_contact(pack, grade, rule_id)
    reason = wording.exposure_reason(pack, exposure, grade, rule_id)
    return GradedExposure(exposure, grade, rule_id, reason.zh, reason.en)


def grade_person(graded: Iterable[GradedExposure]) -> GradedExposure | None:
    """Return the exposure that decides for a person: the gravest grade, the latest of equals.

    ``None`` for none.
    """
    found = list(graded)
    if not found:
        return None
    return max(found, key=lambda item: (RISK[item.grade], item.exposure.until_s, item.exposure.minutes))


def last_exposure_at(graded: Iterable[GradedExposure], grade: Grade) -> int | None:
    """Return the end of the last exposure of at least `grade`, seconds since 1970 UTC, or ``None``."""
    ends = [item.exposure.until_s for item in graded if RISK[item.grade] >= RISK[grade]]
    return max(ends, default=None)


def _of_contact(pack: Pack, grade: Grade, rule_id: str) -> tuple[Grade, str]:
    if grade is not Grade.CLOSE or not pack.has_secondary:
        return Grade.NONE, f"{rule_id}/contact"
    return Grade.SECONDARY, "secondary"


def _setting_rule(pack: Pack, setting: Setting) -> SettingRule:
    rules = {rule.setting: rule for rule in pack.contact_rules.settings}
    return rules.get(setting, rules[pack.default_setting])


def _seat_rule(pack: Pack, exposure: Exposure) -> SeatRule | None:
    """Return the rule for the case's class of seat, else the one for every class, else nothing."""
    fitting = [rule for rule in pack.contact_rules.seats if rule.conveyance is exposure.conveyance]
    seat_class = exposure.case_seat.seat_class if exposure.case_seat else ""
    exact = [rule for rule in fitting if rule.seat_class == seat_class]
    general = [rule for rule in fitting if not rule.seat_class]
    return next(iter(exact + general), None)


def _grade_seat(pack: Pack, rule: SeatRule, exposure: Exposure) -> tuple[Grade, str]:
    is_inside = _is_inside(rule, exposure.case_seat or Seat(), exposure.other_seat or Seat())
    if is_inside is None:
        # The unknown grade never reaches beyond what the rule itself can give.
        grades = sorted((rule.outside, pack.unknown_seat, rule.inside), key=lambda grade: RISK[grade])
        return grades[1], f"{rule.rule_id}/unknown"
    return (rule.inside, rule.rule_id) if is_inside else (rule.outside, f"{rule.rule_id}/outside")


def _is_inside(rule: SeatRule, case: Seat, other: Seat) -> bool | None:
    """Tell whether the other person is within the scope; ``None`` when the seats do not tell."""
    if rule.scope is SeatScope.VEHICLE:
        return True
    if rule.includes_crew and other.is_crew:
        return _crew_serves(case, other)
    if case.carriage and other.carriage and case.carriage != other.carriage:
        return False
    return _is_near(rule, case, other)


def _is_near(rule: SeatRule, case: Seat, other: Seat) -> bool | None:
    """Compare the seats of two passengers of the same carriage, or of carriages that are not known."""
    if rule.scope is SeatScope.CARRIAGE:
        return True if case.carriage and other.carriage else None
    if rule.scope in (SeatScope.COMPARTMENT, SeatScope.CABIN):
        are_known = bool(case.compartment and other.compartment)
        return case.compartment == other.compartment if are_known else None
    is_rows = rule.scope is SeatScope.ROWS
    here, there = (case.row, other.row) if is_rows else (case.bay, other.bay)
    if here is None or there is None:
        return None
    return abs(here - there) <= (rule.rows_around if is_rows else rule.bays_around)


def _crew_serves(case: Seat, crew: Seat) -> bool:
    """Crew known to serve another carriage is outside; all other crew counts as serving the case."""
    return not (case.carriage and crew.carriage and case.carriage != crew.carriage)
