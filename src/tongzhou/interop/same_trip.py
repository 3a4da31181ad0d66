"""Notices of trips and places that a case shared with others, from two public lists, merged by number and day.

Owns the two layouts and the rule of what is one trip. The publisher of a notice is kept, never a person.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from tongzhou.core.errors import InputError, list_offenders
from tongzhou.core.time import day_start
from tongzhou.interop.columns import Field, map_columns
from tongzhou.interop.conveyance_numbers import (
    KIND_OF_CODE,
    ROAD,
    Position,
    TripKind,
    read_numbers,
    read_position,
)
from tongzhou.interop.reports import Finding, Rejection, join_reports, rejections_frame
from tongzhou.interop.tabular import TableSource
from tongzhou.interop.text_values import parse_days, parse_instants

DAY_S = 86_400
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3])[:：]([0-5][0-9])")
_COMMON = (
    Field("pos_start", ("t_pos_start", "from", "起点", "出发地"), is_required=False),
    Field("pos_end", ("t_pos_end", "to", "终点", "目的地"), is_required=False),
    Field("memo", ("t_memo", "note", "备注"), is_required=False),
    Field("no_sub", ("t_no_sub", "carriage", "车厢", "车厢座位"), is_required=False),
    Field("source", ("source_url", "来源", "url")),
    Field("who", ("publisher", "发布者", "线索人"), is_required=False),
)
FIELDS = (
    Field("date", ("t_date", "日期")),
    Field("start", ("t_start", "开始时间", "出发时间"), is_required=False),
    Field("end", ("t_end", "结束时间", "到达时间"), is_required=False),
    Field("type", ("t_type", "类型", "交通类型")),
    Field("no", ("t_no", "number", "车次", "班次", "车次/车牌/航班号")),
    *_COMMON,
    Field("verified", ("已核实",), is_required=False),
    Field("id", is_required=False),
)


@dataclass(frozen=True, slots=True)
class TripNotice:
    """One published notice.

    numbers : normalised numbers of the conveyance, the first the one it is known by; empty for places
    title : number, vehicle or place as written (mask before showing: `public_text.mask_public`)
    from_s, until_s : seconds since 1970 UTC, ``None`` when the notice does not tell
    position : carriages, seats and rows named
    is_verified : as the list says; ``None`` when it says nothing
    """

    row: int
    kind: TripKind
    numbers: tuple[str, ...]
    title: str
    on: date
    from_s: int | None
    until_s: int | None
    position: Position
    stations: tuple[str, str]
    note: str
    source_url: str
    publisher: str
    is_verified: bool | None
    origin: str = ""

    @property
    def number(self) -> str:
        """The number the trip is known by; the title where there is none."""
        return self.numbers[0] if self.numbers else self.title


@dataclass(frozen=True, slots=True)
class SharedTrip:
    """All notices of one trip: the same kind of conveyance, number and day, or the same place and day."""

    kind: TripKind
    numbers: tuple[str, ...]
    title: str
    on: date
    notices: tuple[TripNotice, ...]

    @property
    def carriages(self) -> tuple[str, ...]:
        """Every carriage named, in order."""
        found = {c for notice in self.notices for c in notice.position.carriages}
        return tuple(sorted(found, key=lambda c: (int(c) if c.isdigit() else 0, c)))

    @property
    def seats(self) -> tuple[str, ...]:
        """Every seat named."""
        return tuple(sorted({s for notice in self.notices for s in notice.position.seats}))

    @property
    def source_urls(self) -> tuple[str, ...]:
        """Every source, each once."""
        return tuple(dict.fromkeys(notice.source_url for notice in self.notices if notice.source_url))

    @property
    def stations(self) -> tuple[str, str]:
        """The first station pair that is told in full, else in part."""
        ranked = sorted((n.stations for n in self.notices), key=lambda s: -sum(map(bool, s)))
        return ranked[0]


@dataclass(frozen=True, slots=True)
class SameTripReading:
    """Notices of one list, with the report of what was refused."""

    notices: tuple[TripNotice, ...]
    rejected: pl.DataFrame
    findings: tuple[Finding, ...]
    mapping: dict[str, str] = field(default_factory=dict)


def read_same_trip(
    table: TableSource, overrides: Mapping[str, str] | None = None, *, origin: str = ""
) -> SameTripReading:
    """Read a list of trip notices in either known layout.

    Parameters
    ----------
    origin : name of the list, kept on every notice

    Raises
    ------
    InputError : ``columns.wrong``
    """
    mapping = map_columns(table.columns, FIELDS, overrides)
    frame = mapping.apply(table.read_all())
    frame = frame.with_columns(
        parse_days(frame["date"]).alias("on"),
        parse_instants(frame["start"]).alias("start_s"),
        parse_instants(frame["end"]).alias("end_s"),
    )
    notices, rejections, reversed_rows = [], [], []
    for row in frame.iter_rows(named=True):
        problem = _problem(row)
        if problem:
            rejections.append(problem)
            continue
        notice = _notice(row, origin or table.name)
        notices.append(notice)
        if row["start_s"] and row["end_s"] and row["end_s"] < row["start_s"]:
            reversed_rows.append(notice.row)
    findings = []
    if reversed_rows:
        message = f"End before start, the end left open: rows {list_offenders(reversed_rows)}."
        findings.append(Finding("end_before_start", message, {"rows": reversed_rows}))
    report = join_reports([table.broken_rows(), rejections_frame(rejections)])
    return SameTripReading(tuple(notices), report, tuple(findings), mapping.pairs)


def _problem(row: Mapping[str, Any]) -> Rejection | None:
    if row["on"] is None:
        return Rejection(row["row"], "date", row["date"] or "", "not a day that exists")
    if row["type"] not in KIND_OF_CODE and row["type"] not in set(TripKind):
        return Rejection(
            row["row"], "type", row["type"] or "", "not a kind of trip (1 to 8, or flight, train, ...)"
        )
    if not (row["no"] or row["memo"] or row["pos_start"]):
        return Rejection(row["row"], "no", "", "names neither a conveyance nor a place")
    return None


def _notice(row: Mapping[str, Any], origin: str) -> TripNotice:
    kind = KIND_OF_CODE.get(row["type"]) or TripKind(row["type"])
    start, end = row["start_s"], row["end_s"]
    if end is not None and ((end + 8 * 3600 + 1) % DAY_S == 0 or (start is not None and end < start)):
        end = None  # 23:59:59 stands for "not known"
    if start is not None and end is None and (start + 8 * 3600) % DAY_S == 0:
        start = None
    if start is None and (clock := _CLOCK.match(row["no_sub"] or "")):
        start = _at(row["on"], int(clock[1]), int(clock[2]))
    title = row["no"] or row["memo"] or row["pos_start"]
    numbers = read_numbers(title, kind)
    return TripNotice(
        row=row["row"],
        kind=kind,
        numbers=numbers,
        title=title,
        on=row["on"],
        from_s=start,
        until_s=end,
        position=read_position(row["no_sub"] or "", row["memo"] or "", _brackets(title)),
        stations=(row["pos_start"] or "", row["pos_end"] or ""),
        note=" ".join(t for t in (row["no_sub"], row["memo"]) if t),
        source_url=row["source"] or "",
        publisher=row["who"] or "",
        is_verified=None if row["verified"] is None else row["verified"] == "1",
        origin=origin,
    )


def _at(day: date, hour: int, minute: int) -> int:
    return int(day_start(day).timestamp()) + hour * 3600 + minute * 60


def _brackets(title: str) -> str:
    start = title.find("(") if "(" in title else title.find("（")
    return title[start:] if start >= 0 else ""


def merge_trips(notices: Iterable[TripNotice]) -> list[SharedTrip]:
    """Join notices of one trip, from any number of lists.

    Notes
    -----
    Two notices are one trip when they share a day and a number of the same class (coach, bus and taxi are one
    class, since sources code them differently), transitively through code shares (EU1802 = HO3461). Without
    a number, the same title on the same day is the same trip or place.
    """
    notices = list(notices)
    leader = list(range(len(notices)))

    def root(i: int) -> int:
        while leader[i] != i:
            leader[i] = leader[leader[i]]
            i = leader[i]
        return i

    first: dict[tuple[object, ...], int] = {}
    for i, notice in enumerate(notices):
        for key in _keys(notice):
            leader[root(i)] = root(first.setdefault(key, i))
    groups: dict[int, list[TripNotice]] = defaultdict(list)
    for i, notice in enumerate(notices):
        groups[root(i)].append(notice)
    trips = [_shared(group) for group in groups.values()]
    return sorted(trips, key=lambda trip: (trip.on, trip.kind.value, trip.numbers, trip.title))


def _keys(notice: TripNotice) -> list[tuple[object, ...]]:
    kind = "road" if notice.kind in ROAD else notice.kind.value
    names = notice.numbers or ("".join(notice.title.split()),)
    return [(notice.on, kind, name) for name in names]


def _shared(group: Sequence[TripNotice]) -> SharedTrip:
    numbers = tuple(dict.fromkeys(number for notice in group for number in notice.numbers))
    distinct = {(n.origin, n.row): n for n in group}
    return SharedTrip(group[0].kind, numbers, group[0].title, group[0].on, tuple(distinct.values()))


def find_trips(trips: Iterable[SharedTrip], number: str, on: date | None = None) -> list[SharedTrip]:
    """Return the trips that carry a number, on one day or on any.

    Raises
    ------
    InputError : ``same_trip.no_number`` — the text holds no number of any conveyance
    """
    wanted: set[str] = set()
    for kind in (TripKind.FLIGHT, TripKind.TRAIN, TripKind.BUS):
        wanted.update(read_numbers(number, kind))
    if not wanted:
        raise InputError(
            "same_trip.no_number",
            f"{number!r} is not a number of a flight, train or vehicle.",
            "Write it as AQ1275, G1138 or 粤B12345.",
        )
    return [t for t in trips if wanted.intersection(t.numbers) and (on is None or t.on == on)]
