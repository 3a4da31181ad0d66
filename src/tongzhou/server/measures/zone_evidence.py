"""The evidence that zones rest on: where the cases lived and stayed, in which units, how many live there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from tongzhou.core.exposures import Setting
from tongzhou.core.time import local_day
from tongzhou.core.zones import UnitRef
from tongzhou.plan.zones import EvidencePlace, UnitPopulation
from tongzhou.policy import Pack
from tongzhou.server.areas.models import Area
from tongzhou.server.areas.queries import code_lengths
from tongzhou.server.areas.rules import ancestor_codes
from tongzhou.server.cases.models import Case
from tongzhou.server.kernel import clock
from tongzhou.server.movement.ledger_door import get_ledger
from tongzhou.server.movement.queries import as_instant
from tongzhou.server.people.models import Place, Unit

AREA_UNITS = ("community", "street")
"""Levels of the area tree that a pack may name as a unit, smallest first."""


@dataclass(frozen=True, slots=True)
class NamedUnit:
    """What a zone shows of its unit."""

    area_code: str
    name_zh: str
    name_en: str
    longitude: float | None
    latitude: float | None


def evidence_of(pack: Pack, cases: Iterable[Case]) -> list[EvidencePlace]:
    """Return the places where cases lived or stayed within their windows, with their units."""
    stays = _stays(list(cases))
    places = Place.objects.everything("evidence of zones").in_bulk(list(stays))
    units = _units_of(places.values())
    homes = set(
        Place.objects.everything("homes of the cases")
        .filter(households__members__cases__in=[case.id for case in cases])
        .values_list("id", flat=True)
    )
    return [
        EvidencePlace(
            place=place.id,
            units=units[place.id],
            first_on=min(stays[place.id].days),
            last_on=max(stays[place.id].days),
            setting=Setting(place.setting),
            is_residence=place.id in homes or place.setting == Setting.HOUSEHOLD.value,
            activity=min(1.0, stays[place.id].hours / 24),
            n_cases=len(stays[place.id].persons),
            evidence=tuple(f"stays:{row}" for row in stays[place.id].rows),
        )
        for place in places.values()
        if units[place.id]
    ]


@dataclass(slots=True)
class _Seen:
    days: set[date]
    persons: set[int]
    rows: list[int]
    hours: float = 0.0


def _stays(cases: list[Case]) -> dict[int, _Seen]:
    """Return, by place, what the cases' stays there within their windows add up to."""
    found: dict[int, _Seen] = {}
    for case in cases:
        rows = get_ledger().select(
            "stays",
            persons=[case.person_id],
            from_s=int(case.window_from_at.timestamp()),
            until_s=int(case.window_until_at.timestamp()),
        )
        for row in rows.iter_rows(named=True):
            seen = found.setdefault(row["place"], _Seen(set(), set(), []))
            first = max(as_instant(row["from_s"]), case.window_from_at)
            last = min(as_instant(row["until_s"]), case.window_until_at) - timedelta(seconds=1)
            seen.days |= {local_day(at, clock.zone()) for at in (first, last)}
            seen.persons.add(row["person"])
            seen.rows.append(row["row_id"])
            seen.hours += (row["until_s"] - row["from_s"]) / 3600
    return found


def _units_of(places: Iterable[Place]) -> dict[int, tuple[UnitRef, ...]]:
    """Return the units that contain each place, smallest first."""
    places = list(places)
    units = Unit.objects.in_bulk([place.unit_code for place in places if place.unit_code])
    parents = Unit.objects.in_bulk([unit.parent_code for unit in units.values()])
    areas = _areas_around(places)
    found: dict[int, tuple[UnitRef, ...]] = {}
    for place in places:
        path: list[UnitRef] = []
        unit = units.get(place.unit_code)
        while unit is not None:
            path.append(UnitRef(unit.kind, unit.code))
            unit = parents.get(unit.parent_code)
        found[place.id] = (*path, *areas[place.area_code])
    return found


def _areas_around(places: Iterable[Place]) -> dict[str, list[UnitRef]]:
    """Return the areas that may be units around each area code, smallest first."""
    codes = {place.area_code for place in places}
    around = {code: ancestor_codes(code, code_lengths()) for code in codes}
    wanted = {above for path in around.values() for above in path}
    levels = dict(Area.objects.filter(code__in=wanted, level__in=AREA_UNITS).values_list("code", "level"))
    return {
        code: [UnitRef(levels[above], above) for above in path if above in levels]
        for code, path in around.items()
    }


def populations_of(units: Iterable[UnitRef]) -> dict[UnitRef, UnitPopulation]:
    """Return the registered population of units with its day, where known."""
    units = list(units)
    small = Unit.objects.in_bulk([unit.code for unit in units])
    areas = Area.objects.in_bulk([unit.code for unit in units])
    found: dict[UnitRef, UnitPopulation] = {}
    for unit in units:
        known = small.get(unit.code) or areas.get(unit.code)
        if known is not None and known.population and known.population_on:
            found[unit] = UnitPopulation(known.population, known.population_on)
    return found


def unit_named(unit: UnitRef) -> NamedUnit:
    """Return the names and the point of a unit."""
    small = Unit.objects.filter(code=unit.code).first()
    if small is not None:
        return NamedUnit(small.area_code, small.name_zh, small.name_en, small.longitude, small.latitude)
    area = Area.objects.get(code=unit.code)
    return NamedUnit(area.code, area.name_zh, area.name_en, area.longitude, area.latitude)
