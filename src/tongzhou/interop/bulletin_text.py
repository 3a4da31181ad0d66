"""The wording of official bulletins: counts by area (深圳市170例、广州市150例), totals, cut-off times."""

from __future__ import annotations

import re

_ENTRY = re.compile(r"([\u4e00-\u9fff·]{2,20}?)\s*[:：]?\s*([0-9]+)\s*(?:例|人|名)")
_COUNT = re.compile(r"([0-9]+)\s*(?:例|人|名)?")
_UNSEEN = re.compile(r"[\u200b-\u200f\u2060\ufeff]|(?<=[0-9])\s+(?=[例人名])")
_PARTS = re.compile(r"[、，,；;。\s]+")
_AND = r"和(?!平[区县]|平$|田|龙市|龙$|静县|硕县|顺县|县|政县|林格尔|布克)"  # 和平区 is a name, 和平凉市 is "and"
_LEAD = re.compile(rf"^(?:其中|分别为|分别是|包括|以及|还有|{_AND}|及|与|新增|有|来自)+")


def parse_area_counts(text: str) -> list[tuple[str, int]]:
    """Return (area as written, count) in the order of a list like 广州2例、深圳14例.

    >>> parse_area_counts("其中深圳市170例、广州市150例，佛山39例。")
    [('深圳市', 170), ('广州市', 150), ('佛山', 39)]
    >>> parse_area_counts("恩施州11 例、锡林郭勒盟2例\u200b。鄂尔多斯市2例")
    [('恩施州', 11), ('锡林郭勒盟', 2), ('鄂尔多斯市', 2)]
    >>> parse_area_counts("和平区1例，和平凉市2例")
    [('和平区', 1), ('平凉市', 2)]
    """
    entries = (_ENTRY.fullmatch(part) for part in _parts(text))
    return [(entry[1], int(entry[2])) for entry in entries if entry]


def unread_parts(text: str) -> list[str]:
    """Return the parts of such a list that hold a number and were not understood.

    >>> unread_parts("深圳市1\u200b4例、广州约20余例")
    ['广州约20余例']
    """
    return [part for part in _parts(text) if re.search("[0-9]", part) and not _ENTRY.fullmatch(part)]


def _parts(text: str) -> list[str]:
    plain = _UNSEEN.sub("", text.split("#", 1)[0])
    return [_LEAD.sub("", part) for part in _PARTS.split(plain)]


def parse_count(text: str) -> int | None:
    """Return the number of a stated total (26例, 6例 # 其他来源), or ``None``.

    >>> parse_count("25例 # 其他来源")
    25
    """
    found = _COUNT.fullmatch(text.split("#", 1)[0].strip())
    return int(found[1]) if found else None
