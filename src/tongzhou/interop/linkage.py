"""Who may be the same person: comparison of two records with Chinese names in mind, and its weights from data.

Fellegi-Sunter: each part of two records (document, name, phone, birth, sex, household, area) agrees on some level;
the level's weight is log2(m/u), m its share among pairs of one person, u among pairs of two. u is counted on
pairs drawn at random, m is estimated by EM on pairs that share something, a run for each thing shared, without
the parts it fixes (the way of Splink). Pure; never merges anything.

References
----------
Fellegi and Sunter (1969), A theory for record linkage, JASA 64.
Linacre et al. (2022), Splink: free software for probabilistic record linkage at scale, IJPDS 7(3).
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tongzhou.core.identifiers import is_valid_document

SHIPPED_WEIGHTS = Path(__file__).with_name("linkage_weights.toml")
LEVELS: Mapping[str, tuple[str, ...]] = {
    "document": ("document", "document_near", ""),
    "name": ("name", "name_order", "pinyin", ""),
    "phone": ("phone", ""),
    "birth": ("birth", ""),
    "sex": ("sex", ""),
    "household": ("household", ""),
    "area": ("area", ""),
}
"""The levels of agreement of each part; the empty one is disagreement. A part unknown on a side tells nothing."""
UNKNOWN = -1
COMMUNITY_DIGITS = 12
Patterns = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """What two records are compared by; an empty text or ``None`` is unknown. ``phone`` may be any stable token."""

    document: str = ""
    name: str = ""
    phone: str = ""
    birth_year: int | None = None
    sex: str = ""
    household: int | None = None
    area_code: str = ""


@dataclass(frozen=True, slots=True)
class Weights:
    """m and u of each level, and the chance that two records drawn at random are of one person.

    source : how they were estimated, from what, and what was assumed
    """

    prior: float
    m: Mapping[str, Mapping[str, float]]
    u: Mapping[str, Mapping[str, float]]
    source: str

    def bits(self, part: str, level: str) -> float:
        """Return the weight of a level in bits."""
        return math.log2(self.m[part][level] / self.u[part][level])


@dataclass(frozen=True, slots=True)
class Match:
    """How likely two records are one person, and what agrees: ``(level, weight in bits)``."""

    probability: float
    agrees: list[tuple[str, float]] = field(default_factory=list)


@lru_cache(maxsize=8)
def read_weights(path: Path = SHIPPED_WEIGHTS) -> Weights:
    """Read weights as `write_weights` wrote them."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return Weights(table["prior"], table["m"], table["u"], table["source"])


def write_weights(path: Path, weights: Weights) -> None:
    """Write weights as TOML."""
    lines = [f'source = """{weights.source}"""', f"prior = {weights.prior:.3g}"]
    for word, shares in (("m", weights.m), ("u", weights.u)):
        for part, levels in shares.items():
            lines += [
                "",
                f"[{word}.{part}]",
                *(f'"{level}" = {share:.3g}' for level, share in levels.items()),
            ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def match(one: PersonFacts, two: PersonFacts, weights: Weights) -> Match:
    """Return how likely two records are of one person.

    >>> record = PersonFacts(name="王小明", birth_year=1980, sex="male", area_code="440305001001001")
    >>> match(record, record, read_weights()).agrees[0][0]
    'name'
    """
    bits, agrees = math.log2(weights.prior / (1 - weights.prior)), []
    for part, level in levels_of(one, two).items():
        bits += weights.bits(part, level)
        if level:
            agrees.append((level, round(weights.bits(part, level), 1)))
    return Match(1 / (1 + 2**-bits), agrees)


def levels_of(one: PersonFacts, two: PersonFacts) -> dict[str, str]:
    """Return the level of each part known on both sides."""
    levels: dict[str, str] = {}
    if one.document and two.document:
        levels["document"] = document_level(one.document, two.document)
    if one.name and two.name:
        levels["name"] = name_level(one.name, two.name)
    plain = {
        "phone": (one.phone, two.phone),
        "birth": (one.birth_year, two.birth_year),
        "sex": (one.sex, two.sex),
        "household": (one.household, two.household),
        "area": (one.area_code[:COMMUNITY_DIGITS], two.area_code[:COMMUNITY_DIGITS]),
    }
    for part, (left, right) in plain.items():
        if left and right:
            levels[part] = part if left == right else ""
    return levels


def document_level(one: str, two: str) -> str:
    """Return how two documents agree; a slip is one character, with one of the two failing its check digit.

    >>> document_level("110101199003070011", "110101199003070011")
    'document'
    """
    one, two = one.strip().upper(), two.strip().upper()
    if one == two:
        return "document"
    n_apart = sum(a != b for a, b in zip(one, two, strict=False))
    is_slip = len(one) == len(two) and n_apart == 1 and is_valid_document(one) != is_valid_document(two)
    return "document_near" if is_slip else ""


def name_level(one: str, two: str) -> str:
    """Return how two names agree: ``name``, ``name_order``, ``pinyin`` or nothing.

    >>> name_level("王小明", "王小明"), name_level("小明王", "王小明"), name_level("王晓明", "王小明")
    ('name', 'name_order', 'pinyin')
    >>> name_level("Wang Xiaoming", "王小明"), name_level("XIAOMING WANG", "王小明"), name_level("李雷", "王小明")
    ('pinyin', 'pinyin', '')
    """
    one, two = _folded(one), _folded(two)
    if one == two:
        return "name"
    if sorted(one.replace(" ", "")) == sorted(two.replace(" ", "")) and _is_turned(one, two):
        return "name_order"
    return "pinyin" if _sounds(one) & _sounds(two) else ""


def _folded(name: str) -> str:
    return " ".join(name.replace("·", " ").lower().split())


def _is_turned(one: str, two: str) -> bool:
    """Tell whether one name is the other with its parts turned: family name last instead of first."""
    plain_one, plain_two = one.replace(" ", ""), two.replace(" ", "")
    return plain_one in plain_two + plain_two


@lru_cache(maxsize=1 << 16)
def _sounds(name: str) -> frozenset[str]:
    """Return the name in pinyin without tones, family name first and last."""
    from pypinyin import lazy_pinyin

    has_characters = any("\u4e00" <= letter <= "\u9fff" for letter in name)
    parts = lazy_pinyin(name.replace(" ", "")) if has_characters else name.split()
    turns = (parts[cut:] + parts[:cut] for cut in range(max(len(parts), 1)))
    return frozenset("".join(turn) for turn in turns)


def patterns_of(pairs: Iterable[tuple[PersonFacts, PersonFacts]]) -> Patterns:
    """Return the levels of pairs as numbers, shape (pairs, parts); `UNKNOWN` where a side does not say."""
    number = {part: {level: n for n, level in enumerate(levels)} for part, levels in LEVELS.items()}
    rows = []
    for one, two in pairs:
        found = levels_of(one, two)
        rows.append([number[part][found[part]] if part in found else UNKNOWN for part in LEVELS])
    return np.asarray(rows, dtype=np.int8).reshape(-1, len(LEVELS))


def estimate_weights(
    random_pairs: Patterns,
    blocks: Mapping[str, Patterns],
    n_records: int,
    source: str,
    unseen: Weights | None = None,
) -> Weights:
    """Estimate the weights of every level from pairs alone; which pairs are one person is not known.

    Parameters
    ----------
    random_pairs : int8, shape (N, parts) — pairs drawn at random: practically all of two persons
    blocks : part that agrees on all pairs of the block -> patterns, shape (n, parts)
    n_records : how many records the pairs are drawn from; gives the chance that two at random are of one person
    unseen : weights kept for levels that neither a match nor a random pair shows; the shipped ones when left out

    Notes
    -----
    A level seen on one side only counts as half a pair on the other, so that no weight is infinite. m of a part is
    the mean over the blocks that do not fix it, weighted by the matches each holds.
    """
    u = [_shares(random_pairs[:, part], n) for part, n in enumerate(map(len, LEVELS.values()))]
    sums = [np.zeros(len(levels)) for levels in LEVELS.values()]
    n_matches = 0.5
    for held, patterns in blocks.items():
        if not len(patterns):
            continue
        parts = [n for n, part in enumerate(LEVELS) if part != held]
        chance = _matches(patterns, parts, u)
        n_matches = max(n_matches, float(chance.sum()))
        for part in parts:
            known = patterns[:, part] != UNKNOWN
            sums[part] += np.bincount(patterns[known, part], chance[known], len(sums[part]))
    m = [(total + 0.5) / (total.sum() + 0.5 * len(total)) for total in sums]
    kept = unseen or read_weights()
    for number, (name, levels) in enumerate(LEVELS.items()):
        is_unseen = (sums[number] < 0.5) & ~np.isin(np.arange(len(levels)), random_pairs[:, number])
        m[number] = _with_kept(m[number], is_unseen, [kept.m[name][level] for level in levels])
        u[number] = _with_kept(u[number], is_unseen, [kept.u[name][level] for level in levels])
    return Weights(2 * n_matches / n_records**2, _named(m), _named(u), source)


def _with_kept(
    shares: npt.NDArray[np.float64], is_unseen: npt.NDArray[np.bool_], kept: Sequence[float]
) -> npt.NDArray[np.float64]:
    """Return shares with the kept ones where nothing was seen; the seen ones make up the rest of the whole."""
    found = np.where(is_unseen, kept, shares)
    rest = found[~is_unseen].sum()
    return np.where(is_unseen, found, found * (1 - found[is_unseen].sum()) / rest) if rest else found


def _shares(levels: npt.NDArray[np.int8], n_levels: int) -> npt.NDArray[np.float64]:
    counts = np.bincount(levels[levels != UNKNOWN], minlength=n_levels) + 0.5
    return counts / counts.sum()


def _matches(
    patterns: Patterns, parts: Sequence[int], u: Sequence[npt.NDArray[np.float64]], n_rounds: int = 200
) -> npt.NDArray[np.float64]:
    """Return the chance of each pair of a block to be one person, by EM over m with u held."""
    kinds, kind_of, counts = np.unique(patterns, axis=0, return_inverse=True, return_counts=True)
    m = {part: np.r_[0.9, np.full(len(u[part]) - 1, 0.1 / (len(u[part]) - 1))] for part in parts}
    share, chance = 0.5, np.zeros(len(kinds))
    for _ in range(n_rounds):
        before = chance
        log_odds = np.full(len(kinds), np.log(share) - np.log1p(-share))
        for part in parts:
            level = kinds[:, part]
            ratio = np.log(m[part]) - np.log(u[part])
            log_odds += np.where(level == UNKNOWN, 0.0, ratio[level])
        chance = 1 / (1 + np.exp(-log_odds))
        weight = chance * counts
        share = min(max(weight.sum() / counts.sum(), 1e-9), 1 - 1e-9)
        for part in parts:
            known = kinds[:, part] != UNKNOWN
            total = np.bincount(kinds[known, part], weight[known], len(u[part])) + 1e-3
            m[part] = total / total.sum()
        if np.abs(chance - before).max() < 1e-6:
            break
    return np.asarray(chance[kind_of.ravel()])


def _named(shares: Sequence[npt.NDArray[np.float64]]) -> dict[str, dict[str, float]]:
    return {
        part: dict(zip(levels, map(float, values), strict=True))
        for (part, levels), values in zip(LEVELS.items(), shares, strict=True)
    }
