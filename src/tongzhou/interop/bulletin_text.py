"""The wording of official bulletins: counts by area (深圳市170例、广州市150例), totals, cut-off times."""

from __future__ import annotations

import re

_ENTRY = re.compile(r"([\u4e00-\u9fff·]{2,20}?)\s*[:：]?\s*([0-9]+)\s*(?:例|人|名)")
_COUNT = re.compile(r"([0-9]+)\s*(?:例|人|名)?")
_LEAD = re.compile(r"^(?:其中|分别为|分别是|包括|以及|还有|和|及|与|新增|有|来自)+")


def parse_area_counts(text: str) -> list[tuple[str, int]]:
    """Return (area as written, count) in the order of a list like 广州2例、深圳14例.

    >>> parse_area_counts("其中深圳市170例、广州市150例，佛山39例。")
    [('深圳市', 170), ('广州市', 150), ('佛山', 39)]
    """
    found = []
    for part in re.split(r"[、，,；;。\s]+", text.split("#", 1)[0]):
        entry = _ENTRY.fullmatch(_LEAD.sub("", part))
        if entry:
            found.append((entry[1], int(entry[2])))
    return found


def parse_count(text: str) -> int | None:
    """Return the number of a stated total (26例, 6例 # 其他来源), or ``None``.

    >>> parse_count("25例 # 其他来源")
    25
    """
    found = _COUNT.fullmatch(text.split("#", 1)[0].strip())
    return int(found[1]) if found else None
