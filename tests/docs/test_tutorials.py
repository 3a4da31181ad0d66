"""The code blocks of tutorials and method pages run as written, page by page."""

from __future__ import annotations

import re
import warnings

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

from tests.house.tree import ROOT

mpl.use("Agg")
BLOCK = re.compile(r"^```python\n(.*?)^```", re.S | re.M)
FOLDERS = ("docs/epi", "docs/tutorials")
PAGES = sorted(
    page for folder in FOLDERS for page in (ROOT / folder).glob("*.md") if BLOCK.search(page.read_text())
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}/{page.stem}")
def test_code_of_a_page_runs(page, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "tutorial"}
    for number, block in enumerate(BLOCK.findall(page.read_text(encoding="utf-8"))):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            exec(compile(block, f"{page.name}, block {number + 1}", "exec"), names)
    plt.close("all")
