"""`tongzhou chain` on files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.epi.chain.simulation import simulate_outbreak
from tongzhou.cli import main as cli


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    rng = np.random.default_rng(1)
    outbreak = simulate_outbreak(rng, n_max=80)
    day = (outbreak.cases["onset"] + 18_300).cast(pl.Int32).cast(pl.Date)
    outbreak.cases.select("case_id", date_onset=day).write_csv(tmp_path / "cases.csv")
    outbreak.contacts(rng, 0.9, 50).write_csv(tmp_path / "contacts.csv")
    return str(tmp_path / "cases.csv"), str(tmp_path / "contacts.csv")


def test_chain_prints_table_summary_and_plot(files, tmp_path, capsys):
    plot = tmp_path / "chain.png"
    assert cli.run(["chain", files[0], "--si", "6,2.5", "--contacts", files[1], "--plot", str(plot)]) == 0
    printed = capsys.readouterr().out
    assert "dispersion k" in printed
    assert "clusters" in printed
    assert plot.stat().st_size > 1000


def test_chain_as_json_has_probabilities(files, capsys):
    assert cli.run(["chain", files[0], "--si", "6,2.5", "--contacts", files[1], "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["inputs_digest"]
    assert all(0 <= row["probability"] <= 1 for row in document["rows"])


def test_a_case_without_onset_comes_back_as_a_rejected_row(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "cases.csv"
    path.write_text("case_id,date_onset\na,2020-01-01\nb,\n", encoding="utf-8")
    assert cli.run(["chain", str(path), "--si", "5,2"]) == 1
    assert "--onset-from" in capsys.readouterr().err
    assert pl.read_csv("cases.rejected.csv").select("row", "case_id").rows() == [(3, "b")]


def test_contacts_with_people_who_are_no_case_are_counted(tmp_path, capsys):
    cases, contacts = tmp_path / "cases.csv", tmp_path / "contacts.csv"
    cases.write_text("case_id,date_onset\na,2020-01-01\nb,2020-01-06\n", encoding="utf-8")
    contacts.write_text("from,to\na,b\na,zz\n", encoding="utf-8")
    assert cli.run(["chain", str(cases), "--si", "5,2", "--contacts", str(contacts)]) == 0
    assert "1 of 2 contacts" in capsys.readouterr().err
