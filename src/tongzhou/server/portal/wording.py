"""A composed bulletin as text in Chinese and English, and as JSON."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from tongzhou.interop.bulletin import AreaFigures, BulletinFigures, Correction, compose_en, compose_zh
from tongzhou.server.areas.queries import names_of
from tongzhou.server.portal.figures import AreaLine, Figures


def wording_of(figures: Figures) -> BulletinFigures:
    """Return the figures as the composer of texts wants them."""
    total = figures.total
    return BulletinFigures(
        area_name=figures.area.name_zh,
        on=figures.on,
        cutoff=figures.cutoff,
        confirmed=total.counts["confirmed"],
        new_confirmed=total.new.get("confirmed"),
        suspected=total.counts.get("suspected"),
        discharged=total.counts.get("discharged"),
        new_discharged=total.new.get("discharged"),
        deaths=total.counts.get("deaths"),
        new_deaths=total.new.get("deaths"),
        areas=tuple(_area_figures(line) for line in [*figures.areas, *figures.unassigned]),
        corrections=tuple(
            Correction(c["name"], c["measure"], c["before"], c["after"]) for c in figures.corrections
        ),
    )


def _area_figures(line: AreaLine) -> AreaFigures:
    return AreaFigures(
        code=line.code,
        name=line.name,
        confirmed=line.counts.get("confirmed"),
        new=line.new.get("confirmed"),
        discharged=line.counts.get("discharged"),
        deaths=line.counts.get("deaths"),
    )


def text_of(figures: Figures, language: str) -> str:
    """Return the bulletin's text: ``zh`` or ``en``."""
    wording = wording_of(figures)
    return compose_zh(wording) if language.startswith("zh") else compose_en(wording)


def json_of(figures: Figures) -> dict[str, Any]:
    """Return everything a bulletin states, each figure with its source."""
    english = {code: area.name_en for code, area in names_of({line.code for line in figures.areas}).items()}
    return {
        "area": {"code": figures.area.code, "name": figures.area.name_zh, "name_en": figures.area.name_en},
        "on": figures.on.isoformat(),
        "cutoff": figures.cutoff,
        "as_of": figures.as_of.isoformat(),
        "basis": figures.basis,
        **_line(figures.total),
        "areas": [
            {"code": line.code, "name": line.name, "name_en": english.get(line.code, ""), **_line(line)}
            for line in figures.areas
        ],
        "unassigned": [{"name": line.name, **_line(line)} for line in figures.unassigned],
        "corrections": figures.corrections,
    }


def _line(line: AreaLine) -> dict[str, Any]:
    return {
        "confirmed": line.counts.get("confirmed"),
        "new": line.new.get("confirmed"),
        "suspected": line.counts.get("suspected"),
        "discharged": line.counts.get("discharged"),
        "new_discharged": line.new.get("discharged"),
        "deaths": line.counts.get("deaths"),
        "new_deaths": line.new.get("deaths"),
        "sources": line.sources,
    }


def digest_of(document: dict[str, Any]) -> str:
    """Return the SHA-256 of what a bulletin states."""
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
