"""Turn a difference between packs into rows and words."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy

from tongzhou.server.areas.queries import names_of
from tongzhou.server.kernel.sentences import is_chinese
from tongzhou.server.measures.duties import WORDS
from tongzhou.server.planning.screens import name_of

CHANGES = {
    "released": (gettext_lazy("Released today"), "done"),
    "shorter": (gettext_lazy("Free sooner"), "done"),
    "none": (gettext_lazy("Unchanged"), "neutral"),
    "other": (gettext_lazy("Another place or kind, same end"), "neutral"),
    "longer": (gettext_lazy("Free later"), "soon"),
    "restricted": (gettext_lazy("Restricted anew"), "danger"),
}
BURDENS = {
    "n_under_order": gettext_lazy("Persons under order"),
    "days": gettext_lazy("Person-days still to come"),
    "n_tests": gettext_lazy("Tests still due"),
    "n_open_ended": gettext_lazy("Orders that end by conditions alone"),
}


def change_rows(account: dict[str, Any]) -> list[dict[str, Any]]:
    """Return how many people each change meets."""
    total = max(sum(account["changes"].values()), 1)
    return [
        {"label": label, "state": state, "n": account["changes"].get(change, 0),
         "share": account["changes"].get(change, 0) / total}
        for change, (label, state) in CHANGES.items()
    ]  # fmt: skip


def burden_rows(account: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what both packs ask of the same people, with the difference."""
    before, after = account["before"], account["after"]
    rows = [(label, before[key], after[key]) for key, label in BURDENS.items()]
    kinds = sorted(set(before["person_days"]) | set(after["person_days"]))
    column = 0 if is_chinese() else 1
    for kind in kinds:
        label = WORDS.get(kind, (kind, kind))[column]
        rows.append((label, before["person_days"].get(kind, 0.0), after["person_days"].get(kind, 0.0)))
    return [
        {"label": label, "before": a, "after": b, "change": b - a, "is_part": k >= len(BURDENS)}
        for k, (label, a, b) in enumerate(rows)
    ]


def area_rows(account: dict[str, Any]) -> list[dict[str, Any]]:
    """Return who is released and restricted by county, the most changed first."""
    counts: dict[str, dict[str, int]] = {}
    for code, changes in account["by_area"].items():
        mine = counts.setdefault(code[:6], {})
        for change, n in changes.items():
            mine[change] = mine.get(change, 0) + n
    names = names_of(set(counts))
    rows = [
        {"name": name_of(names.get(code), code), **{change: found.get(change, 0) for change in CHANGES}}
        for code, found in counts.items()
    ]
    return sorted(rows, key=lambda row: (-row["released"] - row["restricted"], row["name"]))


def people_rows(account: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the first orders that change, with their days before and after."""
    rows = []
    for change in ("released", "restricted", "shorter", "longer", "other"):
        for one in account["shown"].get(change, [])[:20]:
            is_order = one["kind"] == "order"
            rows.append(
                {
                    "label": CHANGES[change][0],
                    "state": CHANGES[change][1],
                    "url": reverse("measures:order", args=[one["id"]]) if is_order else "",
                    **one,
                }
            )
    return rows
