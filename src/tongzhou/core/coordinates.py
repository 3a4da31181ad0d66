"""Coordinates carry their system; this converts between WGS-84 and GCJ-02 at the edge.

Owns the shift that published Chinese maps apply (GCJ-02) and its inverse. Never guesses which system a pair is in.
"""

from __future__ import annotations

import math

from tongzhou.core.errors import InputError

WGS_84, GCJ_02 = "WGS-84", "GCJ-02"
SYSTEMS = (WGS_84, GCJ_02)

_SEMI_MAJOR_M = 6_378_245.0
_ECCENTRICITY_SQUARED = 0.006_693_421_622_965_943
_CHINA = (72.004, 137.8347, 0.8293, 55.8271)
_ROUNDS = 6


def to_gcj02(longitude: float, latitude: float, system: str = WGS_84) -> tuple[float, float]:
    """Return a point in GCJ-02; outside China the two systems agree.

    Parameters
    ----------
    longitude, latitude : float, degrees
    system : str — the system the point is given in

    Raises
    ------
    InputError — ``coordinates.unknown_system``; ``coordinates.out_of_range``

    References
    ----------
    The Krasovsky 1940 ellipsoid and the shift series as published by OpenStreetMap, "Restrictions on geographic
    data in China", section GCJ-02.

    Examples
    --------
    >>> [round(part, 5) for part in to_gcj02(116.39131, 39.90731)]
    [116.39755, 39.90871]
    >>> to_gcj02(116.4, 39.9, GCJ_02)
    (116.4, 39.9)
    """
    _check(longitude, latitude, system)
    if system == GCJ_02 or not _is_in_china(longitude, latitude):
        return longitude, latitude
    east, north = _shift(longitude, latitude)
    return longitude + east, latitude + north


def to_wgs84(longitude: float, latitude: float, system: str = GCJ_02) -> tuple[float, float]:
    """Return a point in WGS-84, exact to a millimetre by fixed-point rounds.

    Raises InputError like `to_gcj02`.

    >>> [round(part, 5) for part in to_wgs84(*to_gcj02(113.95, 22.54))]
    [113.95, 22.54]
    """
    _check(longitude, latitude, system)
    if system == WGS_84 or not _is_in_china(longitude, latitude):
        return longitude, latitude
    east, north = longitude, latitude
    for _ in range(_ROUNDS):
        shift_east, shift_north = _shift(east, north)
        east, north = longitude - shift_east, latitude - shift_north
    return east, north


def _check(longitude: float, latitude: float, system: str) -> None:
    if system not in SYSTEMS:
        raise InputError(
            "coordinates.unknown_system",
            f"{system!r} is no coordinate system known here.",
            f"Systems: {', '.join(SYSTEMS)}.",
        )
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        raise InputError(
            "coordinates.out_of_range",
            f"({longitude}, {latitude}) is no longitude and latitude in degrees.",
            "Give longitude first, from -180 to 180, then latitude, from -90 to 90.",
        )


def _is_in_china(longitude: float, latitude: float) -> bool:
    west, east, south, north = _CHINA
    return west <= longitude <= east and south <= latitude <= north


def _shift(longitude: float, latitude: float) -> tuple[float, float]:
    """Return the shift from WGS-84 to GCJ-02 in degrees, east and north."""
    x, y = longitude - 105.0, latitude - 35.0
    root = math.sqrt(abs(x))
    wave = 20.0 * math.sin(6 * x * math.pi) + 20.0 * math.sin(2 * x * math.pi)
    north = -100.0 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += (wave + 20.0 * math.sin(y * math.pi) + 40.0 * math.sin(y / 3 * math.pi)) * 2 / 3
    north += (160.0 * math.sin(y / 12 * math.pi) + 320.0 * math.sin(y * math.pi / 30)) * 2 / 3
    east = 300.0 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += (wave + 20.0 * math.sin(x * math.pi) + 40.0 * math.sin(x / 3 * math.pi)) * 2 / 3
    east += (150.0 * math.sin(x / 12 * math.pi) + 300.0 * math.sin(x / 30 * math.pi)) * 2 / 3
    phi = math.radians(latitude)
    narrow = 1 - _ECCENTRICITY_SQUARED * math.sin(phi) ** 2
    metres_north = _SEMI_MAJOR_M * (1 - _ECCENTRICITY_SQUARED) / narrow**1.5
    metres_east = _SEMI_MAJOR_M / math.sqrt(narrow) * math.cos(phi)
    return math.degrees(east / metres_east), math.degrees(north / metres_north)
