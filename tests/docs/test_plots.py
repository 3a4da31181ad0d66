"""The site shows the plots that the code of its pages draws."""

from __future__ import annotations

import re

import pytest
from docs_plots import BLOCK, draw

from tests.house.tree import ROOT

TUTORIALS = (
    "epi/from-line-list-to-rt",
    "epi/detection-is-this-an-outbreak",
    "tutorials/who-infected-whom",
    "epi/will-the-beds-last",
)
LINES = 10


@pytest.mark.parametrize("page", TUTORIALS)
def test_a_tutorial_shows_the_plots_of_its_own_code(page):
    markdown = (ROOT / f"docs/{page}.md").read_text(encoding="utf-8")
    shown, pictures = draw(markdown, "page")
    assert len(pictures) == markdown.count("axes = ") > 0
    for name, svg in pictures.items():
        assert f"]({name})" in shown
        assert "<svg" in svg
        assert len(svg) < 400_000


def test_from_a_line_list_to_rt_takes_ten_lines():
    markdown = (ROOT / "docs/epi/from-line-list-to-rt.md").read_text(encoding="utf-8")
    block = next(block for block in BLOCK.findall(markdown) if "estimate_rt(" in block)
    lines = [line for line in block.splitlines() if re.search(r"\S", line)]
    assert len(lines) <= LINES
    assert "read_linelist(" in block
    assert ".plot()" in block
