"""A synthetic population as the registers of a city: grids, units, places, households, persons, days.

Names, documents and phones are made up: the documents carry an area part that no authority has issued and
the phones a prefix that no operator has, so that none can belong to anybody.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import polars as pl

from tongzhou.cli.demo.ground import place_grids
from tongzhou.core.identifiers import document_check_digit
from tongzhou.epi.simulate import Population, registers, synthesize
from tongzhou.epi.simulate.activity import Days
from tongzhou.server.areas.models import Area
from tongzhou.server.people.bulk import Registers, Row, protected, recorded_now, stored_day

SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蔡蒋余"
GIVEN = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂文辉力华玉萍红建国玲宇晨欣怡子轩浩然梓涵雨桐思远嘉诚"
NOT_ISSUED = "990000"
NOT_SERVED = "100"
KIND_NAMES = {
    "home": ("住宅", "home"),
    "kindergarten": ("幼儿园", "kindergarten"),
    "primary": ("小学", "primary school"),
    "junior": ("初级中学", "junior school"),
    "senior": ("高级中学", "senior school"),
    "university": ("大学", "university"),
    "shop": ("商店", "shop"),
    "restaurant": ("餐馆", "restaurant"),
    "leisure": ("文化活动中心", "leisure centre"),
    "firm": ("公司", "firm"),
    "hospital": ("医院", "hospital"),
    "clinic": ("门诊部", "clinic"),
    "care_home": ("养老院", "care home"),
    "quarantine_site": ("隔离点", "quarantine site"),
}
PERSONS_A_COMPOUND = 320
AT_ONCE = 5000
"""Persons whose personal fields are encrypted together."""
GRIDS_A_COMMUNITY = 2
COMMUNITY_DIGITS = 12
"""Of the code of a community, and of what lies in it."""
NAMED = ("code", "level", "name_zh", "name_en")


@dataclass(frozen=True, slots=True)
class City:
    """The population of the demonstration city and its days."""

    population: Population
    days: Days
    grids: list[str]


def make_grids(communities: list[Area]) -> list[dict[str, Any]]:
    """Return the rows of two grids for each community, as children of it."""
    return [
        {
            "code": f"{community.code}{number:03d}",
            "level": "grid",
            "name_zh": f"{community.name_zh.removesuffix('居委会').removesuffix('社区')}第{number}网格",
            "name_en": f"{community.name_en or community.code} grid {number}",
            "parent": community.code,
        }
        for community in communities
        for number in range(1, GRIDS_A_COMMUNITY + 1)
    ]


def make_city(grids: list[str], n_persons: int, seed: int) -> City:
    """Synthesise the population of a city's grids and its days."""
    population = synthesize(place_grids(grids, n_persons // len(grids) + 1), n_persons, seed)
    return City(population, Days(population, seed=seed + 1), sorted(grids))


def count_residents(city: City, today: date) -> list[dict[str, Any]]:
    """Return the rows of the city's communities with their registered population, that of their grids."""
    people = np.diff(city.population.area_start)
    counted: dict[str, int] = {}
    for grid, n in zip(city.population.area_code, people, strict=True):
        counted[str(grid)[:COMMUNITY_DIGITS]] = counted.get(str(grid)[:COMMUNITY_DIGITS], 0) + int(n)
    source = {"population_on": today, "population_source": "示范城市登记"}
    return [
        {**row, **source, "population": counted[row["code"]]}
        for row in Area.objects.filter(code__in=counted).values(*NAMED)
    ]


def registers_of(city: City, today: date, seed: int) -> Registers:
    """Return every record of the city: compounds with their registered population, places, people."""
    frame = registers.places(city.population).with_columns(pl.col("area_code").cast(pl.String))
    compound_of, units = _compounds(frame.filter(pl.col("kind") == "home"), today)
    persons = registers.persons(city.population).with_columns(pl.col("area_code").cast(pl.String))
    return Registers(
        units=units,
        places=_places(frame, compound_of),
        households=_households(persons),
        persons=_persons(persons, compound_of, today, seed),
    )


def _compounds(homes: pl.DataFrame, today: date) -> tuple[dict[int, str], list[Row]]:
    """Cut the homes of each grid, in order, into compounds of about equal size."""
    compound_of: dict[int, str] = {}
    units: list[Row] = []
    for (area,), rows in homes.group_by("area_code", maintain_order=True):
        total = int(rows["persons"].sum())
        n_compounds = max(1, round(total / PERSONS_A_COMPOUND))
        part = (rows["persons"].cum_sum() - rows["persons"]) * n_compounds // max(total, 1)
        for number in range(n_compounds):
            some = rows.filter(part == number)
            code = f"{area}-C{number + 1}"
            compound_of |= dict.fromkeys(some["place"].to_list(), code)
            units.append(_unit(code, str(area), some, today))
    return compound_of, units


def _unit(code: str, area: str, homes: pl.DataFrame, today: date) -> Row:
    names = (f"{_garden(code)}小区", f"Compound {code[-6:]}")
    centre = (
        (float(homes["longitude"].mean()), float(homes["latitude"].mean())) if homes.height else (None, None)
    )
    return (
        code,
        "compound",
        area[:COMMUNITY_DIGITS],
        area,
        *names,
        int(homes["persons"].sum()),
        stored_day(today),
        *centre,
    )


@cache
def _garden(code: str) -> str:
    digits = int("".join(character for character in code if character.isdigit()))
    first = "荔翠紫桂梅榕海山锦金碧阳"
    second = "园苑湾庭轩居城庄府台林泉"
    return first[digits % len(first)] + second[digits // 7 % len(second)] + f"{digits % 89 + 1}号"


def _places(frame: pl.DataFrame, compound_of: dict[int, str]) -> Iterator[Row]:
    now = recorded_now()
    for row in frame.iter_rows(named=True):
        zh, en = KIND_NAMES[row["kind"]]
        number = row["place"]
        names = (f"{zh} {number % 100_000:05d}", f"{en.capitalize()} {number % 100_000:05d}")
        point = (row["longitude"], row["latitude"], "WGS-84")
        yield (
            number,
            now,
            row["area_code"],
            compound_of.get(number, ""),
            row["setting"],
            *names,
            *point,
            row["persons"],
        )


def _households(persons: pl.DataFrame) -> Iterator[Row]:
    now = recorded_now()
    firsts = persons.unique("household", keep="first", maintain_order=True)
    for household, area, home in firsts.select("household", "area_code", "home_place").iter_rows():
        yield (household, now, area, home)


def _persons(frame: pl.DataFrame, compound_of: dict[int, str], today: date, seed: int) -> Iterator[Row]:
    """Yield every person with a made-up name, document and phone; family members share a surname often."""
    rng = np.random.default_rng(seed)
    given = rng.integers(0, len(GIVEN), (frame.height, 3))
    frame = _born(frame, rng.integers(0, 365, frame.height), today)
    for start in range(0, frame.height, AT_ONCE):
        yield from _some_persons(frame[start : start + AT_ONCE], given[start : start + AT_ONCE], compound_of)


def _born(frame: pl.DataFrame, birth_day: np.ndarray, today: date) -> pl.DataFrame:
    """Add what documents are made of: the day of birth as YYYYMMDD, and how many of it and the sex came before."""
    year = pl.lit(today.year - 1) - pl.col("age").cast(pl.Int32)
    born = (pl.date(year, 1, 1) + pl.duration(days=pl.Series(birth_day))).dt.strftime("%Y%m%d")
    framed = frame.with_columns(born=born, is_male=pl.col("sex") == "male")
    return framed.with_columns(earlier=pl.int_range(pl.len()).over("born", "is_male"))


def _some_persons(frame: pl.DataFrame, given: np.ndarray, compound_of: dict[int, str]) -> Iterator[Row]:
    """Yield the rows of some persons, their personal fields protected together."""
    now, numbers = recorded_now(), frame["person"].to_list()
    families, picks = frame["household"].to_list(), given.tolist()
    names = [_name(*row) for row in zip(numbers, families, picks, strict=True)]
    documents = [_document(*row) for row in frame.select("born", "earlier", "is_male").iter_rows()]
    phones = [f"{NOT_SERVED}{number:08d}" for number in numbers]
    doors = [_door(home, compound_of) for home in frame["home_place"].to_list()]
    hidden = (
        *protected(names, "name"),
        *protected(documents, "document"),
        *protected(phones, "phone"),
        protected(doors, "address")[0],
    )
    known = frame.select("area_code", pl.col("born").str.head(4).cast(pl.Int32), "sex", "role")
    for number, family, personal, (area, year, sex, role) in zip(
        numbers, families, zip(*hidden, strict=True), known.iter_rows(), strict=True
    ):
        yield (number, now, area, family, *personal, sex, year, role)


def _name(number: int, household: int, pick: list[int]) -> str:
    surname = SURNAMES[(household * 7 + (number % 3 == 0) * 11) % len(SURNAMES)]
    return surname + GIVEN[pick[0]] + (GIVEN[pick[1]] if pick[2] % 4 else "")


def _door(home: int, compound_of: dict[int, str]) -> str:
    """Return the address of a home; the whole household shares it."""
    compound = compound_of.get(home, "")
    return f"{_garden(compound)}小区{home % 9 + 1}栋{home % 23 + 1}{home % 4 + 1:02d}室" if compound else ""


def _document(born: str, earlier: int, is_male: bool) -> str:
    """Return a number that passes its check digit under an area part that nobody has issued."""
    first_17 = f"{NOT_ISSUED}{born}{(earlier * 2 + is_male) % 1000:03d}"
    return first_17 + document_check_digit(first_17)
