"""Turn counts into what screens show: words in the active language, state words, addresses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language, gettext, gettext_lazy

from tongzhou.core.access import Actor
from tongzhou.server.access.queries import scope_for
from tongzhou.server.access.rules import Permission
from tongzhou.server.areas.queries import centre_of, names_of, search_areas
from tongzhou.server.cases.models import Case
from tongzhou.server.duties.models import Duty
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.models import Job
from tongzhou.server.kernel.sentences import say, shown_name
from tongzhou.server.measures.duties import WORDS
from tongzhou.server.measures.models import Zone

FIGURES = {
    "new_today": gettext_lazy("New cases today"),
    "cases": gettext_lazy("Cases in all"),
    "close_contacts": gettext_lazy("Close contacts"),
    "orders": gettext_lazy("Orders in force"),
    "late": gettext_lazy("Duties late"),
}
STEPS = {
    "cases": gettext_lazy("Cases, 14 days"),
    "contacts": gettext_lazy("Close contacts of them"),
    "located": gettext_lazy("Located"),
    "ordered": gettext_lazy("Under order"),
    "managed": gettext_lazy("Under management"),
    "tested": gettext_lazy("Tests done"),
}
LEVELS = {
    "high": gettext_lazy("High risk"),
    "medium": gettext_lazy("Medium risk"),
    "low": gettext_lazy("Low risk"),
    "normal": gettext_lazy("Normal"),
}
LEVEL_STATE = {"high": "danger", "medium": "soon", "low": "neutral", "normal": "done"}
BREAKS = [1, 5, 20, 50, 100, 200]


def is_chinese() -> bool:
    """Tell whether the active language is Chinese."""
    return (get_language() or "").startswith("zh")


def head_figures(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the head figures with their names."""
    return [{**row, "label": FIGURES[row["key"]]} for row in rows]


def custody_steps(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the steps of the chain of custody with their names."""
    return [{**row, "label": STEPS[row["key"]]} for row in rows]


def late_rows(duties: Iterable[Duty]) -> list[dict[str, Any]]:
    """Return duties as clocks with the address of each."""
    language = get_language() or "en"
    duties = list(duties)
    areas = names_of({duty.area_code for duty in duties} | {duty.escalated_to for duty in duties})
    return [
        {
            "label": duty.title(language),
            "due": duty.due_at,
            "started": duty.starts_at,
            "area": shown_name(areas[duty.area_code]) if duty.area_code in areas else duty.area_code,
            "holder": duty.holder.display_name or duty.holder.username if duty.holder else "",
            "url": reverse("duties:detail", args=[duty.id]),
            "told": shown_name(areas[duty.escalated_to]) if duty.escalated_to in areas else "",
        }
        for duty in duties
    ]


def order_rows(rows: Iterable[tuple[str, int]]) -> list[dict[str, Any]]:
    """Return orders in force by kind with their names."""
    return [
        {
            "label": WORDS.get(kind, (kind, kind))[0 if is_chinese() else 1],
            "n": n,
            "url": f"{reverse('measures:orders')}?kind={kind}&state=in_force",
        }
        for kind, n in rows
    ]


def zone_rows(zones: Iterable[Zone]) -> list[dict[str, Any]]:
    """Return zones with level, people and the next step."""
    return [
        {
            "name": zone.unit_name_zh if is_chinese() else zone.unit_name_en or zone.unit_name_zh,
            "level": LEVELS[zone.level],
            "state": LEVEL_STATE[zone.level],
            "n_persons": zone.n_persons if zone.population_on else None,
            "next_at": zone.next_at,
            "url": reverse("measures:zone", args=[zone.id]),
        }
        for zone in zones
    ]


def map_content(found: dict[str, Any]) -> dict[str, Any]:
    """Return the content of the map component."""
    days = found["days"]
    return {
        "measure": {"label": gettext("Cases"), "unit": gettext("persons"), "breaks": BREAKS},
        "areas": [
            {
                "code": child.code,
                "name": shown_name(child),
                "value": found["totals"].get(child.code, 0),
                "change": found["by_day"].get((child.code, days[-1]), 0),
                "values": _running(found, child.code),
                "at": centre_of(child),
                "url": reverse("console:situation", args=[child.code]),
            }
            for child in found["children"]
        ],
        "times": [day.isoformat() for day in days],
        "layers": [
            {
                "kind": "zones",
                "label": gettext("Zones"),
                "points": [
                    {
                        "name": zone.unit_name_zh,
                        "at": [zone.longitude, zone.latitude],
                        "state": LEVEL_STATE[zone.level],
                        "note": str(LEVELS[zone.level]),
                        "url": reverse("measures:zone", args=[zone.id]),
                    }
                    for zone in found["zones"]
                ],
            }
        ],
        "as_of": clock.now().isoformat(),
    }


def _running(found: dict[str, Any], code: str) -> list[int]:
    """Return the total at the end of each day, ending with today's total."""
    total, back = found["totals"].get(code, 0), []
    for day in reversed(found["days"]):
        back.append(total)
        total -= found["by_day"].get((code, day), 0)
    return back[::-1]


def palette_groups(actor: Actor, text: str) -> list[dict[str, Any]]:
    """Return what the palette offers for a text."""
    groups = []
    if text:
        scope = scope_for(actor, Permission.CASE_READ)
        cases = Case.objects.all().within(scope).filter(number__contains=text).order_by("-diagnosed_at")[:6]
        items = [
            {"label": case.number, "hint": "", "url": reverse("cases:case", args=[case.id])} for case in cases
        ]
        areas = [
            {
                "label": shown_name(area),
                "hint": area.code,
                "url": reverse("console:situation", args=[area.code]),
            }
            for area in search_areas(text, limit=6)
        ]
        groups = [{"label": gettext("Cases"), "items": items}, {"label": gettext("Areas"), "items": areas}]
    words = [item for item in _commands(actor) if not text or text.lower() in item["label"].lower()]
    groups.append({"label": gettext("Actions"), "items": words})
    return [group for group in groups if group["items"]]


COMMANDS = (
    (gettext_lazy("My duties"), "duties:mine", Permission.DUTY_DO),
    (gettext_lazy("Board of duties"), "duties:board", Permission.DUTY_READ),
    (gettext_lazy("Close the day"), "duties:close_day", Permission.DAY_CLOSE),
    (gettext_lazy("Cases"), "cases:list", Permission.CASE_READ),
    (gettext_lazy("Transmission chains"), "cases:chain", Permission.CASE_READ),
    (gettext_lazy("Estimates and scenarios"), "analysis:home", Permission.ANALYSIS_READ),
    (gettext_lazy("Orders"), "measures:orders", Permission.ORDER_READ),
    (gettext_lazy("Zones"), "measures:zones", Permission.SITUATION_READ),
    (gettext_lazy("Enter a result"), "labs:new_result", Permission.RESULT_WRITE),
    (gettext_lazy("Import a file"), "exchange:list", Permission.IMPORT_RUN),
    (gettext_lazy("Bulletins"), "portal:bulletin_desk", Permission.BULLETIN_PUBLISH),
    (gettext_lazy("Trips of confirmed cases"), "portal:trips", Permission.BULLETIN_PUBLISH),
    (gettext_lazy("Posts and gaps"), "duties:posts", Permission.POST_MANAGE),
    (gettext_lazy("Break the glass"), "access:glass", Permission.GLASS_BREAK),
)


def _commands(actor: Actor) -> list[dict[str, str]]:
    return [
        {"label": str(label), "hint": "", "url": reverse(view)}
        for label, view, permission in COMMANDS
        if not scope_for(actor, permission).is_empty
    ]


def job_row(job: Job) -> dict[str, Any]:
    """Return one job as the tray shows it."""
    return {
        "id": str(job.id),
        "label": gettext(job.kind.replace("_", " ").capitalize()),
        "state": job.state,
        "done": job.n_done,
        "total": job.n_total,
        "message": say(job.error) or (gettext(job.step) if job.step else ""),
        "cancel_url": reverse("console:cancel_job", args=[job.id]),
        "url": job.options.get("url", ""),
        "result_url": job.outcome.get("url", "") if job.outcome else "",
    }


CAPACITIES = {
    "quarantine_rooms": gettext_lazy("Quarantine rooms"),
    "beds": gettext_lazy("Isolation beds"),
    "tests_per_day": gettext_lazy("Tests today"),
}


def capacity_rows(capacities: Iterable[tuple[str, int, int]]) -> list[dict[str, Any]]:
    """Return what stands ready against what is in use, for the strip; short of the last tenth is amber, none red."""
    return [
        {
            "label": CAPACITIES[kind],
            "total": total,
            "free": max(total - used, 0),
            "used": used,
            "state": "late" if used >= total else "soon" if used > total * 0.9 else "neutral",
        }
        for kind, total, used in capacities
    ]
