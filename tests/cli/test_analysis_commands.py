"""`tongzhou rt`, `nowcast` and `forecast` read files as people have them and print tables, JSON and plots."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tongzhou.cli import main as cli
from tongzhou.cli.analysis import sparkline

DAY = dt.date(2022, 3, 1)


@pytest.fixture
def counts(tmp_path: Path) -> Path:
    rng = np.random.default_rng(1)
    days = [DAY + dt.timedelta(days=i) for i in range(60)]
    cases = rng.poisson(20 * np.exp(0.03 * np.arange(60)))
    path = tmp_path / "counts.csv"
    pl.DataFrame({"date": days, "cases": cases}).write_csv(path)
    return path


@pytest.fixture
def linelist(tmp_path: Path) -> Path:
    rng = np.random.default_rng(2)
    onset = np.sort(rng.integers(0, 50, 900))
    report = onset + rng.poisson(3, onset.size)
    path = tmp_path / "cases.csv"
    pl.DataFrame(
        {
            "date_onset": [DAY + dt.timedelta(days=int(d)) for d in onset],
            "date_reporting": [DAY + dt.timedelta(days=int(d)) for d in report],
            "district": rng.choice(["east", "west"], onset.size),
        }
    ).write_csv(path)
    return path


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run_json(words: list[str], capsys: pytest.CaptureFixture[str], code: int = 0) -> dict[str, object]:
    assert cli.run([*words, "--json"]) == code
    document: dict[str, object] = json.loads(capsys.readouterr().out)
    return document


@pytest.mark.parametrize("method", ["cori", "case", "smooth"])
def test_rt_of_counts_prints_rows_with_provenance(
    counts: Path, method: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = run_json(["rt", str(counts), "--si", "5,2.5", "--method", method], capsys)
    assert found["inputs_digest"]
    rows = found["rows"]
    assert isinstance(rows, list)
    assert {"t_start", "t_end", "mean", "q025", "q975"} <= set(rows[-1])


def test_rt_of_a_line_list_counts_onsets_by_district(
    linelist: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["rt", str(linelist), "--si", "covid-19.serial_interval.bi2020", "--by", "district"]
    rows = run_json(words, capsys)["rows"]
    assert isinstance(rows, list)
    assert {row["series"] for row in rows} == {"east", "west"}


def test_rt_prints_a_table_and_saves_a_plot(
    counts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plot = tmp_path / "rt.png"
    assert cli.run(["rt", str(counts), "--si", "5,2.5", "--plot", str(plot)]) == 0
    assert "Cori" in capsys.readouterr().out
    assert plot.stat().st_size > 1000


def test_nowcast_of_a_line_list(linelist: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["nowcast", str(linelist), "--now", "2022-04-15", "-D", "8", "--method", "chain-ladder"]
    rows = run_json(words, capsys)["rows"]
    assert isinstance(rows, list)
    assert rows[-1]["date"] == "2022-04-15"
    assert rows[-1]["median"] >= rows[-1]["observed"]


def test_forecast_and_its_evaluation(counts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["forecast", str(counts), "--si", "5,2.5", "--samples", "200"]
    rows = run_json([*words, "--horizon", "7"], capsys)["rows"]
    assert isinstance(rows, list)
    assert len(rows) == 7
    scored = run_json([*words, "--horizon", "7", "--evaluate", "5"], capsys)["rows"]
    assert isinstance(scored, list)
    assert {row["model"] for row in scored} == {"last week", "drift", "renewal", "ensemble"}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--si", "x,y"], "MEAN,SD"),
        (["--si", "covid-19.nothing"], "Near it"),
        (["--si", "5,2.5", "--window", "99"], "does not fit"),
    ],
)
def test_wrong_options_are_two_lines(
    counts: Path, words: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["rt", str(counts), *words]) == 2
    printed = capsys.readouterr().err
    assert says in printed
    assert printed.count("\n") == 2


def test_gap_in_a_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "gap.csv"
    pl.DataFrame({"date": ["2022-03-01", "2022-03-02", "2022-03-04"], "cases": [1, 2, 3]}).write_csv(path)
    assert cli.run(["rt", str(path), "--si", "5,2.5", "--window", "1"]) == 2
    assert "2022-03-04" in capsys.readouterr().err


def test_forecast_without_serial_interval_says_so(counts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["forecast", str(counts), "--model", "renewal"]) == 2
    assert "--si" in capsys.readouterr().err


def test_sparkline_shows_gaps() -> None:
    assert sparkline([1.0, float("nan"), 2.0]) == "▁ █"


def write(tmp_path: Path, text: str, encoding: str = "utf-8") -> str:
    path = tmp_path / "file.csv"
    path.write_text(text, encoding=encoding)
    return str(path)


def run(words: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = cli.run(words)
    return code, capsys.readouterr().err


def long_table(cities: tuple[str, ...], missing: int = -1) -> str:
    rows = [
        f"{DAY + dt.timedelta(days=t)},省,{city},{(t + 1) * (k + 2)},0"
        for k, city in enumerate(cities)
        for t in range(20)
        if t != missing
    ]
    return "\n".join(["日期,province,city,confirmed,dead", *rows])


def test_a_long_table_in_gb18030_gives_a_series_for_each_city(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, long_table(("甲市", "乙市")), "gb18030")
    words = ["rt", path, "--si", "5,2.5", "--by", "city", "--count", "confirmed", "--cumulative"]
    rows = run_json(words, capsys)["rows"]
    assert isinstance(rows, list)
    assert {row["series"] for row in rows} == {"甲市", "乙市"}


def test_a_long_table_without_by_names_the_columns_to_choose_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = run(["rt", write(tmp_path, long_table(("a", "b"))), "--si", "5,2.5"], capsys)
    assert code == 2
    assert "several rows of 2022-03-01" in said
    assert "--by" in said
    assert "city" in said


def test_days_left_out_are_zero_when_the_caller_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, long_table(("a",), missing=7))
    words = ["rt", path, "--si", "5,2.5", "--count", "confirmed"]
    assert "--fill-gaps" in run(words, capsys)[1]
    assert run_json([*words, "--fill-gaps"], capsys)["rows"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("date,cases\n2022-03-01,3\nyesterday,4\n2022-03-03,5", "2 (yesterday)"),
        ("date,cases\n2022-03-01,3\n2022-03-02,many\n2022-03-03,5\n2022-03-04,1", "2 (many)"),
        ("date,cases\n2022-03-01,3\n2022-03-02,-1\n2022-03-03,5", "row 2 (2022-03-02)"),
        ("date,note\n2022-03-01,a\n2022-03-02,b", "no column of counts"),
    ],
)
def test_a_wrong_cell_is_named_with_its_row(
    text: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = run(["rt", write(tmp_path, text), "--si", "5,2.5", "--window", "1"], capsys)
    assert code == 2
    assert says in said


def test_a_chinese_line_list_is_counted_and_what_is_left_out_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [f"{i},2022/3/{1 + i % 20},2022-03-{4 + i % 20:02}" for i in range(80)]
    text = "\n".join(["编号,发病日期,报告日期", *rows, "90,,2022-03-09", "91,2022-03-09,2022-03-02"])
    path = write(tmp_path, text, "gb18030")
    code, said = run(["rt", path, "--si", "5,2.5"], capsys)
    assert code == 1
    assert "1 of 81 cases have no date_onset" in said
    assert "2 rows were not used; file.rejected.csv" in said
    back = pl.read_csv("file.rejected.csv")
    assert back["row"].to_list() == [82, 83]
    assert back["编号"].to_list() == [90, 91]
    assert "earlier than date_onset" in back["reason"][1]
    assert run(["nowcast", path, "-D", "8", "--method", "lawless"], capsys)[0] == 1


def test_one_bad_series_is_named_and_the_plot_has_a_panel_for_each_good_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "\n".join(["date,a,b,c", *(f"{DAY + dt.timedelta(days=t)},{t + 3},{t + 2},0" for t in range(20))])
    plot = tmp_path / "rt.png"
    code, said = run(["rt", write(tmp_path, text), "--si", "5,2.5", "--plot", str(plot)], capsys)
    assert code == 1
    assert "incidence of c is 0" in said
    assert plot.stat().st_size > 1000


def test_a_file_too_short_for_a_model_names_those_that_fit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "\n".join(["date,a", *(f"{DAY + dt.timedelta(days=t)},{t + 3}" for t in range(22))])
    code, said = run(["forecast", write(tmp_path, text), "--si", "5,2.5"], capsys)
    assert code == 2
    assert "needs 35" in said
    assert "last-week" in said
