"""Numbers of flights, trains and vehicles as written in notices, brought to one form; carriages and seats."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class TripKind(StrEnum):
    """What a notice is about."""

    FLIGHT = "flight"
    TRAIN = "train"
    METRO = "metro"
    COACH = "coach"
    BUS = "bus"
    TAXI = "taxi"
    SHIP = "ship"
    PLACE = "place"


KIND_OF_CODE = dict(zip("12345678", TripKind, strict=True))
ROAD = frozenset({TripKind.COACH, TripKind.BUS, TripKind.TAXI})
"""Kinds that sources confuse with each other."""

_FULL_WIDTH = str.maketrans(
    "ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ０１２３４５６７８９（）－／：",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789()-/:",
)
_UNKNOWN = re.compile(r"不详|未知|不明|不清")
_FLIGHT = re.compile(r"(?<![A-Z0-9])([A-Z]{2}|[A-Z][0-9]|[0-9][A-Z])-?([0-9]{3,4}[A-Z]?)(?![0-9])")
_SHARED_FLIGHT = re.compile(
    r"(?<![A-Z0-9])([A-Z]{2}|[A-Z][0-9]|[0-9][A-Z])/([A-Z]{2}|[A-Z][0-9]|[0-9][A-Z])([0-9]{3,4})(?![0-9])"
)
_TRAIN = re.compile(r"(?<![A-Z0-9])([GDCZTKYLSP])-?([0-9]{1,4})(?![0-9A-Z])((?:/[0-9]{1,4}(?![0-9]))*)")
_SLOW_TRAIN = re.compile(r"^[0-9]{4}(?:/[0-9]{1,4})?次?$")
PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
"""The characters that begin a number plate."""
_PLATE = re.compile(rf"([{PROVINCES}])\s*([A-Z][A-Z0-9]{{4,6}})")
_ROUTE = re.compile(r"([A-Z]*[0-9]+)\s*(路|号线|线)")
_LINE = re.compile(r"([A-Z]?[0-9]+)(路(?!口)|号线)")
_DIGIT_WORDS = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10}
_CARRIAGE = re.compile(
    r"(?<![0-9:])0*([0-9]{1,2}|[一二三四五六七八九十]{1,3})\s*号?(?:车厢|车箱|车(?!次|站|队|牌|辆|型|组|[0-9]*门))|第\s*0*([0-9]{1,2})\s*节?车厢"
)
_SEAT = re.compile(r"(?<![A-Z0-9])0*([1-9][0-9]?[A-HJKL])(?![A-Z0-9])")
_SEAT_NUMBER = re.compile(
    r"(?:座位号?|座次|铺位|坐位号?)[：:为]?\s*0*([1-9][0-9]{0,2})(?!\s*[-~至年月日.排车]|[0-9A-Z])|(?<![0-9])0*([1-9][0-9]{0,2})号?(?:座(?!位)|[上中下]铺|号[上中下]铺)"
)
_ROWS = re.compile(r"(?<![0-9])([1-9][0-9]?)\s*[-~至—]\s*([1-9][0-9]?)\s*排|(?<![0-9])([1-9][0-9]?)\s*排")


@dataclass(frozen=True, slots=True)
class Position:
    """Where somebody sat, as far as a notice says.

    carriages : numbers without leading zero
    seats : like 18D or 45
    rows : every row named, ranges written out
    """

    carriages: tuple[str, ...] = ()
    seats: tuple[str, ...] = ()
    rows: tuple[int, ...] = ()


def fold_number(text: str) -> str:
    """Fold full-width characters, case and spaces of a number."""
    return text.translate(_FULL_WIDTH).upper().strip()


def read_numbers(text: str, kind: TripKind) -> tuple[str, ...]:
    """Return every number a notice gives for one conveyance, in one form; empty when it gives none.

    >>> read_numbers("国航CA8215（ZH4751）", TripKind.FLIGHT)
    ('CA8215', 'ZH4751')
    >>> read_numbers("EU1802/H03461", TripKind.FLIGHT)
    ('EU1802', 'HO3461')
    >>> read_numbers("C6506/6507", TripKind.TRAIN)
    ('C6506', 'C6507')
    >>> read_numbers("蒙 AY1754", TripKind.TAXI)
    ('蒙AY1754',)
    """
    folded = fold_number(text)
    if not folded or _UNKNOWN.search(folded):
        return ()
    if kind is TripKind.FLIGHT:
        return _flights(folded)
    if kind is TripKind.TRAIN:
        return _trains(folded)
    if kind is TripKind.PLACE:
        return ()
    plates = tuple(f"{a}{b}" for a, b in _PLATE.findall(folded))
    return plates or _route_numbers(folded)


def _flights(text: str) -> tuple[str, ...]:
    text = re.sub(r"(?<![A-Z0-9])([A-Z])0(?=[0-9]{4}(?![0-9]))", r"\1O", text)  # the letter O typed as a zero
    text = _SHARED_FLIGHT.sub(r"\1\3/\2\3", text)
    return tuple(dict.fromkeys(f"{airline}{number}" for airline, number in _FLIGHT.findall(text)))


def _trains(text: str) -> tuple[str, ...]:
    if _SLOW_TRAIN.match(text):
        return (re.split(r"[/次]", text)[0],)
    found = []
    for letter, number, more in _TRAIN.findall(text):
        found.append(f"{letter}{int(number)}")
        found.extend(f"{letter}{int(n)}" for n in more.split("/") if n)
    return tuple(dict.fromkeys(found))


def _route_numbers(text: str) -> tuple[str, ...]:
    place = re.sub(r"[0-9A-Z].*$", "", text)
    place = re.sub(r"(市|公交|地铁|有轨电车|路|车|长途|客车)+$", "", place)
    return tuple(
        dict.fromkeys(
            f"{place}{number}{'号线' if word != '路' else word}" for number, word in _ROUTE.findall(text)
        )
    )


def read_road_numbers(text: str) -> tuple[str, ...]:
    """Return the plates in a sentence, else its bus and metro lines without their city.

    >>> read_road_numbers("出门乘坐604路公交车前往医院")
    ('604路',)
    """
    folded = fold_number(text)
    plates = tuple(f"{a}{b}" for a, b in _PLATE.findall(folded))
    return plates or tuple(dict.fromkeys(f"{number}{word}" for number, word in _LINE.findall(folded)))


def read_position(*texts: str) -> Position:
    """Return carriages, seats and rows that the texts name.

    >>> read_position("06号车厢18D座")
    Position(carriages=('6',), seats=('18D',), rows=())
    >>> read_position("座位：7-9排")
    Position(carriages=(), seats=(), rows=(7, 8, 9))
    """
    text = " ".join(fold_number(t) for t in texts if t)
    carriages = [_numeral(a or b) for a, b in _CARRIAGE.findall(text)]
    seats = [*_SEAT.findall(text), *(a or b for a, b in _SEAT_NUMBER.findall(text))]
    rows: list[int] = []
    for low, high, single in _ROWS.findall(text):
        rows.extend(range(int(low), int(high) + 1) if low else [int(single)])
    return Position(tuple(dict.fromkeys(carriages)), tuple(dict.fromkeys(seats)), tuple(dict.fromkeys(rows)))


def _numeral(text: str) -> str:
    if text.isdigit():
        return str(int(text))
    tens, _, ones = text.rpartition("十")
    if "十" not in text:
        return str(_DIGIT_WORDS[text[0]])
    return str(_DIGIT_WORDS.get(tens, 1) * 10 + _DIGIT_WORDS.get(ones, 0))
