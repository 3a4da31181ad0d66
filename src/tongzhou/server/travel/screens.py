"""Turn a computed return peak into rows, a chart and words."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongzhou.server.areas.queries import names_of
from tongzhou.server.planning.screens import name_of

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
        "limit": {"label": _("lanes there now"), "value": capacity} if capacity else None,
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


def origin_rows(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Return one row a place of origin or destination, the largest first."""
    sums, infected = _sums(result["arrivals"], "origin"), _sums(result["infected"], "origin")
    means = defaultdict(float)
    for row in result["infected"]:
        means[row["origin"]] += row["mean"]
    names = names_of(set(sums))
    rows = [
        {
            "name": name_of(names.get(code), code),
            "sums": one,
            "infected": infected.get(code),
            "mean": means.get(code),
        }
        for code, one in sums.items()
    ]
    return sorted(rows, key=lambda row: -row["sums"]["median"])


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
