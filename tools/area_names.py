"""English names of areas: the pinyin of the proper name and the kind of area.

The names that English has of its own, and the readings a dictionary gets wrong, are in ``area_names.toml``.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from pypinyin import Style, lazy_pinyin, load_phrases_dict, load_single_dict

TABLES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
ENGLISH: dict[str, str] = TABLES["english"]
PEOPLES: dict[str, str] = TABLES["peoples"]
PROPER_PEOPLES: dict[str, str] = TABLES["proper_peoples"]
KINDS: list[tuple[str, str]] = list(TABLES["kinds"].items())
READINGS: dict[str, list[str]] = {text: reading.split() for text, reading in TABLES["readings"].items()}

load_single_dict({ord(text): reading[0] for text, reading in READINGS.items() if len(text) == 1})
load_phrases_dict(
    {text: [[syllable] for syllable in reading] for text, reading in READINGS.items() if len(text) > 1}
)


def spell(name: str) -> str:
    """Return the pinyin of a proper name in one word, with the apostrophe the standard asks for.

    >>> spell("深圳"), spell("西安"), spell("六安")
    ('Shenzhen', "Xi'an", "Lu'an")
    """
    syllables = lazy_pinyin(name, style=Style.NORMAL, v_to_u=False, errors=list)
    word = ""
    for syllable in syllables:
        needs_mark = word[-1:].isalpha() and word[-1:].isascii() and syllable[:1] in {"a", "e", "o"}
        word += f"'{syllable}" if needs_mark else syllable
    word = word.replace("v", "ü")
    return word[:1].upper() + word[1:]


def _split_peoples(name: str) -> tuple[str, list[str]]:
    """Take the peoples off the end of an autonomous area's name."""
    peoples: list[str] = []
    while len(name) > 2 and name not in PROPER_PEOPLES:
        found = [people for people in PEOPLES if name.endswith(people) and len(people) < len(name)]
        if not found:
            break
        longest = max(found, key=len)
        name, peoples = name[: -len(longest)], [PEOPLES[longest], *peoples]
    return name, peoples


def english_name(name: str) -> str:
    """Return the English name of an area of any level.

    >>> english_name("深圳市"), english_name("南山区"), english_name("翠洲社区居民委员会")
    ('Shenzhen', 'Nanshan District', 'Cuizhou Community')
    >>> english_name("延边朝鲜族自治州"), english_name("广西壮族自治区"), english_name("香港特别行政区")
    ('Yanbian Korean Autonomous Prefecture', 'Guangxi', 'Hong Kong')
    """
    if name in ENGLISH:
        return ENGLISH[name]
    # An ending of several characters leaves at least two: 清新区 is the district Qingxin, no new area.
    fitting = ((e, k) for e, k in KINDS if name.endswith(e) and len(name) > len(e) + (len(e) > 1))
    ending, kind = next(fitting, ("", ""))
    proper = name.removesuffix(ending)
    if len(proper) == 1 and not kind.startswith("Autonomous"):
        return f"{spell(name)} {kind}".strip()  # 县 and 区 belong to a name of one character
    peoples: list[str] = []
    if ending.startswith("自治") and proper not in ENGLISH:
        proper, peoples = _split_peoples(proper)
    word = ENGLISH.get(proper) or PROPER_PEOPLES.get(proper) or spell(proper)
    return " ".join([word, *(peoples if kind else []), kind]).strip()
