"""Steps of a published itinerary read into stays, trips and health events, with what could not be read said.

A step is a time (2月15日) and an action (7时乘自家车到诊所就医，随后返回家中). Owns the grammar of actions;
days and clocks are `chinese_time`. Never fills a gap silently: precision and confidence stand on every record.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from tongzhou.core.time import day_start
from tongzhou.interop.chinese_time import ClockSpan, DayContext, DaySpan, read_clock, read_days
from tongzhou.interop.conveyance_numbers import (
    Position,
    TripKind,
    fold_number,
    read_numbers,
    read_position,
    read_road_numbers,
)
from tongzhou.interop.itinerary_words import (
    EVENTS,
    MODES,
    NOTES,
    destination_of,
    mode_of,
    origin_of,
    setting_of,
    stay_place_of,
)


class Precision(StrEnum):
    """How closely the times of a record are known."""

    CLOCK = "clock"
    PART_OF_DAY = "part_of_day"
    DAY = "day"
    DAYS = "days"


CONFIDENCE = {Precision.CLOCK: 0.9, Precision.PART_OF_DAY: 0.7, Precision.DAY: 0.5, Precision.DAYS: 0.5}
"""Confidence of a record whose place or conveyance is named outright; guessed places halve it."""


@dataclass(frozen=True, slots=True)
class Span:
    """Seconds since 1970 UTC, `until_s` exclusive and ``None`` when no end is told."""

    from_s: int
    until_s: int | None
    precision: Precision


@dataclass(frozen=True, slots=True)
class ParsedStay:
    """A person at a place. `setting` is a word of `core.exposures.Setting`; `text` the clause it came from."""

    step: int
    place: str
    setting: str
    span: Span
    confidence: float
    text: str


@dataclass(frozen=True, slots=True)
class ParsedTrip:
    """A person on the way. `mode` is a word of `itinerary_words.MODES`; `numbers` as in `conveyance_numbers`."""

    step: int
    mode: str
    numbers: tuple[str, ...]
    position: Position
    origin: str
    destination: str
    span: Span
    confidence: float
    text: str


@dataclass(frozen=True, slots=True)
class ParsedEvent:
    """Something that happened to the person: onset, fever, sampled, suspected, confirmed, admitted, ..."""

    step: int
    kind: str
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class ParsedStep:
    """One step: what was read of it, and what was not.

    unread : clauses without meaning to the grammar; `notes` are clauses understood to hold no stay or trip
    is_dated : a day was found; without one nothing is read
    """

    step: int
    is_dated: bool
    stays: tuple[ParsedStay, ...] = ()
    trips: tuple[ParsedTrip, ...] = ()
    events: tuple[ParsedEvent, ...] = ()
    notes: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether every clause was understood."""
        return self.is_dated and not self.unread


@dataclass
class _Reader:
    """State while one itinerary is read: the last day and clock carry over between clauses."""

    context: DayContext
    spans: tuple[DaySpan, ...] = ()
    clock: ClockSpan | None = None
    stays: list[ParsedStay] = field(default_factory=list)
    trips: list[ParsedTrip] = field(default_factory=list)
    events: list[ParsedEvent] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


_DIGITS = str.maketrans("０１２３４５６７８９", "0123456789")


def parse_itinerary(steps: list[tuple[str, str]], published_on: date | None) -> list[ParsedStep]:
    """Read the steps of one person.

    Parameters
    ----------
    steps : pairs (time, action) in the order published
    published_on : local day of publication, to give the days their year; without it a step needs its own year

    >>> [step] = parse_itinerary([("2月16日", "18时许乘坐T290次列车由阜阳到邯郸，后在家")], date(2020, 2, 20))
    >>> step.trips[0].numbers, step.trips[0].origin, step.trips[0].destination, step.stays[-1].place
    (('T290',), '阜阳', '邯郸', '家')
    """
    context = DayContext(published_on)
    parsed = []
    for number, (when, action) in enumerate(steps):
        step, context = _parse_step(number, when.translate(_DIGITS), action.translate(_DIGITS), context)
        parsed.append(step)
    return parsed


def _parse_step(number: int, when: str, action: str, context: DayContext) -> tuple[ParsedStep, DayContext]:
    reader = _Reader(context)
    rest_of_time = _take_days(reader, when)
    action = _extend_range(reader, action)
    if not reader.spans:
        rest_of_time = when
        action = f"{rest_of_time}，{action}"
    elif rest_of_time.strip():
        action = f"{rest_of_time.strip()}，{action}"
    for clause in _clauses(action):
        _read_clause(reader, number, clause)
    step = ParsedStep(
        number, bool(reader.spans), tuple(reader.stays), tuple(reader.trips), tuple(reader.events),
        tuple(reader.notes), tuple(reader.unread),
    )  # fmt: skip
    return step, reader.context


_BETWEEN_CLAUSES = re.compile(
    r"[。；;！!\n，,]+|(?<=[^之以前今此最病饭餐])(?:然后|随后|之后|后|再|又)"
    r"(?=(?:原路|自行|独自|一起|直接|再|又|即)?(?:返|回|步行|乘|坐(?!标)|到(?!场)|前往|去|自驾|驾车|开车|打车|骑|转乘|换乘|由|从))"
)


def _clauses(action: str) -> Iterator[str]:
    for clause in re.split(_BETWEEN_CLAUSES, action):
        if stripped := clause.strip(" 　、:："):
            yield stripped


def _take_days(reader: _Reader, text: str) -> str:
    """Read days at the start of a text into the reader; return the rest."""
    spans, rest = read_days(text, reader.context)
    if spans:
        reader.spans = spans
        reader.clock = None
        reader.context = DayContext(reader.context.published_on, spans[-1].last)
    return rest if spans else text


_INNER_DAY = re.compile(r"^([^0-9]{1,10}?)(?:于|在|自)?(?=[0-9]{1,2}月[0-9]{1,2}日)")


def _take_inner_days(reader: _Reader, clause: str) -> str:
    """Read days at the start of a clause, or after its short subject (程某于2月7日...)."""
    rest = _take_days(reader, clause)
    found = _INNER_DAY.match(clause) if rest == clause else None
    if not found:
        return rest
    after = clause[found.end() :]
    shorter = _take_days(reader, after)
    return clause if shorter == after else found[1] + shorter


_UNTIL = re.compile(r"^(?:至|到|-|—)(?=(?:[0-9]{1,2}月)?[0-9]{1,2}(?:日|号))")


def _extend_range(reader: _Reader, action: str) -> str:
    """Join a time cut in two: 1月24日 | 至30日期间居家."""
    found = _UNTIL.match(action)
    if not found or not reader.spans:
        return action
    ends, rest = read_days(action[found.end() :], reader.context)
    if not ends or ends[0].last < reader.spans[-1].first:
        return action
    reader.spans = (*reader.spans[:-1], DaySpan(reader.spans[-1].first, ends[0].last))
    reader.context = DayContext(reader.context.published_on, ends[0].last)
    return rest


def _read_clause(reader: _Reader, step: int, clause: str) -> None:
    rest = _take_inner_days(reader, clause)
    rest = _extend_range(reader, rest)
    clock, rest = read_clock(rest)
    if clock and clock.until_minute is None:
        clock, rest = _join_second_clock(clock, rest)
    if clock and reader.spans:
        _close_open_stay(reader, step, clock)
        reader.clock = clock
    rest = rest.strip(" 　、:：")
    if not rest:
        return
    if not reader.spans:
        reader.unread.append(clause)
        return
    was_read = _read_event(reader, step, rest)
    if not (has_trip := _read_trip(reader, step, rest)):
        was_read = _read_stay(reader, step, rest, is_event=was_read) or was_read
    if not (was_read or has_trip):
        (reader.notes if NOTES.search(rest) else reader.unread).append(clause)


def _join_second_clock(clock: ClockSpan, rest: str) -> tuple[ClockSpan, str]:
    """16时18分乘车于20时18分抵达: the second clock of one clause ends what the first began."""
    second, shorter = read_clock(rest)
    if second is None or second.is_part_of_day or second.from_minute <= clock.from_minute:
        return clock, rest
    return ClockSpan(clock.from_minute, second.from_minute), shorter


def _close_open_stay(reader: _Reader, step: int, clock: ClockSpan) -> None:
    """A later clock on the same day ends the stay before it."""
    if not reader.stays or clock.is_part_of_day or len(reader.spans) != 1:
        return
    last = reader.stays[-1]
    at = _instant(reader.spans[0].first, clock.from_minute)
    is_open = last.step == step and last.span.precision is Precision.CLOCK and last.span.until_s is None
    if is_open and last.span.from_s < at:
        span = Span(last.span.from_s, at, last.span.precision)
        reader.stays[-1] = ParsedStay(step, last.place, last.setting, span, last.confidence, last.text)


def _spans_of(reader: _Reader) -> list[Span]:
    """Return the seconds that the days and the clock in force stand for, one for each day with a clock."""
    clock = reader.clock
    if clock is None:
        return [
            Span(
                _instant(s.first, 0),
                _instant(s.last, 1440),
                Precision.DAY if s.first == s.last else Precision.DAYS,
            )
            for s in reader.spans
        ]
    precision = Precision.PART_OF_DAY if clock.is_part_of_day else Precision.CLOCK
    days = [day for span in reader.spans for day in span.days()]
    return [
        Span(
            _instant(day, clock.from_minute),
            None if clock.until_minute is None else _instant(day, clock.until_minute),
            precision,
        )
        for day in days
    ]


def _instant(day: date, minute: int) -> int:
    return int(day_start(day).timestamp()) + minute * 60


def _read_event(reader: _Reader, step: int, clause: str) -> bool:
    kinds = [kind for kind, pattern in EVENTS.items() if pattern.search(clause)]
    span = _spans_of(reader)[0]
    reader.events.extend(ParsedEvent(step, kind, span, clause) for kind in kinds)
    return bool(kinds)


def _read_trip(reader: _Reader, step: int, clause: str) -> bool:
    mode = mode_of(clause)
    numbers, position = _numbers_of(clause, mode)
    destination = destination_of(clause)
    if not mode and numbers:
        mode = "train" if re.match(r"[GDCZTK][0-9]", numbers[0]) else "flight"
    origin = origin_of(clause)
    if not mode and not destination:
        return False
    is_named = bool(mode) and bool(destination or numbers)
    for span in _spans_of(reader):
        start = span
        if span.precision is Precision.CLOCK and mode is None:
            start = Span(span.from_s, None, span.precision)
        confidence = CONFIDENCE[span.precision] * (1.0 if is_named else 0.5)
        reader.trips.append(
            ParsedTrip(
                step, mode or "unknown", numbers, position, origin, destination, start, confidence, clause
            )
        )
        for place in filter(None, destination.split("、")):
            _arrive(reader, step, clause, place, span)
    return True


def _arrive(reader: _Reader, step: int, clause: str, destination: str, span: Span) -> None:
    """A trip ends in a stay; with a clock its start is known only as "after the departure"."""
    setting = setting_of(destination, clause)
    until = span.until_s if span.precision is not Precision.CLOCK or span.until_s else None
    confidence = CONFIDENCE[span.precision] * 0.8
    reader.stays.append(
        ParsedStay(step, destination, setting, Span(span.from_s, until, span.precision), confidence, clause)
    )


def _numbers_of(clause: str, mode: str | None) -> tuple[tuple[str, ...], Position]:
    folded = fold_number(clause)
    kind = MODES.get(mode or "")
    if kind is TripKind.FLIGHT:
        numbers = read_numbers(folded, TripKind.FLIGHT)
    elif kind is TripKind.TRAIN or (mode is None and re.search(r"次|列车|车厢", clause)):
        numbers = read_numbers(folded, TripKind.TRAIN) or read_numbers(folded, TripKind.FLIGHT)
    elif kind in (TripKind.BUS, TripKind.COACH, TripKind.TAXI, TripKind.METRO):
        numbers = read_road_numbers(folded)
    else:
        numbers = ()
    wants_position = kind in (TripKind.FLIGHT, TripKind.TRAIN) or bool(numbers)
    return numbers, read_position(clause) if wants_position else Position()


def _read_stay(reader: _Reader, step: int, clause: str, *, is_event: bool) -> bool:
    place = stay_place_of(clause, is_event=is_event)
    if not place:
        return False
    setting = setting_of(place, clause)
    for span in _spans_of(reader):
        reader.stays.append(ParsedStay(step, place, setting, span, CONFIDENCE[span.precision], clause))
    return True
