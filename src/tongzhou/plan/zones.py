"""Propose the smallest zones that cover the evidence, by the units and rules of a policy.

Every place of evidence that asks for a zone gets the smallest unit that its rule allows and that contains it;
a unit inside another one of the same or a stricter level is left out. The result is provably minimal: whatever
covers a place must contain one of its allowed units, and all of them contain the smallest, so every other cover
contains this one. Reads nothing and restricts nobody; a person confirms a proposal.

References
----------
.. [1] 新型冠状病毒肺炎防控方案（第九版）, part on risk zones: smallest unit, smallest number of people.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from tongzhou.core.errors import InputError, list_offenders
from tongzhou.core.exposures import Setting
from tongzhou.core.time import SHANGHAI, local_day, require_aware
from tongzhou.core.zones import (
    LEVEL_RANK,
    UnitRef,
    ZoneFacts,
    ZoneLevel,
    ZoneRules,
    ZoneTrigger,
    step_down_zone,
)


@dataclass(frozen=True, slots=True)
class EvidencePlace:
    """One place where cases stayed or live.

    place : int — ledger number
    units : the units that contain it, smallest first; units of one kind never overlap
    first_on, last_on : local days of the first and the last infection or stay of a case there
    activity : float in [0, 1] — how much the cases did there (share of the day, number of people met)
    evidence : ledger or record references
    """

    place: int
    units: tuple[UnitRef, ...]
    first_on: date
    last_on: date
    setting: Setting = Setting.OTHER
    activity: float = 0.0
    n_cases: int = 1
    is_residence: bool = False
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UnitPopulation:
    """Registered population of a unit, with the day of the figure."""

    n_persons: int
    counted_on: date


class NoZoneReason(StrEnum):
    """Why a place asks for no zone."""

    NO_RULE = "no_rule"
    TOO_OLD = "too_old"


@dataclass(frozen=True, slots=True)
class ZoneProposal:
    """One zone to confirm.

    rule_ids, places, evidence : the ground, sorted
    n_persons, counted_on : registered population and the day of the figure, ``None`` when not known
    earliest_step_down_at : aware instant if nothing new is found; ``None`` when the rules have no way down
    """

    unit: UnitRef
    level: ZoneLevel
    rule_ids: tuple[str, ...]
    places: tuple[int, ...]
    evidence: tuple[str, ...]
    n_persons: int | None
    counted_on: date | None
    last_infection_on: date
    start_at: datetime
    earliest_step_down_at: datetime | None


@dataclass(frozen=True, slots=True)
class ZonePlan:
    """All zones the evidence asks for, strictest and largest first, and the places that ask for none.

    n_persons : int — people in all zones, nobody counted twice; units without a figure count nothing
    without_population : units whose population is not known
    """

    proposals: tuple[ZoneProposal, ...]
    no_zone: tuple[tuple[int, NoZoneReason], ...]
    n_persons: int
    without_population: tuple[UnitRef, ...]


@dataclass(frozen=True, slots=True)
class _Claim:
    place: EvidencePlace
    trigger: ZoneTrigger
    unit: UnitRef


def propose_zones(
    rules: ZoneRules,
    evidence: Iterable[EvidencePlace],
    populations: Mapping[UnitRef, UnitPopulation],
    now: datetime,
    zone: ZoneInfo = SHANGHAI,
) -> ZonePlan:
    """Return the smallest zones that cover the evidence.

    Parameters
    ----------
    rules : ZoneRules — from a policy pack
    evidence : EvidencePlace
    populations : registered population by unit
    now : datetime — aware; the zones start now
    zone : ZoneInfo — of the local days

    Raises
    ------
    InputError — ``zone.no_unit`` when a place has no unit of an allowed kind, ``zone.broken_tree`` when a
        unit has two parents of one kind, ``zone.bad_days`` for days out of order or after today

    Notes
    -----
    Linear in the number of places times the depth of the tree.

    Examples
    --------
    >>> from datetime import date, datetime
    >>> home = EvidencePlace(1, (UnitRef("compound", "A"), UnitRef("community", "X")),
    ...                      date(2022, 7, 1), date(2022, 7, 2), is_residence=True)
    >>> rule = ZoneTrigger("residence", ZoneLevel.HIGH, ("compound", "community"), is_residence=True)
    >>> rules = ZoneRules((rule,), (), evidence_days=7)
    >>> plan = propose_zones(rules, [home], {}, datetime(2022, 7, 3, tzinfo=SHANGHAI))
    >>> [(item.unit.code, item.level.value) for item in plan.proposals]
    [('A', 'high')]
    """
    places = list(evidence)
    now = require_aware(now, "now")
    today = local_day(now, zone)
    _check_days(places, today)
    parents = _containers(places)
    claims, no_zone = _claim_units(rules, places, today)
    groups = _merge(claims, parents)
    proposals = [_propose(rules, group, populations, now, zone) for group in groups]
    proposals.sort(key=lambda item: (-LEVEL_RANK[item.level], -(item.n_persons or 0), item.unit.code))
    outer = [item for item in proposals if not parents.get(item.unit, set()) & {p.unit for p in proposals}]
    return ZonePlan(
        proposals=tuple(proposals),
        no_zone=tuple(no_zone),
        n_persons=sum(item.n_persons or 0 for item in outer),
        without_population=tuple(item.unit for item in proposals if item.n_persons is None),
    )


def _check_days(places: Sequence[EvidencePlace], today: date) -> None:
    wrong = [item.place for item in places if item.first_on > item.last_on or item.last_on > today]
    if wrong:
        raise InputError(
            "zone.bad_days",
            f"The days of places {list_offenders(wrong)} are out of order or after {today}.",
            "The first day comes before the last one, and neither lies in the future.",
            {"places": wrong},
        )


def _containers(places: Sequence[EvidencePlace]) -> dict[UnitRef, set[UnitRef]]:
    """Return the units that contain each unit; refuse one that lies in two units of one kind."""
    found: dict[UnitRef, set[UnitRef]] = {}
    for item in places:
        for rank, unit in enumerate(item.units):
            found.setdefault(unit, set()).update(item.units[rank + 1 :])
    # Paths of different places may leave out different units between.
    for above in found.values():
        reached: set[UnitRef] = set()
        while reached != above:
            reached = set(above)
            above.update(*(found[parent] for parent in reached))
    broken = [
        unit.code for unit, above in found.items() if len({parent.kind for parent in above}) != len(above)
    ]
    if broken:
        raise InputError(
            "zone.broken_tree",
            f"Units {list_offenders(broken)} lie in two units of the same kind.",
            "Give every unit one parent of each kind.",
            {"units": broken},
        )
    return found


def _claim_units(
    rules: ZoneRules, places: Sequence[EvidencePlace], today: date
) -> tuple[list[_Claim], list[tuple[int, NoZoneReason]]]:
    """Return what each place asks for: the smallest allowed unit, by the first rule that fits."""
    claims: list[_Claim] = []
    no_zone: list[tuple[int, NoZoneReason]] = []
    without: list[int] = []
    for item in places:
        trigger = next((rule for rule in rules.triggers if _fits(rule, item)), None)
        if trigger is None:
            no_zone.append((item.place, NoZoneReason.NO_RULE))
        elif (today - item.last_on).days > rules.evidence_days:
            no_zone.append((item.place, NoZoneReason.TOO_OLD))
        else:
            unit = next((unit for unit in item.units if unit.kind in trigger.unit_kinds), None)
            if unit is None:
                without.append(item.place)
            else:
                claims.append(_Claim(item, trigger, unit))
    if without:
        kinds = sorted({kind for rule in rules.triggers for kind in rule.unit_kinds})
        raise InputError(
            "zone.no_unit",
            f"Places {list_offenders(without)} lie in no unit of a kind the policy allows.",
            f"Give the unit they lie in; allowed kinds are {', '.join(kinds)}.",
            {"places": without},
        )
    return claims, no_zone


def _fits(rule: ZoneTrigger, item: EvidencePlace) -> bool:
    return (
        (item.is_residence or not rule.is_residence)
        and (not rule.settings or item.setting in rule.settings)
        and item.activity >= rule.min_activity
        and item.n_cases >= rule.min_cases
    )


def _merge(claims: Sequence[_Claim], parents: Mapping[UnitRef, set[UnitRef]]) -> list[list[_Claim]]:
    """Group claims by unit, giving those of a unit inside a zone at least as strict to that zone."""
    level: dict[UnitRef, int] = {}
    for claim in claims:
        level[claim.unit] = max(level.get(claim.unit, 0), LEVEL_RANK[claim.trigger.level])
    groups: dict[UnitRef, list[_Claim]] = {}
    for claim in claims:
        above = [unit for unit in parents[claim.unit] if level.get(unit, -1) >= level[claim.unit]]
        # The outermost of them has no other one around it, so nothing is handed on twice.
        home = max(above, key=lambda unit: -len(parents[unit] & set(above)), default=claim.unit)
        groups.setdefault(home, []).append(claim)
    # The claim that names the unit itself comes first.
    return [sorted(group, key=lambda claim: claim.unit != unit) for unit, group in groups.items()]


def _propose(
    rules: ZoneRules,
    group: list[_Claim],
    populations: Mapping[UnitRef, UnitPopulation],
    now: datetime,
    zone: ZoneInfo,
) -> ZoneProposal:
    unit = group[0].unit
    level = max((claim.trigger.level for claim in group), key=LEVEL_RANK.__getitem__)
    last_on = max(claim.place.last_on for claim in group)
    step = step_down_zone(rules, ZoneFacts(level, local_day(now, zone), last_on), now, zone)
    figure = populations.get(unit)
    return ZoneProposal(
        unit=unit,
        level=level,
        rule_ids=tuple(sorted({claim.trigger.rule_id for claim in group})),
        places=tuple(sorted({claim.place.place for claim in group})),
        evidence=tuple(sorted({item for claim in group for item in claim.place.evidence})),
        n_persons=figure.n_persons if figure else None,
        counted_on=figure.counted_on if figure else None,
        last_infection_on=last_on,
        start_at=now,
        earliest_step_down_at=step.earliest_at,
    )
