"""A policy pack and an intensity become measures of a simulation.

Owns the translation. The pack gives who is quarantined, where, how long, whether contacts of contacts are
looked for, and by when contacts must be found; the intensity gives how much of it happens. Rules of zones are
not translated unit by unit: an intensity's `kept` contacts stand for them everywhere.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from tongzhou.core.errors import InputError
from tongzhou.core.measures import (
    BorderQuarantine,
    Capacities,
    CaseIsolation,
    ContactLayer,
    ContactLimit,
    ContactTracing,
    MassScreening,
    Measures,
    Span,
    SymptomaticTesting,
    UnitCosts,
    check_measures,
)
from tongzhou.core.zones import LEVEL_RANK, ZoneLevel
from tongzhou.policy import OrderKind, OrderRule, Pack, SubjectKind

_QUARANTINES = (OrderKind.CENTRAL_QUARANTINE, OrderKind.HOME_QUARANTINE)
_DAY_HOURS = 24.0


@dataclass(frozen=True, slots=True)
class Intensity:
    """How fully rules are carried out; the fields as in `intensities.toml`, empty where nothing is done."""

    name: str
    says_zh: str
    says_en: str
    testing: Mapping[str, float]
    isolation: Mapping[str, float]
    tracing: Mapping[str, float]
    circle: float
    sensitivity: float
    screening: Mapping[str, float]
    kept: Mapping[str, float]
    share_restricted: float
    border: float


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((files(__package__) / "intensities.toml").read_text(encoding="utf-8"))


def intensity_names() -> list[str]:
    """Return the intensities that ship with the project, from none to the strictest.

    >>> intensity_names()[0]
    'none'
    """
    return list(_table())


def load_intensity(name: str) -> Intensity:
    """Return an intensity by name.

    Raises
    ------
    InputError
        ``scenario.unknown_intensity``.
    """
    if name not in _table():
        raise InputError(
            "scenario.unknown_intensity", f"No intensity {name!r}.", f"Choose from {', '.join(_table())}."
        )
    entry = _table()[name]
    parts = {key: entry.get(key, {}) for key in ("testing", "isolation", "tracing", "screening", "kept")}
    return Intensity(
        name=name,
        says_zh=entry["says_zh"],
        says_en=entry["says_en"],
        share_restricted=float(entry.get("share_restricted", 0.0)),
        border=float(entry.get("border", 0.0)),
        circle=float(entry.get("circle", 0.0)),
        sensitivity=float(entry.get("sensitivity", 1.0)),
        **parts,
    )


def compile_measures(
    pack: Pack,
    intensity: Intensity,
    *,
    span: Span | None = None,
    capacities: Capacities | None = None,
    costs: UnitCosts | None = None,
) -> Measures:
    """Return the measures that a pack asks for, carried out as the intensity says.

    span : Span — when and where contacts are limited and everybody is tested: with `by_area` only in areas with
        cases; always and everywhere when left out

    Raises
    ------
    InputError
        ``measures.bad_value`` when the intensity holds impossible values.
    """
    kept = {ContactLayer(layer): share for layer, share in intensity.kept.items()}
    measures = Measures(
        limits=(ContactLimit(intensity.name, kept, (), span or Span(), intensity.share_restricted),)
        if kept
        else (),
        testing=_testing(intensity.testing) if intensity.testing else None,
        screenings=(_screening(intensity.screening, span or Span()),) if intensity.screening else (),
        isolation=_isolation(pack, intensity),
        tracing=_tracing(pack, intensity),
        border=BorderQuarantine(intensity.border)
        if intensity.border and _order(pack, SubjectKind.ARRIVAL)
        else None,
        capacities=capacities or Capacities(),
        costs=costs or UnitCosts(),
    )
    check_measures(measures)
    return measures


def zone_span(pack: Pack, from_day: int = 0) -> Span:
    """Return when limits hold in an area where a pack draws zones: from its first case until its last zone is low.

    from_day : int — not before this day

    Raises
    ------
    InputError
        ``scenario.no_zones`` for a pack that draws none

    Notes
    -----
    Days without a new case are those of the pack's steps from its strictest level down. Rounds of tests that must be
    negative are taken to be so.

    >>> from tongzhou.policy import load_pack
    >>> zone_span(load_pack("cn-2022-11")).clear_days
    5
    """
    levels = [trigger.level for trigger in pack.zone_rules.triggers]
    if not levels:
        raise InputError(
            "scenario.no_zones", f"{pack.name} draws no zones.", "Limit contacts everywhere, or choose another pack."
        )  # fmt: skip
    level, above, days = max(levels, key=lambda one: LEVEL_RANK[one]), None, 0
    while level is not ZoneLevel.LOW and (step := pack.zone_rules.step_of(level, above)):
        days, level, above = days + step.days_without_new, step.next_level, level
    return Span(from_day=from_day, from_cases=1, by_area=True, clear_days=days)


def _order(pack: Pack, subject: SubjectKind) -> OrderRule | None:
    """Return the rule of a pack for a kind of subject."""
    return next((rule for rule in pack.orders if rule.subject == subject), None)


def _testing(given: Mapping[str, float]) -> SymptomaticTesting:
    return SymptomaticTesting(given["share"], given["delay_mean"], given["delay_sd"])


def _screening(given: Mapping[str, float], span: Span) -> MassScreening:
    whole = {key: int(given[key]) for key in ("every_days", "pool_size")}
    return MassScreening(**{**given, **whole}, span=span)  # type: ignore[arg-type]


def _isolation(pack: Pack, intensity: Intensity) -> CaseIsolation | None:
    """Return isolation of cases, of the length the pack fixes where it does."""
    rule = _order(pack, SubjectKind.CASE)
    if rule is None or not intensity.isolation:
        return None
    first = rule.phases[0]
    at_home = first.kind not in (OrderKind.ISOLATION, OrderKind.CENTRAL_QUARANTINE)
    length = first.days or first.review_days or 0
    return CaseIsolation(float(intensity.isolation["adherence"]), 0.0, at_home, length)


def _tracing(pack: Pack, intensity: Intensity) -> ContactTracing | None:
    """Return tracing as the pack asks for it; none when contacts are only watched."""
    rule = _order(pack, SubjectKind.CLOSE)
    if rule is None or not intensity.tracing:
        return None
    stays = [phase for phase in rule.phases if phase.kind in _QUARANTINES]
    if not stays:
        return None
    hours = [clock.hours for clock in pack.clock_rules if clock.rule_id.endswith("contacts")]
    tests = stays[0].test_days
    return ContactTracing(
        coverage={ContactLayer(layer): share for layer, share in intensity.tracing.items()},
        delay_days=(hours[0] if hours else _DAY_HOURS) / _DAY_HOURS,
        quarantine_days=sum(phase.days or 0 for phase in stays),
        circle=intensity.circle,
        degrees=2 if pack.has_secondary else 1,
        is_backward=True,
        adherence=float(intensity.isolation.get("adherence", 1.0)),
        is_at_home=stays[0].kind == OrderKind.HOME_QUARANTINE,
        test_days=tuple(day - 1 for day in tests) if tests else (0,),
        sensitivity=intensity.sensitivity,
    )
