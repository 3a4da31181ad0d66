"""The Python of the pages on estimation runs as written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGES = Path(__file__).resolve().parents[2] / "docs" / "epi"
NAMES = (
    "index",
    "delays",
    "reproduction",
    "nowcast",
    "forecast",
    "from-line-list-to-rt",
    "will-the-beds-last",
)


@pytest.mark.parametrize("name", NAMES)
def test_examples_of_page_run(name: str) -> None:
    text = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, flags=re.S)
    assert blocks
    space: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, f"{name}.md", "exec"), space)
