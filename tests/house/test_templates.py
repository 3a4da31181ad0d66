"""Templates keep the content security policy, name entry points that exist, and mark their text for translation."""

from __future__ import annotations

import re

import pytest

from tests.house.tree import ROOT, texts

TEMPLATES = {path: text for path, text in texts().items() if re.search(r"/templates/.*\.html$", path)}
NOT_ALLOWED = {
    "a style attribute": r"<[^>]*\sstyle\s*=",
    "an inline script": r"<script(?![^>]*\bsrc=)(?![^>]*type=[\"']application/)[^>]*>",
    "an inline style sheet": r"<style\b",
    "an event attribute": r"<[^>]*\son[a-z]+\s*=",
    "code that needs eval": r"hx-on|hx-[a-z]+=[\"']js:",
    "an address of another host": r"(?:src|href)=[\"'](?:https?:)?//(?!www\.w3\.org)",
}


@pytest.mark.parametrize("what", NOT_ALLOWED)
def test_no_template_has(what):
    pattern = re.compile(NOT_ALLOWED[what], re.I)
    assert [
        (path, found[0][:80]) for path, text in TEMPLATES.items() if (found := pattern.search(text))
    ] == []


def test_entry_points_exist():
    named = {
        name for text in TEMPLATES.values() for name in re.findall(r"{%\s*vite_asset\s+['\"]([^'\"]+)", text)
    }
    assert [name for name in named if not (ROOT / name).exists()] == []


def chinese_in(template: str) -> set[str]:
    """Return the Chinese written in a template, but for comments and names that stand in Chinese in any language."""
    return set(re.findall(r"[\u4e00-\u9fff]+", re.sub(r"{#.*?#}", "", template, flags=re.S))) - {
        "中文",
        "同舟",
    }


def test_no_template_holds_chinese_text():
    # English is the source and Chinese its translation: text written in place would have only one language.
    found = {path: chinese_in(text) for path, text in TEMPLATES.items() if "gallery" not in path}
    assert {path: words for path, words in found.items() if words} == {}
