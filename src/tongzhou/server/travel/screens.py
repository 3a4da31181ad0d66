"""Turn a computed return peak into rows, a chart and words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from tongzhou.core.access import Actor
from tongzhou.server.areas.queries import names_of
from tongzhou.server.kernel import clock
from tongzhou.server.planning.models import Study
from tongzhou.server.planning.screens import name_of
from tongzhou.server.travel.asking import FESTIVAL, SEASON
from tongzhou.server.travel.models import TravelDirection
from tongzhou.server.travel.queries import registered_travel

READING = gettext_noop("Reading the travel on record")
COUNTING = gettext_noop("Counting lanes, day by day")
SHOWN_ORIGINS = 6
STATES = {
    "quiet": ("done", gettext_lazy("Quiet")),
    "busy": ("soon", gettext_lazy("Busy")),
    "full": ("danger", gettext_lazy("Full")),
}


def _sums(rows: list[dict[str, Any]], key: str) -> dict[str, dict[str, float]]:
    """Return low, median and high summed by a key, in its order; bounds of sums are cautious: they add up."""
    found: dict[str, dict[str, float]] = defaultdict(
        lambda: {"low": 0.0, "median": 0.0, "high": 0.0, "registered": 0.0}
    )
    for row in rows:
        for name in ("low", "median", "high"):
            found[row[key]][name] += row[name]
        found[row[key]]["registered"] += row.get("registered", 0.0)
    return {k: found[k] for k in sorted(found)}


def arrivals_chart(result: dict[str, Any]) -> dict[str, Any]:
    """Return travellers by day as ``<fan-chart>`` draws them, against what the lanes take in time."""
    sums = _sums(result["arrivals"], "day")
    line = {name: [round(one[name]) for one in sums.values()] for name in ("low", "median", "high")}
    capacity = result["capacity"]
    return {
        "label": _("Travellers a day"),
        "days": list(sums),
        "lines": [{"label": _("Travellers expected"), **line}],
        "places": [_("Travellers expected")],
        "level": 0.9,
        "limit": {"label": _("what the lanes there take in time"), "value": capacity} if capacity else None,
    }


def day_rows(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Return one row a day: travellers, infected, state and advice."""
    sums, infected = _sums(result["arrivals"], "day"), _sums(result["infected"], "day")
    rows = []
    for one in result["advice"]:
        state, word = STATES[one["state"]]
        instead = date.fromisoformat(one["instead"]) if one["instead"] else None
        rows.append(
            {
                "on": date.fromisoformat(one["day"]), "sums": sums[one["day"]], "infected": infected.get(one["day"]),
                "state": state, "word": word, "instead": instead,
            }
        )  # fmt: skip
    return rows


def origins_chart(result: dict[str, Any]) -> dict[str, Any]:
    """Return the travellers by day of the largest origins, without bands: six of them would hide each other."""
    days = sorted({row["day"] for row in result["arrivals"]})
    totals: dict[str, float] = defaultdict(float)
    cells: dict[tuple[str, str], dict[str, float]] = {}
    for row in result["arrivals"]:
        totals[row["origin"]] += row["median"]
    largest = sorted(totals, key=lambda origin: -totals[origin])[:SHOWN_ORIGINS]
    for row in result["arrivals"]:
        cells[row["origin"], row["day"]] = row
    names = names_of(set(largest))
    lines = [
        {
            "label": name_of(names.get(origin), origin) or _("everywhere"),
            "median": [round(cells[origin, day]["median"]) if (origin, day) in cells else 0 for day in days],
        }
        for origin in largest
    ]
    return {
        "label": _("Travellers a day, the largest places"),
        "days": days,
        "lines": lines,
        "places": [line["label"] for line in lines],
        "level": 0.9,
        "limit": None,
    }


def origin_rows(result: dict[str, Any], prevalence: dict[str, Any]) -> list[dict[str, Any]]:
    """Return one row a place of origin or destination, the largest first, with what its infected rest on."""
    sums, infected = _sums(result["arrivals"], "origin"), _sums(result["infected"], "origin")
    means: dict[str, float] = defaultdict(float)
    for row in result["infected"]:
        means[row["origin"]] += row["mean"]
    names = names_of(set(sums))
    rows = [
        {
            "name": name_of(names.get(code), code) or _("everywhere"),
            "sums": one,
            "infected": infected.get(code),
            "mean": means.get(code),
            "known": _known_words(prevalence.get(code)),
        }
        for code, one in sums.items()
    ]
    return sorted(rows, key=lambda row: -row["sums"]["median"])


def _known_words(known: dict[str, Any] | None) -> str:
    """Return the cases at an origin and who counted them."""
    if known is None:
        return ""
    source = known.get("source") or {}
    words = {"n": f"{known['cases']:,}", "days": known.get("days") or 7, "on": source.get("on", "")}
    if source.get("of") == "counts":
        return _("%(n)s cases in %(days)s days until %(on)s, counts on record") % words
    return _("%(n)s cases in %(days)s days, %(by)s %(on)s") % {**words, "by": source.get("by", "")}


def study_rows(studies: Iterable[Study]) -> list[dict[str, Any]]:
    """Return kept peaks as a list shows them."""
    return [
        {
            "study": study,
            "url": f"{reverse('travel:study', args=[study.id])}?area={study.area_code}",
            "direction": _("Arriving") if study.inputs["about"]["direction"] == "in" else _("Leaving"),
            "basis": _("Simulated Spring Festival")
            if study.inputs["about"]["basis"] == FESTIVAL
            else _("Figures on record"),
            "n_days": len({row[0] for row in study.inputs["question"]["rows"]}),
        }
        for study in studies
    ]


def registered_words(actor: Actor, area_code: str) -> dict[str, Any]:
    """Return how many people residents registered here for the days to come."""
    found = registered_travel(actor, area_code, TravelDirection.ARRIVING, clock.today(), SEASON)
    return {
        "n": sum(found.values()),
        "n_days": len({on for on, _ in found}),
        "url": reverse("portal:register"),
    }


def checkpoint_rows(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Return one row a checkpoint and day, with the wait in minutes."""
    target = result["service"]["target_s"]
    return [
        {
            **row,
            "on": date.fromisoformat(row["day"]),
            "name": row["checkpoint"] or _("all checkpoints"),
            "minutes": None if row["longest_wait_s"] is None else row["longest_wait_s"] / 60,
            "is_long": row["longest_wait_s"] is not None and row["longest_wait_s"] > target,
        }
        for row in result["checkpoints"]
    ]


def busiest_rows(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the day of the most travellers of each checkpoint."""
    tops: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row["name"] not in tops or row["arrivals"] > tops[row["name"]]["arrivals"]:
            tops[row["name"]] = row
    return list(tops.values())


def top_words(result: dict[str, Any]) -> dict[str, Any]:
    """Return the day of the peak."""
    sums = _sums(result["arrivals"], "day")
    day = max(sums, key=lambda key: sums[key]["median"])
    lanes = sum(row["lanes_needed"] for row in result["checkpoints"] if row["day"] == day)
    staff = sum(row["staff"] for row in result["checkpoints"] if row["day"] == day)
    return {"on": date.fromisoformat(day), **sums[day], "lanes": lanes, "staff": staff}
