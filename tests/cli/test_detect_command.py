"""`tongzhou detect` reads files as people have them and prints alarms, JSON and plots."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tongzhou.cli import main as cli


@pytest.fixture
def weekly(tmp_path: Path) -> Path:
    rng = np.random.default_rng(1)
    counts = rng.poisson(12, 52 * 7)
    counts[-2:] += 40
    days = np.datetime64("2016-01-04") + 7 * np.arange(counts.size)
    path = tmp_path / "weekly.csv"
    pl.DataFrame({"date": days, "cases": counts}).write_csv(path)
    return path


def run_json(words: list[str], capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    assert cli.run([*words, "--json"]) == 0
    rows: list[dict[str, object]] = json.loads(capsys.readouterr().out)["rows"]
    return rows


@pytest.mark.parametrize("method", ["ears-c1", "farrington-noufaily", "cusum", "moving-percentile"])
def test_the_rise_of_the_last_weeks_is_an_alarm(
    weekly: Path, method: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = run_json(["detect", str(weekly), "--method", method, "--alarms"], capsys)
    assert {363, 364} & {row["t"] for row in rows}
    assert {"date", "observed", "expected", "upper", "alarm"} <= set(rows[0])


def test_detectors_are_listed_without_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["detect", "--list"]) == 0
    assert "ears-c2" in capsys.readouterr().out
    assert cli.run(["detect"]) == 2
    assert "FILE" in capsys.readouterr().err


def test_options_reach_the_detector(weekly: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["detect", str(weekly), "--method", "farrington-flexible", "-o", "b=3", "-o", "alpha=0.001"]
    rows = run_json(words, capsys)
    assert rows[200]["alarm"] is not None


def test_plot_and_table_are_made(weekly: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plot = tmp_path / "alarms.png"
    assert cli.run(["detect", str(weekly), "--plot", str(plot)]) == 0
    assert "EARS C2" in capsys.readouterr().out
    assert plot.stat().st_size > 1000


def test_too_short_a_history_says_what_is_needed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "short.csv"
    pl.DataFrame({"cases": [3, 4, 5, 2, 3, 4, 5, 6, 4, 5]}).write_csv(path)
    assert cli.run(["detect", str(path), "--method", "farrington-flexible"]) == 2
    assert "needs about 5 year" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--method", "magic"], "detector 'magic' is unknown"),
        (["-o", "alpha"], "is not NAME=VALUE"),
        (["-o", "zeal=3"], "ears-c2 has no option 'zeal'"),
    ],
)
def test_wrong_use_is_two_lines_and_exit_two(
    weekly: Path, words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["detect", str(weekly), *words]) == 2
    assert message in capsys.readouterr().err


def test_list_names_every_detector(weekly: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["detect", str(weekly), "--list"]) == 0
    assert "farrington-noufaily" in capsys.readouterr().out
