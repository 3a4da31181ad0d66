"""Estimate the weights of record linkage that are shipped, from a made-up register and a second report of a part of it.

What the second report gets wrong is an assumption (`SLIPS`), since no register of persons is public. An installation
replaces the shipped weights by its own (`tongzhou linkage estimate`). Run: ``python tools/linkage_weights.py``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations

import numpy as np
import polars as pl
from pypinyin import lazy_pinyin

from tongzhou.core.identifiers import document_check_digit
from tongzhou.epi.simulate import registers, synthesize
from tongzhou.interop.linkage import (
    COMMUNITY_DIGITS,
    SHIPPED_WEIGHTS,
    Patterns,
    PersonFacts,
    Weights,
    estimate_weights,
    patterns_of,
    write_weights,
)

N_PERSONS, SHARE_TWICE, N_RANDOM, SEED = 20_000, 0.02, 400_000, 5
N_COMMUNITIES = 200
SLIPS: Mapping[str, float] = {
    "document missing": 0.15, "document slip": 0.03, "name by sound": 0.04, "name romanised": 0.02,
    "name turned": 0.01, "name another": 0.01, "phone missing": 0.10, "phone another": 0.15,
    "birth another": 0.01, "sex another": 0.005, "household unknown": 0.30, "area another": 0.20,
}  # fmt: skip
"""Assumed share of second reports with each difference."""
BLOCKS = ("document", "name", "phone")
"""What pairs share; not the household, since a family agrees on more than strangers and is not one person."""
TODAY = date(2022, 7, 1)
SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蔡蒋余"
GIVEN = (
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂文辉力华玉萍红建国玲宇晨欣怡子轩浩然梓涵雨桐思远嘉诚晓小"
)
NOT_ISSUED, NOT_SERVED = "990000", "100"


def make_register(n_persons: int, seed: int) -> list[PersonFacts]:
    """Return a made-up register: households, ages and sexes of the synthetic population, names drawn at random."""
    rng = np.random.default_rng(seed)
    codes = [f"440305{n:06d}001" for n in range(N_COMMUNITIES)]
    population = synthesize(
        pl.DataFrame({"code": codes, "population": [n_persons // N_COMMUNITIES + 1] * N_COMMUNITIES}),
        n_persons,
        seed,
    )
    rows = registers.persons(population).iter_rows(named=True)
    return [_person(row, number, rng) for number, row in enumerate(rows)]


def _person(row: Mapping[str, object], number: int, rng: np.random.Generator) -> PersonFacts:
    born = TODAY - timedelta(days=int(row["age"]) * 365 + int(rng.integers(365)))
    first_17 = f"{NOT_ISSUED}{born:%Y%m%d}{number % 1000:03d}"
    return PersonFacts(
        document=first_17 + document_check_digit(first_17),
        name=_name(rng),
        phone=f"{NOT_SERVED}{number:08d}",
        birth_year=born.year,
        sex=str(row["sex"]),
        household=int(row["household"]),
        area_code=str(row["area_code"]),
    )


def _name(rng: np.random.Generator) -> str:
    return str(rng.choice(list(SURNAMES))) + "".join(rng.choice(list(GIVEN), int(rng.integers(1, 3))))


def report_again(person: PersonFacts, rng: np.random.Generator) -> PersonFacts:
    """Return the same person as reported a second time, with the assumed differences."""
    has = {name: rng.random() < share for name, share in SLIPS.items()}
    changes: dict[str, object] = {}
    if has["document missing"]:
        changes["document"] = ""
    elif has["document slip"]:
        at = int(rng.integers(6, 17))
        changes["document"] = person.document[:at] + str(int(rng.integers(10))) + person.document[at + 1 :]
    changes["name"] = _renamed(person.name, has, rng)
    if has["phone missing"] or has["phone another"]:
        changes["phone"] = "" if has["phone missing"] else f"{NOT_SERVED}9{int(rng.integers(10**7)):07d}"
    if has["birth another"]:
        changes["birth_year"] = (person.birth_year or 0) + int(rng.choice([-10, -1, 1, 10]))
    if has["sex another"]:
        changes["sex"] = "male" if person.sex == "female" else "female"
    if has["household unknown"]:
        changes["household"] = None
    if has["area another"]:
        changes["area_code"] = f"440305{int(rng.integers(N_COMMUNITIES)):06d}001"
    return replace(person, **changes)


def _renamed(name: str, has: Mapping[str, bool], rng: np.random.Generator) -> str:
    if has["name by sound"]:
        sound = lazy_pinyin(name[-1])[0]
        alike = [one for one in GIVEN if one != name[-1] and lazy_pinyin(one)[0] == sound]
        return name[:-1] + (str(rng.choice(alike)) if alike else name[-1])
    if has["name romanised"]:
        return " ".join(lazy_pinyin(name)).title()
    if has["name turned"]:
        return name[1:] + name[0]
    return _name(rng) if has["name another"] else name


def with_second_reports(
    register: list[PersonFacts], share: float, seed: int
) -> tuple[list[PersonFacts], set[tuple[int, int]]]:
    """Return the register with a share of it reported again, and which places hold one person."""
    rng = np.random.default_rng(seed)
    chosen = rng.choice(len(register), int(len(register) * share), replace=False)
    again = [report_again(register[i], rng) for i in chosen]
    return [*register, *again], {(int(i), len(register) + n) for n, i in enumerate(chosen)}


def block_pairs(records: list[PersonFacts], part: str, limit: int = 200_000) -> Iterator[tuple[int, int]]:
    """Yield the pairs of records that agree on a part."""
    groups: dict[object, list[int]] = defaultdict(list)
    for number, record in enumerate(records):
        key = (
            (record.area_code[:COMMUNITY_DIGITS], record.birth_year)
            if part == "area"
            else getattr(record, part)
        )
        if key:
            groups[key].append(number)
    n_given = 0
    for members in groups.values():
        for pair in combinations(members, 2):
            if n_given == limit:
                return
            n_given += 1
            yield pair


def patterns_among(records: list[PersonFacts], pairs: list[tuple[int, int]]) -> Patterns:
    """Return the levels of some pairs of records."""
    return patterns_of((records[i], records[j]) for i, j in pairs)


def estimate(records: list[PersonFacts], source: str, seed: int, n_random: int = N_RANDOM) -> Weights:
    """Estimate weights from records alone, without knowing who is who."""
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, len(records), (n_random, 2))
    random_pairs = [(int(i), int(j)) for i, j in drawn if i != j]
    blocks = {part: patterns_among(records, list(block_pairs(records, part))) for part in BLOCKS}
    return estimate_weights(patterns_among(records, random_pairs), blocks, len(records), source)


def main() -> None:
    records, _truth = with_second_reports(make_register(N_PERSONS, SEED), SHARE_TWICE, SEED + 1)
    slips = ", ".join(f"{name} {share:.1%}" for name, share in SLIPS.items())
    source = (
        f"u counted on {N_RANDOM:,} pairs drawn at random, m by EM on pairs that share document, name or phone, "
        f"from a made-up register of {N_PERSONS:,} persons of whom {SHARE_TWICE:.0%} are reported twice "
        f"(tools/linkage_weights.py, seed {SEED}). Assumed of a second report: {slips}. "
        "Replace by an installation's own: tongzhou linkage estimate."
    )
    write_weights(SHIPPED_WEIGHTS, estimate(records, source, SEED))


if __name__ == "__main__":
    main()
