"""The figures of a bulletin: one composition, each figure with the record it came from.

Reported counts come first; where an area reported none, the cases of the system are counted. Never mixes the two
within one bulletin, since they would not sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Q
from django.db.models.functions import Substr

from tongzhou.core.errors import InputError
from tongzhou.core.time import cutoff_instant, parse_cutoff
from tongzhou.server.areas.models import Area
from tongzhou.server.areas.queries import code_lengths, get_area, names_of, top_of
from tongzhou.server.cases.counts_queries import counting_at, known_span, latest_cutoff, reporting_day
from tongzhou.server.cases.models import Case, CaseOutcome, Classification
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.records import prefix_range

MEASURES = {"confirmed": "confirmed", "suspected": "suspected", "cured": "discharged", "dead": "deaths"}
"""Words of count files -> words of a bulletin."""
DAY = timedelta(days=1)


@dataclass(slots=True)
class AreaLine:
    """One area of a bulletin: cumulative persons by measure, new ones since the day began, sources by measure."""

    code: str
    name: str
    counts: dict[str, int] = field(default_factory=dict)
    new: dict[str, int | None] = field(default_factory=dict)
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(slots=True)
class Figures:
    """Everything a bulletin states. ``as_of`` is the cut-off the figures really have, at or before the one asked."""

    area: Area
    on: date
    cutoff: str
    as_of: datetime
    basis: str
    total: AreaLine
    areas: list[AreaLine]
    unassigned: list[AreaLine]
    corrections: list[dict[str, Any]]


def compose_figures(area_code: str, on: date, cutoff: str = "24:00") -> Figures:
    """Compose the figures of an area at a cut-off of a day.

    Raises
    ------
    InputError : ``areas.unknown``, ``time.bad_cutoff``, ``bulletin.no_figures`` — neither counts nor cases
    """
    area = get_area(area_code)
    asked_at = cutoff_instant(on, parse_cutoff(cutoff), clock.zone())
    lines, as_of, basis = _lines(area_code, asked_at)
    if not lines:
        raise _no_figures(area, on, cutoff)
    day, shown = reporting_day(as_of) if as_of != asked_at else (on, cutoff)
    began_at = cutoff_instant(day, parse_cutoff("00:00"), clock.zone())
    before = _before(area_code, began_at, as_of, basis)
    corrections = _set_new(lines, before)
    total = lines.pop(area_code)
    inner = sorted((x for x in lines.values() if x.code), key=_rank)
    loose = sorted((x for x in lines.values() if not x.code), key=_rank)
    return Figures(area, day, shown, as_of, basis, total, inner, loose, corrections)


def _lines(area_code: str, asked_at: datetime) -> tuple[dict[str, AreaLine], datetime, str]:
    """Return what was reported up to an instant, else what the case records say; empty when neither does."""
    lines, as_of, basis = _reported(area_code, asked_at)
    if lines:
        return lines, as_of, basis
    return _from_cases(area_code, asked_at), asked_at, "case_records"


def confirmed_by(area_code: str, days: Sequence[date], basis: str) -> list[int | None]:
    """Return the cumulative confirmed at the end of each day, where the sources of `basis` state it."""
    ends = [cutoff_instant(day, parse_cutoff("24:00"), clock.zone()) for day in days]
    is_reported = latest_cutoff(top_of(area_code), ends[0] - DAY, ends[-1]) is not None
    if basis == "case_records" and not is_reported:
        return _cases_confirmed_by(area_code, ends)
    return [_confirmed_at(area_code, end_at, basis) for end_at in ends]


def _confirmed_at(area_code: str, at: datetime, basis: str) -> int | None:
    lines, as_of, found = _lines(area_code, at)
    return lines[area_code].counts.get("confirmed") if lines and (as_of, found) == (at, basis) else None


def _cases_confirmed_by(area_code: str, ends: Sequence[datetime]) -> list[int | None]:
    """Return how many cases of the system were confirmed before each of some instants, in one query."""
    cases = Case.objects.everything("aggregate of a public bulletin").filter(
        prefix_range("area_code", area_code)
    )
    is_confirmed = Q(classification=Classification.CONFIRMED)
    before = {f"n_{i}": Count("id", is_confirmed & Q(diagnosed_at__lt=at)) for i, at in enumerate(ends)}
    counted = cases.aggregate(**before, n=Count("id"))
    return [counted[name] if counted["n"] else None for name in before]


def _rank(line: AreaLine) -> tuple[int, str]:
    return -line.counts.get("confirmed", 0), line.code or line.name


def _no_figures(area: Area, on: date, cutoff: str) -> InputError:
    span = known_span(top_of(area.code))
    hint = "Import counts (tongzhou import city-daily FILE) or open cases in this area."
    if span:
        first, last = (" ".join(map(str, reporting_day(instant))) for instant in span)
        hint = f"Counts of {top_of(area.code)} reach from {first} to {last}."
    message = f"There are no figures of {area.name_zh} ({area.code}) for {on} {cutoff}."
    return InputError("bulletin.no_figures", message, hint, {"area": area.code, "on": on, "cutoff": cutoff})


def _reported(area_code: str, asked_at: datetime) -> tuple[dict[str, AreaLine], datetime, str]:
    as_of = latest_cutoff(top_of(area_code), asked_at - DAY, asked_at)
    lines = _counted(area_code, as_of) if as_of else {}
    return lines, as_of or asked_at, "reported_counts"


def _counted(area_code: str, at: datetime) -> dict[str, AreaLine]:
    """Return what was reported of an area and of the areas right below it, by code (or name without one)."""
    frame = counting_at(top_of(area_code), at)
    lines: dict[str, AreaLine] = {}
    for row in frame.iter_rows(named=True):
        code, is_whole = row["area_code"] or "", area_code == top_of(area_code)
        if not (code.startswith(area_code) if code else is_whole):
            continue
        line = lines.setdefault(code or row["area_name"], AreaLine(code, row["area_name"]))
        measure = MEASURES[row["measure"]]
        line.counts[measure] = row["count"]
        line.sources[measure] = _source(row)
    return _with_total(area_code, _apart(area_code, lines)) if lines else {}


def _with_total(area_code: str, lines: dict[str, AreaLine]) -> dict[str, AreaLine]:
    """Add up the areas for what the source does not state of the whole, and say so."""
    total = lines.setdefault(area_code, AreaLine(area_code, get_area(area_code).name_zh))
    for measure in MEASURES.values():
        stated = [line.counts[measure] for line in lines.values() if measure in line.counts]
        if measure not in total.counts and stated:
            total.counts[measure] = sum(stated)
            total.sources[measure] = {"source": "sum_of_areas", "n": len(stated)}
    return lines


def _apart(area_code: str, lines: dict[str, AreaLine]) -> dict[str, AreaLine]:
    """Return lines that count nobody twice.

    Where an area is listed beside the one it lies in, the total that the source states says whether it is counted
    apart. Without one that fits, a district (南山区 beside 深圳市) is part of its city, and a county, which may report
    to its province alone (巩义市 beside 郑州市), is counted apart.
    """
    nested = {key for key, line in lines.items() if _is_nested(line.code, area_code, lines)}
    outer = {key: line for key, line in lines.items() if key not in nested}
    total = lines[area_code].counts.get("confirmed") if area_code in lines else None
    for some in (lines, outer):
        inner = (line.counts.get("confirmed", 0) for key, line in some.items() if key != area_code)
        if total is not None and sum(inner) == total:
            return some
    return {key: line for key, line in lines.items() if key not in nested or not _is_district(line.code)}


def _is_district(code: str) -> bool:
    """Tell a district of a city by its national code: the third pair is 01 to 20, of a county 21 and above.

    In the tree of another country nothing reports past the area it lies in.
    """
    return not code.isdecimal() or (len(code) == 6 and "01" <= code[4:] <= "20")


def _is_nested(code: str, area_code: str, lines: dict[str, AreaLine]) -> bool:
    """Tell whether an area lies in another listed one, other than the area of the bulletin."""
    above = (code[:n] for n in range(len(area_code) + 1, len(code)))
    return code != area_code and any(prefix in lines for prefix in above)


def _source(row: dict[str, Any]) -> dict[str, Any]:
    crawled = (
        datetime.fromtimestamp(row["crawled_at"], clock.zone()).isoformat() if row["crawled_at"] else None
    )
    return {
        "source": row["kind"],
        "cutoff_at": datetime.fromtimestamp(row["cutoff_at"], clock.zone()).isoformat(),
        "crawled_at": crawled,
        "url": row["source_url"],
        "record": row["record"],
    }


def _before(area_code: str, began_at: datetime, as_of: datetime, basis: str) -> dict[str, AreaLine]:
    if began_at >= as_of:
        return {}
    if basis == "case_records":
        return _from_cases(area_code, began_at)
    return _counted(area_code, began_at)


def _set_new(lines: dict[str, AreaLine], before: dict[str, AreaLine]) -> list[dict[str, Any]]:
    """Fill in what is new since the day began; a fall is a correction, never a negative number of new cases."""
    corrections = []
    for key, line in lines.items():
        for measure, count in line.counts.items():
            old = _count_before(key, measure, before)
            line.new[measure] = None if old is None or count < old else count - old
            if old is not None and count < old:
                corrections.append(
                    {"code": line.code, "name": line.name, "measure": measure, "before": old, "after": count}
                )
    return corrections


def _count_before(key: str, measure: str, before: dict[str, AreaLine]) -> int | None:
    """Return an area's count at the beginning of the day; zero where others were listed and it was not."""
    if key in before:
        return before[key].counts.get(measure)
    was_listed = len(before) > 1 and any(measure in line.counts for line in before.values())
    return 0 if was_listed else None


def _from_cases(area_code: str, at: datetime) -> dict[str, AreaLine]:
    """Count the cases of the system, by the areas one level down."""
    cases = Case.objects.everything("aggregate of a public bulletin").filter(
        prefix_range("area_code", area_code)
    )
    if not cases.exists():
        return {}
    child = next((n for n in code_lengths() if n > len(area_code)), len(area_code))
    was = Q(diagnosed_at__lt=at)
    counted = (
        cases.annotate(child=Substr("area_code", 1, child))
        .values("child")
        .annotate(
            confirmed=Count("id", was & Q(classification=Classification.CONFIRMED)),
            suspected=Count("id", was & Q(classification=Classification.SUSPECTED)),
            discharged=Count("id", Q(outcome=CaseOutcome.RECOVERED, outcome_at__lt=at)),
            deaths=Count("id", Q(outcome=CaseOutcome.DIED, outcome_at__lt=at)),
        )
        .order_by("child")
    )
    rows = [dict(row) for row in counted]
    names = names_of({row["child"] for row in rows} | {area_code})
    lines = {row["child"]: _case_line(row, names) for row in rows if row["child"] != area_code}
    total = {m: sum(row[m] for row in rows) for m in MEASURES.values()}
    return {**lines, area_code: _case_line({"child": area_code, **total}, names)}


def _case_line(row: dict[str, Any], names: dict[str, Area]) -> AreaLine:
    code = row["child"]
    name = names[code].name_zh if code in names else code
    counts = {measure: row[measure] for measure in MEASURES.values()}
    return AreaLine(code, name, counts, {}, {m: {"source": "case_records", "n": counts[m]} for m in counts})
