"""Errors in the language of the reader.

Owns how the sentence of an error is said in Chinese; an error itself stays English, for programs and logs. The
catalogue ``locale/zh_Hans/errors.toml`` has the English of the source with its values numbered, so that a sentence
kept earlier (the error of a job) is translated as well as a fresh one.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Protocol

from django.utils.translation import get_language

from tongzhou.core.errors import TongzhouError

CATALOGUE = Path(__file__).parent / "locale/zh_Hans/errors.toml"
BETWEEN = re.compile(r"(?<=[.!?])\s+")
MORE = re.compile(r" and (\d+) more$")


def say(error: TongzhouError | str) -> str:
    """Return what happened and the way out, in the active language."""
    return say_text(str(error))


def say_text(text: str) -> str:
    """Return one or more English sentences in the active language; one that has no translation stays."""
    if not text or not is_chinese():
        return text
    whole = _sentence(text)
    if whole is not None:
        return whole
    for cut in BETWEEN.finditer(text):
        first, rest = _sentence(text[: cut.start()]), say_text(text[cut.end() :])
        if first is not None:
            return f"{first}{rest}"
    return text


def say_reasons(cell: str) -> str:
    """Return reasons of a rejected row, ``column · value · reason`` joined by semicolons, in the active language."""
    return "; ".join(
        " · ".join([*parts[:-1], say_text(parts[-1])])
        for parts in (one.split(" · ") for one in cell.split("; "))
    )


def is_chinese() -> bool:
    """Tell whether the reader reads Chinese."""
    return (get_language() or "").startswith("zh")


class Named(Protocol):
    """An area, a place, an origin: something with a Chinese and, often, an English name."""

    name_zh: str
    name_en: str


def shown_name(item: Named) -> str:
    """Return a name in the active language; the Chinese one where there is no other."""
    return item.name_zh if is_chinese() or not item.name_en else item.name_en


@cache
def _catalogue() -> tuple[dict[str, str], tuple[tuple[re.Pattern[str], str], ...]]:
    """Return the words, and each sentence as a pattern with its Chinese, the most exact first."""
    parts = tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))
    words = parts.pop("words")
    sentences = {english: chinese for part in parts.values() for english, chinese in part.items()}
    exact_first = sorted(sentences, key=lambda english: -len(re.sub(r"{\d+}", "", english)))
    return words, tuple((_pattern(english), sentences[english]) for english in exact_first)


def _pattern(english: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{(\d+)\\}", r"(?P<v\1>.+?)", re.escape(english)), re.DOTALL)


def _sentence(text: str) -> str | None:
    for pattern, chinese in _catalogue()[1]:
        found = pattern.fullmatch(text)
        if found and not any(BETWEEN.search(value) for value in found.groupdict().values()):
            return _filled(chinese, {name[1:]: _value(value) for name, value in found.groupdict().items()})
    return None


def _filled(chinese: str, values: dict[str, str]) -> str:
    return re.sub(r"{(\d+)}", lambda place: values[place[1]], chinese)


def _value(value: str) -> str:
    """Return a value: a known word, a list of nothing but such, or what it was."""
    words = _catalogue()[0]
    bare = value.strip("'")
    if bare in words:
        return words[bare]
    if "; " in value:
        return "；".join(_value(part) for part in value.split("; "))
    said = _sentence(value) if " " in value else None  # a reason inside a sentence
    if said is not None:
        return said
    parts = [part.strip("'") for part in value.split(", ")]
    if all(part in words for part in parts):  # names of columns stay as they are in the file
        return "、".join(words[part] for part in parts)
    return MORE.sub(r" 等另\1项", value)
