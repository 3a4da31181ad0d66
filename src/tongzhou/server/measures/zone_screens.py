"""Zones as screens show them: unit, level, people with their day, evidence with masked doors, what is missing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy

from tongzhou.core.exposures import Setting
from tongzhou.core.zones import ZoneLevel
from tongzhou.policy import level_text, step_down
from tongzhou.server.cases.models import Case
from tongzhou.server.cases.packs import pack_named
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.sentences import shown_name
from tongzhou.server.measures.models import Zone, ZoneState
from tongzhou.server.measures.screens import is_chinese, names_of_areas
from tongzhou.server.measures.zone_clock import facts_at
from tongzhou.server.people.models import Place

STATE_WORDS = {
    ZoneState.PROPOSED: ("neutral", gettext_lazy("Proposed")),
    ZoneState.AWAITING_SECOND: ("soon", gettext_lazy("Waits for a second person")),
    ZoneState.IN_FORCE: ("active", gettext_lazy("In force")),
    ZoneState.LIFTED: ("done", gettext_lazy("Lifted")),
    ZoneState.REJECTED: ("void", gettext_lazy("Draft rejected")),
}
LEVELS = {
    "high": ("danger", gettext_lazy("High risk")),
    "medium": ("soon", gettext_lazy("Medium risk")),
    "low": ("neutral", gettext_lazy("Low risk")),
    "normal": ("done", gettext_lazy("Normal")),
}
UNITS = {
    "building": gettext_lazy("Building"),
    "compound": gettext_lazy("Compound or village"),
    "village": gettext_lazy("Village"),
    "community": gettext_lazy("Community"),
    "street": gettext_lazy("Street"),
}
SETTINGS = {
    Setting.HOUSEHOLD: gettext_lazy("Home"),
    Setting.SCHOOL: gettext_lazy("School"),
    Setting.WORK: gettext_lazy("Workplace"),
    Setting.DINING: gettext_lazy("Dining"),
    Setting.HEALTH_CARE: gettext_lazy("Health care"),
    Setting.CARE_HOME: gettext_lazy("Care home"),
    Setting.SHOP: gettext_lazy("Shop"),
    Setting.LEISURE: gettext_lazy("Leisure"),
    Setting.WORSHIP: gettext_lazy("Place of worship"),
    Setting.TRANSPORT: gettext_lazy("Transport"),
    Setting.QUARANTINE_SITE: gettext_lazy("Quarantine site"),
    Setting.COMMUNITY: gettext_lazy("Community"),
    Setting.OTHER: gettext_lazy("Other place"),
}
DOOR = re.compile(r"\d+")


def mask_door(name: str) -> str:
    """Hide the house numbers of a place's name.

    >>> mask_door("荔园小区3栋502")
    '荔园小区*栋***'
    """
    return DOOR.sub(lambda found: "*" * len(found[0]), name)


def zone_rows(zones: Iterable[Zone]) -> list[dict[str, Any]]:
    """Return zones for a list."""
    zones = list(zones)
    areas = names_of_areas({zone.area_code for zone in zones})
    rows = []
    for zone in zones:
        state, word = STATE_WORDS[zone.state]
        level_state, level_word = LEVELS[zone.level]
        rows.append(
            {
                "zone": zone,
                "url": reverse("measures:zone", args=[zone.id]),
                "name": zone.unit_name_zh if is_chinese() else zone.unit_name_en or zone.unit_name_zh,
                "area": areas.get(zone.area_code, zone.area_code),
                "unit_kind": UNITS.get(zone.ground.get("unit_kind", ""), zone.ground.get("unit_kind", "")),
                "state": state,
                "word": word,
                "level_state": level_state,
                "level_word": level_word,
            }
        )
    return rows


def step_of(zone: Zone) -> dict[str, Any]:
    """Return when a zone steps down at the earliest, to what, and what is still missing for it."""
    pack = pack_named(zone.pack, zone.pack_version)
    draft = step_down(pack, facts_at(zone, ZoneLevel(zone.level)), clock.now())
    text = level_text(pack, ZoneLevel(zone.level))
    step = draft.step
    return {
        "asks": text.asks.zh if is_chinese() else text.asks.en,
        "earliest_at": step.earliest_at,
        "next_word": LEVELS[step.next_level.value][1] if step.next_level else "",
        "lacks_round": step.lacks_round,
        "lacks_days": bool(step.earliest_at and step.earliest_at > clock.now()),
        "round_on": zone.ground.get("round_on"),
        "reason": draft.reason.zh if is_chinese() else draft.reason.en,
        "asked_until": zone.ground.get("asked_until"),
    }


def evidence_rows(zone: Zone, *, may_see_doors: bool) -> list[dict[str, Any]]:
    """Return the places a zone rests on; without the right to persons' data their numbers are hidden."""
    found = Place.objects.everything("evidence of a visible zone").filter(
        id__in=zone.ground.get("places", ())[:50]
    )
    rows = []
    for place in found.order_by("id"):
        name = shown_name(place)
        rows.append(
            {"name": name if may_see_doors else mask_door(name), "setting": SETTINGS[Setting(place.setting)]}
        )
    return rows


def case_rows(zone: Zone) -> list[tuple[Any, str]]:
    """Return identifier and number of the cases a zone rests on."""
    found = Case.objects.everything("ground of a visible zone").filter(id__in=zone.ground.get("cases", ()))
    return list(found.order_by("number").values_list("id", "number"))


def map_content(
    zones: Iterable[Zone], counts: list[tuple[str, str, int, list[float] | None]]
) -> dict[str, Any]:
    """Return zones as points over the people under zones by child area: ``(code, name, people, centre)``."""
    points = [
        {
            "name": row["name"],
            "at": [row["zone"].longitude, row["zone"].latitude],
            "state": row["level_state"],
            "note": f"{row['level_word']} · {row['word']}",
            "url": row["url"],
        }
        for row in zone_rows(zones)
    ]
    return {
        "measure": {
            "label": gettext("People in zones"),
            "unit": gettext("persons"),
            "breaks": [1, 500, 2000, 10_000],
        },
        "areas": [{"code": code, "name": name, "value": n, "at": at} for code, name, n, at in counts],
        "layers": [{"kind": "zones", "label": gettext("Zones"), "points": points}],
        "as_of": clock.now().isoformat(),
    }
