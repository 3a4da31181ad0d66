"""Good, bad and absurd files: the same numbers from every format, or an error that names rows and remedy."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tongzhou.cli import main as cli

DAYS = np.datetime64("2022-03-01") + np.arange(80)
COUNTS = np.random.default_rng(1).poisson(15 * np.exp(0.02 * np.arange(80)))
COMMANDS = (["rt", "--si", "5,2.5"], ["detect"], ["forecast", "--si", "5,2.5", "--samples", "50"])
ABOUT_COUNTS = pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def lines(counts=COUNTS, days=DAYS, header="date,cases") -> list[str]:
    return [header, *(f"{day},{count}" for day, count in zip(days, counts, strict=True))]


def changed(row: int, value: object) -> list[str]:
    found = lines()
    found[row] = f"{DAYS[row - 1]},{value}"
    return found


def run(words: list[str], text: list[str], capsys: pytest.CaptureFixture[str], encoding="utf-8"):
    Path("file.csv").write_text("\n".join(text), encoding=encoding)
    code = cli.run([words[0], "file.csv", *words[1:]])
    return code, capsys.readouterr()


def digest(path: str, words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert cli.run([words[0], path, *words[1:], "--json"]) == 0
    found: str = json.loads(capsys.readouterr().out)["inputs_digest"]
    return found


@ABOUT_COUNTS
def test_every_format_gives_the_same_input(words, capsys):
    frame = pl.DataFrame({"date": DAYS, "cases": COUNTS})
    text = "\n".join(lines())
    Path("a.csv").write_text(text)
    Path("a.csv.gz").write_bytes(gzip.compress(text.encode()))
    Path("gb.csv").write_text(text.replace("date,cases", "日期,新增"), encoding="gb18030")
    Path("bom.csv").write_text(text, encoding="utf-8-sig")
    Path("semicolon.csv").write_text(text.replace(",", ";"))
    Path("slash.csv").write_text(text.replace("-", "/"))
    frame.write_csv("a.tsv", separator="\t")
    frame.write_excel("a.xlsx")
    frame.write_parquet("a.parquet")
    frame.write_ndjson("a.ndjson")
    names = sorted(str(path) for path in Path().iterdir())
    assert len(names) == 10
    assert len({digest(name, words, capsys) for name in names}) == 1


REFUSED = {
    "empty": ([""], "is empty"),
    "blank": (["", "", ""], "no columns"),
    "header alone": (["date,cases"], "no rows"),
    "no header": (lines()[1:], "no header: its first row is 2022-03-01"),
    "numbers without header": ([str(count) for count in COUNTS], "no header"),
    "text in counts": (changed(6, "many"), "rows 6 (many)"),
    "only text": (lines(["abc"] * 80), "rows 1 (abc)"),
    "separators": (lines([f'"{count},000"' for count in COUNTS]), "without separators"),
    "nan": (changed(6, "NaN"), "rows 6 (NaN)"),
    "missing": (changed(6, ""), "row 6 (2022-03-06)"),
    "infinite": (changed(6, "1e400"), "row 6 (2022-03-06)"),
    "huge": (changed(6, "9" * 20), "row 6 (2022-03-06)"),
    "negative": (changed(6, -3), "row 6 (2022-03-06)"),
    "gap": ([line for n, line in enumerate(lines()) if n != 20], "gap before rows 20 (2022-03-21)"),
    "unsorted": (lines(days=DAYS[::-1]), "unsorted or repeated at rows 2 (2022-05-18)"),
    "repeated": ([*lines(), lines()[80]], "several rows of 2022-05-19: rows 80, 81"),
    "no date": ([*lines()[:9], ",4", *lines()[10:]], "rows 9 (empty)"),
    "impossible date": ([*lines()[:9], "2022-02-30,4", *lines()[10:]], "rows 9 (2022-02-30)"),
    "one day": (lines()[:2], "1 "),
    "wrong columns": (["a,b", "x,y", "z,w"], "no column of counts"),
}


@ABOUT_COUNTS
@pytest.mark.parametrize("kind", list(REFUSED))
def test_a_bad_file_is_refused_with_rows_and_remedy(words, kind, capsys):
    text, says = REFUSED[kind]
    code, printed = run(words, text, capsys)
    assert code == 2
    assert not printed.out
    assert says in printed.err
    error, hint = [line for line in printed.err.splitlines() if not line.startswith("note: ")]
    assert error.startswith("error: ")
    assert len(hint) > len("hint: ")


@pytest.mark.parametrize("words", [COMMANDS[0], COMMANDS[2]], ids=lambda words: words[0])
def test_weeks_are_not_taken_for_days(words, capsys):
    code, printed = run(words, lines(days=DAYS[0] + 7 * np.arange(80)), capsys)
    assert code == 2
    assert "7 days apart" in printed.err


def test_zeros_are_quiet_for_detectors_and_no_ground_for_rt(capsys):
    zeros = lines([0] * 80)
    assert run(["detect"], zeros, capsys)[0] == 0
    assert "0 at all 80 rows" in run(COMMANDS[0], zeros, capsys)[1].err


def test_weeks_left_out_are_filled_as_weeks(capsys):
    weeks = lines(days=DAYS[0] + 7 * np.arange(80))
    del weeks[20]
    code, printed = run(["detect", "--fill-gaps", "--json"], weeks, capsys)
    assert code == 0
    assert len(json.loads(printed.out)["rows"]) == 80


def case_lines(*odd: str) -> list[str]:
    rng = np.random.default_rng(2)
    onset = np.sort(rng.integers(0, 50, 300))
    report = onset + rng.poisson(3, 300)
    rows = [
        f"{n},{DAYS[0] + a},{DAYS[0] + b},east" for n, (a, b) in enumerate(zip(onset, report, strict=True))
    ]
    return ["case_id,date_onset,date_reporting,place", *rows, *odd]


CASES = (*COMMANDS, ["nowcast", "-D", "8", "--method", "lawless"], ["chain", "--si", "5,2.5"])
ODD = (
    "a,2022-03-20,2022-03-10,east",
    "7,2022-03-05,2022-03-06,west",
    "b,2022-03-05,2022-03-06,x,more,cells",
    "c,someday,2022-03-06,x",
)
WHY = (
    "earlier than date_onset",
    "repeats an earlier id",
    "6 cells where the header has 4",
    "is missing or no date",
)


@pytest.mark.parametrize("words", CASES, ids=lambda words: words[0])
def test_rejected_rows_of_a_line_list_come_back_with_reasons_and_code_one(words, capsys):
    code, printed = run([*words, "--json"], case_lines(*ODD), capsys)
    found = json.loads(printed.out)
    assert code == 1
    assert found["n_rejected"] == 4
    back = pl.read_csv(found["rejected_files"][0])
    assert back["row"].to_list() == [302, 303, 304, 305]
    assert all(why in reason for why, reason in zip(WHY, back["reason"], strict=True))
    assert run([*words, "--rejected", "other.csv"], case_lines(*ODD), capsys)[0] == 1
    assert Path("other.csv").exists()


ABSURD = {
    "header alone": (case_lines()[:1], "no rows"),
    "reported before onset": (
        ["id,date_onset,date_reporting", *(f"{n},2022-03-09,2022-03-01" for n in range(9))],
        "9 of 9 rows",
    ),
    "no dates": (
        ["id,date_onset,date_reporting", *(f"{n},x,y" for n in range(9))],
        "no date at rows 2 (x), 3 (x)",
    ),
    "day or month": (
        ["id,date_onset,date_reporting", *(f"{n},0{n}/03/2022,0{n}/03/2022" for n in (1, 2, 4, 5))],
        "--day-first",
    ),
    "no dates of onset": (
        ["id,date_onset,date_reporting", *(f"{n},,2022-03-09" for n in range(9))],
        "no case with",
    ),
}


@pytest.mark.parametrize("words", CASES, ids=lambda words: words[0])
@pytest.mark.parametrize("kind", list(ABSURD))
def test_an_absurd_line_list_is_refused_with_rows_and_remedy(words, kind, capsys):
    text, says = ABSURD[kind]
    code, printed = run(words, text, capsys)
    assert code == 2
    assert says in printed.err
    assert "hint: " in printed.err


def test_the_order_of_day_and_month_can_be_said(capsys):
    text = ["id,date_onset", *(f"{n},{1 + n % 12:02}/0{1 + n % 5}/2022" for n in range(60))]
    assert run([*COMMANDS[0], "--day-first"], text, capsys)[0] == 0


def test_people_alike_without_ids_all_count(capsys):
    text = ["date_onset,place", *(f"{day},east" for day in DAYS[:20] for _ in range(3))]
    code, printed = run(["detect", "--json"], text, capsys)
    assert code == 0
    assert "40 rows are the same as an earlier one" in printed.err
    assert {row["observed"] for row in json.loads(printed.out)["rows"]} == {3.0}
