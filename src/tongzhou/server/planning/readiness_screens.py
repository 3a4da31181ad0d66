"""Turn shortfalls and capacities into rows and sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from tongzhou.scenario import Shortfall, lead_times
from tongzhou.scenario.readiness import LIKELY
from tongzhou.server.areas.queries import names_of
from tongzhou.server.planning.models import Capacity, CapacityKind
from tongzhou.server.planning.screens import capacity_label, name_of, source_column

KINDS = tuple(CapacityKind.values)


def shortfall_rows(found: Sequence[Shortfall], today: date) -> list[dict[str, Any]]:
    """Return shortfalls, the one to decide soonest first."""
    names = names_of({item.area for item in found})
    return [
        {
            "item": item,
            "area": name_of(names.get(item.area), item.area),
            "capacity": capacity_label(item.capacity),
            "is_likely": item.certainty == LIKELY,
            "state": "late"
            if item.decide_on < today
            else "soon"
            if (item.decide_on - today).days <= 2
            else "neutral",
            "days_late": (today - item.decide_on).days,
        }
        for item in found
    ]


def first_words(found: Sequence[Shortfall], today: date) -> dict[str, Any] | None:
    """Return which capacity runs short first, by the day it may begin."""
    if not found:
        return None
    first = min(found, key=lambda item: (item.earliest_on, item.certainty != LIKELY, -item.gap))
    return shortfall_rows([first], today)[0]


def peak_rows(
    areas: Sequence[str],
    tops: Mapping[tuple[str, str, str], Mapping[str, Any]],
    ready: Mapping[tuple[str, str], float],
    scenario: str,
) -> list[dict[str, Any]]:
    """Return one row an area: largest need and what stands ready, by capacity."""
    names = names_of(set(areas))
    return [
        {
            "name": name_of(names.get(area), area),
            "cells": [
                {
                    "median": tops[scenario, area, kind]["median"],
                    "high": tops[scenario, area, kind]["high"],
                    "ready": ready.get((area, kind)),
                    "is_short": (area, kind) in ready
                    and tops[scenario, area, kind]["high"] > ready[area, kind],
                }
                for kind in KINDS
            ],
        }
        for area in areas
    ]


def capacity_rows(records: Sequence[Capacity]) -> list[dict[str, Any]]:
    """Return the recorded figures with their lead times and sources."""
    names, table = names_of({row.area_code for row in records}), lead_times()
    return [
        {
            "area": name_of(names.get(row.area_code), row.area_code),
            "label": capacity_label(row.kind),
            "row": row,
            "lead": row.lead_days if row.lead_days is not None else table[row.kind].days,
        }
        for row in records
    ]


def lead_rows() -> list[dict[str, Any]]:
    """Return the sourced lead times."""
    return [
        {"label": capacity_label(kind), "entry": entry, "source": getattr(entry, source_column())}
        for kind, entry in lead_times().items()
    ]
