"""Bulletins as pages show them: figures with sources in the reader's words."""

from __future__ import annotations

from typing import Any

from django.utils.translation import get_language, gettext, gettext_lazy

from tongzhou.interop.public_text import mask_public
from tongzhou.server.portal.models import Bulletin

MEASURE_WORDS = {
    "confirmed": gettext_lazy("Confirmed"),
    "suspected": gettext_lazy("Suspected"),
    "discharged": gettext_lazy("Discharged"),
    "deaths": gettext_lazy("Deaths"),
}
SOURCE_WORDS = {
    "official_bulletin": gettext_lazy("official bulletin"),
    "official_series": gettext_lazy("official daily series"),
    "snapshot": gettext_lazy("snapshot of a public page"),
    "case_records": gettext_lazy("case records"),
    "sum_of_areas": gettext_lazy("sum of the areas"),
}
KIND_WORDS = {
    "flight": gettext_lazy("Flight"),
    "train": gettext_lazy("Train"),
    "metro": gettext_lazy("Metro"),
    "coach": gettext_lazy("Coach"),
    "bus": gettext_lazy("Bus"),
    "taxi": gettext_lazy("Taxi"),
    "ship": gettext_lazy("Ship"),
    "place": gettext_lazy("Place"),
}


def is_chinese() -> bool:
    """Tell whether the page is read in Chinese."""
    return (get_language() or "").startswith("zh")


def name_in(entry: dict[str, Any]) -> str:
    """Return an area's name in the reader's language."""
    return entry["name"] if is_chinese() or not entry.get("name_en") else entry["name_en"]


def bulletin_rows(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return one row for each area of a bulletin, those without an area last."""
    lines = [*document["areas"], *({**line, "code": ""} for line in document["unassigned"])]
    return [{**line, "label": name_in(line), "told": told_sources(line)} for line in lines]


def shared_source(rows: list[dict[str, Any]]) -> str:
    """Return the one source of all areas, empty when they differ: said once, the table stays narrow."""
    told = {row["told"] for row in rows}
    return told.pop() if len(told) == 1 else ""


def total_figures(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the big figures of the whole area, each with its change and source."""
    changes = {"confirmed": "new", "discharged": "new_discharged", "deaths": "new_deaths"}
    return [
        {
            "label": word,
            "value": document[measure],
            "change": document.get(changes.get(measure, "")),
            "source": told_source(document["sources"].get(measure, {})),
        }
        for measure, word in MEASURE_WORDS.items()
        if document.get(measure) is not None
    ]


def told_sources(line: dict[str, Any]) -> str:
    """Return the distinct sources of a line's figures, in words."""
    return "; ".join(dict.fromkeys(told_source(source) for source in line["sources"].values()))


def told_source(source: dict[str, Any]) -> str:
    """Return where one figure comes from: kind of source, its cut-off, when a copy was taken."""
    if not source:
        return ""
    parts = [str(SOURCE_WORDS.get(source["source"], source["source"]))]
    if source.get("crawled_at"):
        parts.append(gettext("copied %(at)s") % {"at": source["crawled_at"][:16].replace("T", " ")})
    return ", ".join(parts)


def source_urls(document: dict[str, Any]) -> list[str]:
    """Return every address that a figure of the bulletin was published at."""
    lines = [document, *document["areas"], *document["unassigned"]]
    urls = (source.get("url") for line in lines for source in line["sources"].values())
    return list(dict.fromkeys(url for url in urls if url))


def text_in(bulletin: Bulletin) -> str:
    """Return a bulletin's text in the reader's language."""
    return bulletin.text_zh if is_chinese() else bulletin.text_en


def correction_in(bulletin: Bulletin) -> str:
    """Return what a bulletin corrects, in the reader's language."""
    return mask_public(bulletin.correction_zh if is_chinese() else bulletin.correction_en)


def corrected_lines(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return downward corrections of the sources within the day, in words."""
    return [{**line, "word": MEASURE_WORDS[line["measure"]]} for line in document["corrections"]]
