"""What a population must look like: areas with their residents, and the sourced tables of its composition.

Owns reading and checking of the marginals. Never draws a person.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import polars as pl
from scipy.optimize import brentq

from tongzhou.core.errors import InputError, list_offenders
from tongzhou.epi.simulate.checks import refuse

FloatArray = np.ndarray[Any, np.dtype[np.float64]]
IntArray = np.ndarray[Any, np.dtype[np.int64]]

_BANDS = (0, 15, 60, 101)
_HOMES = ("household_size", "collective_share")
_LARGEST_MEAN = 9.0
_ANY = (-np.inf, np.inf)
_RANGES = {
    "population": _ANY, "share_0_14": _ANY, "share_60_plus": _ANY, "collective_share": _ANY, "household_size": _ANY,
    "longitude": (-180.0, 180.0), "latitude": (-90.0, 90.0), "radius_km": (0.0, 1e4),
}  # fmt: skip
"""Columns of an area that must be numbers, and within which bounds; the first five have sentences of their own."""
_PADDED = 6


@dataclass(frozen=True, slots=True)
class AreaMarginals:
    """Areas to fill, in the order of their codes as text, so that each area follows its parent's.

    code : int64, shape (A,) — area codes without padding
    persons : int64, shape (A,) — persons to make
    residents : int64, shape (A,) — registered residents they stand for
    longitude, latitude, radius_km : float64, shape (A,) — centre and extent
    age : float64, shape (A, 101) — age distribution, rows sum to 1
    city : int64, shape (A,) — code of the city that holds the area, for commuting
    household_size : float64, shape (A,) — mean size of family households
    collective_share : float64, shape (A,) — residents of shared rooms
    """

    code: IntArray
    persons: IntArray
    residents: IntArray
    longitude: FloatArray
    latitude: FloatArray
    radius_km: FloatArray
    age: FloatArray
    city: IntArray
    household_size: FloatArray
    collective_share: FloatArray


@cache
def composition() -> Mapping[str, Any]:
    """Return the table `population.toml`."""
    return tomllib.loads((files(__package__) / "tables" / "population.toml").read_text(encoding="utf-8"))


@cache
def cities() -> pl.DataFrame:
    """Return the cities the project knows: code, name, population, area, seat, shares of age bands."""
    with (files(__package__) / "tables" / "cities.csv").open("rb") as stream:
        return pl.read_csv(stream, schema_overrides={"code": pl.Int64})


def age_shape(share_0_14: float, share_60_plus: float) -> FloatArray:
    """Return an age distribution over 0..100 whose bands 0-14 and 60+ have the given shares.

    Within a band the shape is the national one of the 2020 census, even within five years.
    """
    groups = np.asarray(composition()["age"]["groups"], float)
    single = np.append(np.repeat(groups[:-1] / 5, 5), groups[-1])
    shares = (share_0_14, 1 - share_0_14 - share_60_plus, share_60_plus)
    for low, high, share in zip(_BANDS[:-1], _BANDS[1:], shares, strict=True):
        single[low:high] *= share / single[low:high].sum()
    return single


def household_sizes(mean: float) -> FloatArray:
    """Return shares of family households of 1, 2, ... persons: those of the census, tilted to a mean size.

    >>> float(household_sizes(3.0) @ range(1, 11))
    3.0
    """
    sizes = np.asarray(composition()["household"]["size_shares"], float)
    sizes /= sizes.sum()
    n = np.arange(1, len(sizes) + 1)

    def tilted(slope: float) -> FloatArray:
        share = sizes * np.exp(slope * n)
        return np.asarray(share / share.sum())

    slope = brentq(lambda s: float(tilted(s) @ n) - mean, -20, 20, xtol=1e-14)
    return np.round(tilted(slope), 15)


@cache
def mean_household() -> float:
    """Return the mean size of family households in the census."""
    sizes = np.asarray(composition()["household"]["size_shares"], float)
    return float(sizes @ np.arange(1, len(sizes) + 1) / sizes.sum())


def gravity(persons: FloatArray, longitude: FloatArray, latitude: FloatArray) -> FloatArray:
    """Return cumulative shares of the other cities among those who leave each city, shape (K, K), by gravity.

    References
    ----------
    Zipf (1946), The P1 P2 / D hypothesis, Am Sociol Rev 11:677; exponents as `population.toml` says.
    """
    travel = composition()["travel"]
    east = (longitude[:, None] - longitude) * 111.0 * np.cos(np.radians(latitude.mean()))
    away = np.hypot(east, (latitude[:, None] - latitude) * 111.0)
    away = np.maximum(away, travel["gravity_least_km"])
    pull = persons[None, :] ** travel["gravity_population"] / away ** travel["gravity_distance"]
    np.fill_diagonal(pull, 0.0)
    total = pull.sum(axis=1, keepdims=True)
    return np.asarray(np.cumsum(np.divide(pull, total, out=np.zeros_like(pull), where=total > 0), axis=1))


@cache
def _city_shares() -> dict[int, tuple[float, float]]:
    """Return the shares of 0-14 and 60+ by city; cities without a figure share the rest of the province."""
    table, province = cities(), composition()["age"]
    known = table.drop_nulls("share_0_14")
    total, some = float(table["population"].sum()), float(known["population"].sum())

    def left(name: str) -> float:
        held = float((known[name] * known["population"]).sum())
        return (float(province[name]) * total - held) / (total - some)

    rest = (left("share_0_14"), left("share_60_plus"))
    return {
        row["code"]: (row["share_0_14"], row["share_60_plus"]) if row["share_0_14"] is not None else rest
        for row in table.iter_rows(named=True)
    }


def resolve_areas(areas: Sequence[object] | pl.DataFrame, n_persons: int | None = None) -> AreaMarginals:
    """Return the marginals of the areas to fill.

    Parameters
    ----------
    areas : sequence of codes (str or int), or a frame with ``code`` and, where known, ``population``,
        ``longitude``, ``latitude``, ``radius_km``, ``share_0_14``, ``share_60_plus``, ``household_size``,
        ``collective_share``
    n_persons : int, persons — size of the whole population; every resident when left out

    Raises
    ------
    InputError
        ``simulate.unknown_area`` for a code outside the known cities without a population of its own,
        ``simulate.bad_population`` for counts below 0, ``simulate.bad_shares`` for shares outside 0..1,
        ``simulate.bad_households`` for mean sizes no household can have.
    """
    frame = areas if isinstance(areas, pl.DataFrame) else _frame_of(areas)
    if frame.is_empty() or "code" not in frame.columns:
        raise InputError("simulate.no_areas", "No area is given.", "Give area codes, for example ['4403'].")
    frame = frame.with_columns(pl.col("code").cast(pl.String)).sort("code")
    _check_readable(frame)
    frame = _with_defaults(frame)
    _check(frame)
    residents = frame["population"].to_numpy().astype(np.int64)
    shapes = {
        pair: age_shape(*pair) for pair in set(zip(frame["share_0_14"], frame["share_60_plus"], strict=True))
    }
    ages = np.stack([shapes[pair] for pair in zip(frame["share_0_14"], frame["share_60_plus"], strict=True)])
    return AreaMarginals(
        code=frame["code"].cast(pl.Int64).to_numpy(),
        persons=_apportion(residents, int(residents.sum()) if n_persons is None else n_persons),
        residents=residents,
        longitude=frame["longitude"].to_numpy().astype(float),
        latitude=frame["latitude"].to_numpy().astype(float),
        radius_km=frame["radius_km"].to_numpy().astype(float),
        age=ages,
        city=frame["city"].to_numpy(),
        household_size=frame["household_size"].to_numpy().astype(float),
        collective_share=frame["collective_share"].to_numpy().astype(float),
    )


def _check_readable(frame: pl.DataFrame) -> None:
    """Refuse codes that are no numbers, and columns that hold no numbers or impossible places."""
    text = frame.filter(~pl.col("code").str.contains(r"^\d{1,18}$").fill_null(False))["code"].to_list()
    if text:
        raise InputError(
            "simulate.unknown_area",
            f"The population of {list_offenders(text)} is not known.",
            "Give a code such as 44 or 4403, or a frame with the columns code and population.",
        )
    bad = []
    for name, (low, high) in _RANGES.items():
        if name in frame.columns:
            values = frame[name].cast(pl.Float64, strict=False)
            lost = (values.is_null() & frame[name].is_not_null()) | values.is_nan() | values.is_infinite()
            outside = ~values.is_between(low, high) & values.is_not_null()
            bad += [
                f"{name} {value}"
                for value in frame[name].filter((lost | outside).fill_null(True) & frame[name].is_not_null())
            ]
    refuse(bad)


def plain_code(code: object) -> str:
    """Return an area code without the zeros that pad it to six digits.

    >>> plain_code(440300), plain_code("44"), plain_code("440305001")
    ('4403', '44', '440305001')
    """
    text = str(code)
    return text.removesuffix("00").removesuffix("00") if len(text) == _PADDED else text


def _frame_of(codes: Iterable[object]) -> pl.DataFrame:
    """Return one row an area; a province stands for its cities."""
    found: list[str] = []
    for code in codes:
        text = plain_code(code)
        within = [str(c) for c in cities()["code"] if str(c).startswith(text)]
        found.extend(within if len(text) < 4 and within else [text])
    return pl.DataFrame({"code": sorted(set(found))}, schema={"code": pl.String})


def _with_defaults(frame: pl.DataFrame) -> pl.DataFrame:
    """Fill what the caller left out from the city that holds each area, shared evenly among its areas."""
    known = cities().rename({"population": "city_population"}).drop("name")
    names = ["longitude", "latitude", "share_0_14", "share_60_plus"]
    known = known.rename({name: f"city_{name}" for name in names})
    known = known.rename({"code": "city"})
    frame = frame.with_columns(pl.col("code").str.slice(0, 4).cast(pl.Int64).alias("city")).join(
        known, on="city", how="left"
    )
    absent = [n for n in ("population", "radius_km", *names, *_HOMES) if n not in frame.columns]
    frame = frame.with_columns([pl.lit(None, pl.Float64).alias(n) for n in absent])
    lost = frame.filter(pl.col("population").is_null() & pl.col("city_population").is_null())[
        "code"
    ].to_list()
    if lost:
        raise InputError(
            "simulate.unknown_area",
            f"The population of {list_offenders(lost)} is not known.",
            "Give a code such as 44 or 4403, or a frame with the columns code and population.",
        )
    shares = {c: _city_shares().get(c) for c in frame["city"].unique()}
    default = (composition()["age"]["share_0_14"], composition()["age"]["share_60_plus"])
    by_city = pl.DataFrame(
        [(c, *(s or default)) for c, s in shares.items()],
        schema={"city": pl.Int64, "d_0_14": pl.Float64, "d_60_plus": pl.Float64},
        orient="row",
    )
    n_in_city = pl.len().over("city")
    frame = frame.join(by_city, on="city", how="left").sort("code")
    angle = pl.int_range(pl.len()).over("city") * 2.399963  # golden angle: even cover of a disc
    reach = ((pl.int_range(pl.len()).over("city") + 0.5) / n_in_city).sqrt()
    city_km = (pl.col("area_km2").fill_null(100.0) / 3.1416).sqrt() * 0.6
    spread = pl.when(n_in_city > 1).then(reach * city_km).otherwise(0.0)
    return frame.with_columns(
        pl.col("population").fill_null((pl.col("city_population") / n_in_city).round()).cast(pl.Int64),
        pl.col("longitude").fill_null(
            pl.col("city_longitude").fill_null(113.3) + spread * angle.cos() / 102.0
        ),
        pl.col("latitude").fill_null(pl.col("city_latitude").fill_null(23.1) + spread * angle.sin() / 111.0),
        pl.col("radius_km").fill_null(city_km / n_in_city.sqrt()),
        pl.col("share_0_14").fill_null(pl.col("d_0_14")),
        pl.col("share_60_plus").fill_null(pl.col("d_60_plus")),
        pl.col("household_size").fill_null(mean_household()),
        pl.col("collective_share").fill_null(float(composition()["household"]["collective_share"])),
    )


def _check(frame: pl.DataFrame) -> None:
    """Refuse counts and shares that cannot be."""
    bad = frame.filter(pl.col("population") < 0)["code"].to_list()
    if bad:
        raise InputError(
            "simulate.bad_population",
            f"Areas {list_offenders(bad)} have less than 0 residents.",
            "Correct the column population.",
        )
    twice = frame.filter(pl.col("code").is_duplicated())["code"].unique().to_list()
    if twice:
        raise InputError(
            "simulate.area_twice", f"Areas {list_offenders(twice)} stand twice.", "Give each area once."
        )
    share = pl.col("share_0_14") + pl.col("share_60_plus")
    least = pl.min_horizontal("share_0_14", "share_60_plus", "collective_share")
    odd = frame.filter((least < 0) | (share > 1) | (pl.col("collective_share") > 1))["code"].to_list()
    if odd:
        raise InputError(
            "simulate.bad_shares",
            f"Age shares of {list_offenders(odd)} lie outside 0..1 or sum to more than 1.",
            "Give shares of the population, for example 0.19 and 0.12.",
        )
    wrong = frame.filter(pl.col("household_size").is_between(1.0, _LARGEST_MEAN, closed="none").not_())
    if len(wrong):
        raise InputError(
            "simulate.bad_households",
            f"Households of {list_offenders(wrong['code'].to_list())} cannot have a mean size of "
            f"{list_offenders(wrong['household_size'].to_list())}.",
            f"Give a mean above 1 and below {_LARGEST_MEAN}.",
        )


def _apportion(residents: IntArray, n_persons: int) -> IntArray:
    """Share `n_persons` over the areas by residents, largest remainders first."""
    total = int(residents.sum())
    if not 1 <= n_persons <= total:
        raise InputError(
            "simulate.bad_population",
            f"{n_persons} persons cannot be made from {total} residents.",
            "Make at least 1, and at most every resident.",
        )
    exact = residents * (n_persons / total)
    floor = np.floor(exact).astype(np.int64)
    order = np.argsort(-(exact - floor), kind="stable")
    floor[order[: n_persons - int(floor.sum())]] += 1
    return floor
