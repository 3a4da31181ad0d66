"""Studies are recorded as they run: cells, what they print, and the notebook kept beside the script."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from record import cells_of, record

from tests.house.tree import ROOT
from tests.shared_data import shared

STUDIES = sorted((ROOT / "docs" / "studies").glob("*.py"))
SERIES = "data/02_city_daily_2019-12_2020-12/guangdong_city_daily_to_2020-06-30.csv.gz"


def said(notebook: dict) -> str:
    return "".join(out["text"] for cell in notebook["cells"] for out in cell.get("outputs", []))


def test_cells_keep_their_order_names_and_last_value():
    notebook = record("# %% [markdown]\n# Two\n# %%\nx = 1\nprint('a')\nx + 1\n# %%\nx\n")
    assert [cell["cell_type"] for cell in notebook["cells"]] == ["markdown", "code", "code"]
    assert said(notebook) == "a\n2\n1\n"


def test_an_error_in_a_cell_is_not_recorded_as_a_result():
    with pytest.raises(ZeroDivisionError):
        record("# %%\n1 / 0\n")


@pytest.mark.parametrize("script", STUDIES, ids=lambda path: path.stem)
def test_recorded_study_has_the_cells_of_its_script_and_results(script: Path):
    notebook = json.loads(script.with_suffix(".ipynb").read_text(encoding="utf-8"))
    kept = [(cell["cell_type"], cell["source"]) for cell in notebook["cells"]]
    assert kept == cells_of(script.read_text(encoding="utf-8"))
    assert "published" in said(notebook)


def test_study_of_2020_runs_again_in_small():
    shared(SERIES)
    script = (ROOT / "docs/studies/guangdong_2020.py").read_text(encoding="utf-8")
    text = said(record(script, {"SIZE": (16, 8, 1000), "ROOT": ROOT}))
    assert "household_secondary_attack_rate" in text
    assert "of 21 cities" in text


def test_study_of_2021_runs_again_in_small():
    script = (ROOT / "docs/studies/guangdong_2021.py").read_text(encoding="utf-8")
    text = said(record(script, {"SIZE": (12, 200_000)}))
    assert "became an outbreak" in text
    assert "share_before_onset" in text
