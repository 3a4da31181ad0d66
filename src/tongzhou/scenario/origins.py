"""Where the residents of a city of Guangdong are at the Spring Festival: shares of provinces and of other cities.

Owns the table `origins.toml` and the gravity model over it. Never counts anybody.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from tomllib import loads
from typing import Any

import numpy as np

from tongzhou.core.errors import InputError
from tongzhou.epi.simulate.festival import AFTER
from tongzhou.epi.simulate.marginals import cities, gravity

HOME = "44"
_KM = 111.0


@cache
def _table() -> dict[str, Any]:
    return loads((files(__package__) / "origins.toml").read_text(encoding="utf-8"))


def sources(column: str = "source") -> list[str]:
    """Return what the shares rest on; in Chinese by the column ``source_zh``."""
    return [str(_table()[part][column]) for part in ("split", "gravity", "provinces")]


def next_new_year(today: date) -> date | None:
    """Return the lunar New Year whose season of travel is under way or comes next; none beyond the table.

    >>> next_new_year(date(2022, 2, 20)), next_new_year(date(2022, 3, 20))
    (datetime.date(2022, 2, 1), datetime.date(2023, 1, 22))
    """
    coming = (day for day in _table()["new_years"]["days"] if day + timedelta(days=AFTER) >= today)
    return next(coming, None)


def residents_of_origin(code: str) -> int | None:
    """Return the residents of a province, or of a city of Guangdong, by the census.

    >>> residents_of_origin("43"), residents_of_origin("4401"), residents_of_origin("430100")
    (66444864, 18676605, None)
    """
    if code.isdigit() and code in _table()["provinces"]:
        return int(_table()["provinces"][code][0])
    return {str(c): int(n) for c, n in cities().select("code", "population").iter_rows()}.get(code)


@cache
def origin_shares(city: str) -> dict[str, float]:
    """Return the share of each other place among the residents of a city who travel; the shares sum to one.

    city : four-digit code of a city of Guangdong

    Raises
    ------
    InputError
        ``return.no_origins`` for a place elsewhere

    Notes
    -----
    Other provinces and other cities of Guangdong share the travellers as the census splits residents from elsewhere.
    Within each part gravity decides: between provinces as fitted to the two weeks before New Year 2020, between
    cities as the simulation travels.

    References
    ----------
    Zipf (1946), The P1 P2 / D hypothesis, Am Sociol Rev 11:677.

    >>> shares = origin_shares("4403")
    >>> round(sum(shares.values()), 9), max(shares, key=shares.get)
    (1.0, '4401')
    """
    table = cities()
    codes = [str(code) for code in table["code"]]
    if city not in codes:
        raise InputError(
            "return.no_origins",
            f"Where travellers of {city} come from is not known.",
            "Give figures by origin, or a city of Guangdong.",
        )
    place = codes.index(city)
    x, y = table["longitude"].to_numpy(), table["latitude"].to_numpy()
    inside = np.diff(gravity(table["population"].to_numpy().astype(float), x, y)[place], prepend=0.0)
    split = _table()["split"]
    part = split["other_provinces"] / (split["other_provinces"] + split["other_cities"])
    provinces = _provinces(float(x[place]), float(y[place]))
    shares = {code: part * share for code, share in provinces.items()}
    return shares | {
        c: float((1 - part) * s) for c, s in zip(codes, inside, strict=True) if c != city and s > 0
    }


def _provinces(longitude: float, latitude: float) -> dict[str, float]:
    """Return the shares of the other provinces among those who leave the province from a place."""
    entries = {c: row for c, row in _table()["provinces"].items() if c.isdigit() and c != HOME}
    persons, east, north = np.asarray(list(entries.values()), float).T
    wide = (east - longitude) * _KM * np.cos(np.radians((north + latitude) / 2))
    away = np.hypot(wide, (north - latitude) * _KM)
    powers = _table()["gravity"]
    pull = persons ** powers["population"] / away ** powers["distance"]
    return dict(zip(entries, (pull / pull.sum()).tolist(), strict=True))
