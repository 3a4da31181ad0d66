"""Days and clocks as Chinese notices write them: 2月10日至2月26日, 15日、18日, 15时30分许, 晚上, 当日.

A missing year is the last one that does not put the day after the notice was published. Never guesses a month
without one named before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

MINUTES_OF_DAY = 1440
MAX_RANGE_DAYS = 120
_ATOM = r"(?:(20[0-9]{2})\s*年\s*)?(?:([0-9]{1,2})\s*月(?:份)?\s*)?([0-9]{1,2})\s*(日|号)?"
_FIRST = re.compile(_ATOM)
_NEXT = re.compile(rf"\s*(-+|[—–－~～]+|至|到|、|，|,|和|及|与|\s)\s*{_ATOM}")
_DOTTED = re.compile(r"^(?:(20[0-9]{2})[./-])?([0-9]{1,2})[./]([0-9]{1,2})(?![0-9:])(?:日|号)?")
_SAME_DAY = re.compile(r"^(?:当日|当天|同日|同天|即日|该日|当晚|当夜)")
_NEXT_DAY = re.compile(r"^(?:次日|第二天|翌日|隔日|隔天)")
_AFTER_RANGE = re.compile(r"^(?:期间|之间|间|这几天|以来|起|开始|左右|前后|许|凌晨(?=$))+")
_PART = {
    "凌晨": (0, 360),
    "清晨": (300, 480),
    "早晨": (360, 540),
    "早上": (360, 540),
    "早": (360, 540),
    "上午": (480, 720),
    "中午": (690, 840),
    "午间": (690, 840),
    "午后": (720, 1080),
    "下午": (780, 1080),
    "傍晚": (1020, 1170),
    "晚上": (1080, 1440),
    "晚间": (1080, 1440),
    "夜间": (1080, 1440),
    "当晚": (1080, 1440),
    "深夜": (1320, 1440),
    "夜里": (1320, 1440),
    "晚": (1080, 1440),
    "白天": (480, 1080),
    "全天": (0, 1440),
    "整天": (0, 1440),
}
_PARTS = "|".join(sorted(_PART, key=len, reverse=True))
_CLOCK_ATOM = (
    r"([0-9]{1,2})\s*(?:时|点钟|点|:|：)\s*(?:([0-9]{1,2})\s*分?|(半))?\s*(?:许|左右|前后|多|过|钟|整)*"
)
_CLOCK = re.compile(
    rf"(?:大约|大概|约|于|在)?(?:({_PARTS})\s*)?{_CLOCK_ATOM}(?:\s*(?:-+|[—–－~～]+|至|到)\s*(?:({_PARTS})\s*)?{_CLOCK_ATOM})?"
)
_PART_ONLY = re.compile(rf"^(?:于|在|当日|当天)?({_PARTS})(?!餐|饭|宴|会|市|班|点|茶|报)(?:时分|时候|时段)?")


@dataclass(frozen=True, slots=True)
class DaySpan:
    """Whole days: from the first to the last, both included."""

    first: date
    last: date

    def days(self) -> list[date]:
        """Return every day of the span."""
        return [self.first + timedelta(days=i) for i in range((self.last - self.first).days + 1)]


@dataclass(frozen=True, slots=True)
class ClockSpan:
    """Minutes of a local day; the end is ``None`` when only a start is told.

    is_part_of_day : a word like 上午, not a clock
    """

    from_minute: int
    until_minute: int | None
    is_part_of_day: bool = False


@dataclass(frozen=True, slots=True)
class DayContext:
    """What a day without month or year is read against."""

    published_on: date | None
    last_day: date | None = None


def read_days(text: str, context: DayContext) -> tuple[tuple[DaySpan, ...], str]:
    """Read the day expression at the start of a text.

    Returns
    -------
    spans, rest : the days, and what follows them; no spans when the text starts with no day that exists

    >>> spans, rest = read_days("2月15日、18日上午购物", DayContext(date(2020, 3, 6)))
    >>> [s.first.isoformat() for s in spans], rest
    (['2020-02-15', '2020-02-18'], '上午购物')
    >>> read_days("1月13-23日", DayContext(date(2020, 2, 6)))[0][0].last.isoformat()
    '2020-01-23'
    """
    text = re.sub(r"^(?:于|自|从)(?=[0-9])", "", text.lstrip(" ，,、：:"))
    if context.last_day and _SAME_DAY.match(text):
        keeps_word = text.startswith(("当晚", "当夜"))
        return (DaySpan(context.last_day, context.last_day),), text[0 if keeps_word else 2 :]
    if context.last_day and (found := _NEXT_DAY.match(text)):
        day = context.last_day + timedelta(days=1)
        return (DaySpan(day, day),), text[found.end() :]
    spans, rest = _read_atoms(text, context)
    dotted = None if spans else _DOTTED.match(text)
    dotted_day = _resolve(dotted[1], dotted[2], dotted[3], context, None) if dotted else None
    if dotted and dotted_day:
        return (DaySpan(dotted_day, dotted_day),), text[dotted.end() :]
    return spans, _AFTER_RANGE.sub("", rest)


def _read_atoms(text: str, context: DayContext) -> tuple[tuple[DaySpan, ...], str]:
    first = _FIRST.match(text)
    if not first:
        return (), text
    atoms: list[tuple[str, re.Match[str], int]] = [("", first, 0)]
    end = first.end()
    while (found := _NEXT.match(text, end)) and _is_day_atom(found, text, atoms[-1][1]):
        atoms.append((found[1].strip(), found, 1))
        end = found.end()
    names_day = any(match[4 + shift] for _, match, shift in atoms)
    ends_bare = bool(first[2]) and not re.match(r"[0-9时点:：分月./]", text[end : end + 1])
    if not (names_day or ends_bare):
        return (), text
    spans: list[DaySpan] = []
    last: date | None = None
    for separator, match, shift in atoms:
        day = _resolve(match[1 + shift], match[2 + shift], match[3 + shift], context, last)
        if day is None:
            return (), text
        is_range = bool(separator) and separator[0] in "-—–－~～至到"
        if is_range and spans and spans[-1].last <= day <= spans[-1].first + timedelta(days=MAX_RANGE_DAYS):
            spans[-1] = DaySpan(spans[-1].first, day)
        else:
            spans.append(DaySpan(day, day))
        last = day
    return tuple(spans), text[end:]


def _is_day_atom(found: re.Match[str], text: str, before: re.Match[str]) -> bool:
    """Tell whether a number after a separator is a day, not a clock or a count."""
    tail = text[found.end() : found.end() + 1]
    if found[5]:
        return True
    if found[1].strip() == "" or tail in "时点:：分人次名个路号岁元":
        return False
    return bool(
        re.match(r"[0-9、,，\-—至到]*(?:[0-9]{1,2}月)?[0-9]{1,2}(?:日|号)", text[found.end() :].lstrip())
    ) or (found[3] is not None and tail == "")


def _resolve(
    year: str | None, month: str | None, day: str, context: DayContext, last: date | None
) -> date | None:
    anchor = last or context.last_day
    number = int(month) if month else (anchor.month if anchor else None)
    if number is None and context.published_on:
        # no month anywhere: the latest such day before publication
        number = (
            context.published_on.month
            if int(day) <= context.published_on.day
            else (context.published_on.month - 2) % 12 + 1
        )
    if number is None:
        return None
    if year:
        return _make(int(year), number, int(day))
    if last is not None:
        same = _make(last.year, number, int(day))
        return (
            same
            if same and same >= last
            else _make(last.year + 1, number, int(day))
            if number < last.month
            else same
        )
    if context.published_on is None:
        return _make(context.last_day.year, number, int(day)) if context.last_day else None
    this_year = _make(context.published_on.year, number, int(day))
    if this_year and this_year <= context.published_on:
        return this_year
    return _make(context.published_on.year - 1, number, int(day))


def _make(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def read_clock(text: str) -> tuple[ClockSpan | None, str]:
    """Take the first clock, or part of the day, out of a clause.

    Returns
    -------
    clock, rest : ``None`` and the text itself when there is neither

    >>> read_clock("15时30分许至16时许在家")
    (ClockSpan(from_minute=930, until_minute=960, is_part_of_day=False), '在家')
    >>> read_clock("下午3点到单位")
    (ClockSpan(from_minute=900, until_minute=None, is_part_of_day=False), '到单位')
    >>> read_clock("晚上在家")
    (ClockSpan(from_minute=1080, until_minute=1440, is_part_of_day=True), '在家')
    """
    found = _CLOCK.search(text)
    if found:
        start = _minute(found[1], found[2], found[3], found[4])
        end = _minute(found[5] or found[1], found[6], found[7], found[8]) if found[6] else None
        if start is not None and (found[6] is None or end is not None):
            if end is not None and end <= start:
                end += MINUTES_OF_DAY
            return ClockSpan(start, end), text[: found.start()] + text[found.end() :]
    part = _PART_ONLY.match(text)
    if part:
        return ClockSpan(*_PART[part[1]], is_part_of_day=True), text[part.end() :]
    return None, text


def _minute(part: str | None, hour: str, minute: str | None, half: str | None) -> int | None:
    hours, minutes = int(hour), 30 if half else int(minute or 0)
    if hours > 24 or minutes > 59 or (hours == 24 and minutes):
        return None
    if part and hours < 12 and (_PART[part][0] >= 720 or (part in ("中午", "午间") and hours < 4)):
        hours += 12
    return hours * 60 + minutes
