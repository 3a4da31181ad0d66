"""Where the grids of the demonstration city lie: spread evenly around the centre of their county."""

from __future__ import annotations

import numpy as np
import polars as pl

from tongzhou.core.coordinates import to_wgs84
from tongzhou.server.areas.models import Area

KM_A_DEGREE = 111.0
GOLDEN_TURN = 2.399963
REACH = 0.45
"""Of the way to the nearest other county: their grids hardly mix."""


def place_grids(grids: list[str], persons: int) -> pl.DataFrame:
    """Return each grid with its persons, its point (WGS-84) and its radius in km."""
    counties = {
        area.code: to_wgs84(area.longitude, area.latitude, area.coordinate_system)
        for area in Area.objects.filter(code__in={grid[:6] for grid in grids}, longitude__isnull=False)
    }
    frame = pl.DataFrame({"code": sorted(grids), "population": [persons] * len(grids)})
    if {grid[:6] for grid in grids} - counties.keys():
        return frame  # a tree without centres: the synthesis spreads them over the city
    known = np.asarray(list(counties.values()))
    placed = [
        _spread(rows["code"].to_list(), counties[str(county)], known)
        for (county,), rows in frame.group_by(pl.col("code").str.head(6), maintain_order=True)
    ]
    return frame.join(pl.concat(placed), on="code")


def _spread(codes: list[str], centre: tuple[float, float], known: np.ndarray) -> pl.DataFrame:
    shrink = np.cos(np.radians(centre[1]))
    away = np.hypot((known[:, 0] - centre[0]) * shrink, known[:, 1] - centre[1]) * KM_A_DEGREE
    others = away[away > 0]
    radius = REACH * float(others.min()) if len(others) else 5.0
    k = np.arange(len(codes))
    reach, turn = np.sqrt((k + 0.5) / len(codes)) * radius, k * GOLDEN_TURN
    return pl.DataFrame(
        {
            "code": codes,
            "longitude": centre[0] + reach * np.cos(turn) / (KM_A_DEGREE * shrink),
            "latitude": centre[1] + reach * np.sin(turn) / KM_A_DEGREE,
            "radius_km": np.full(len(codes), radius / np.sqrt(len(codes))),
        }
    )
