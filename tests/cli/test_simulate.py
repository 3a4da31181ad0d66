"""The commands that simulate print what they should and refuse what they must."""

from __future__ import annotations

import json

import polars as pl
import pytest

from tongzhou.cli.main import EXIT_DONE, EXIT_WRONG_USE, run

SMALL = ["simulate", "--persons", "3e3", "--days", "30", "--introduce", "4403=10", "--json"]


def test_simulate_prints_its_summary_as_json(capsys):
    assert run(SMALL) == EXIT_DONE
    result = json.loads(capsys.readouterr().out)
    assert result["n_persons"] == 3000
    assert result["infections"] >= 10
    assert len(result["inputs_digest"]) == 64


def test_simulate_writes_series_and_line_list(tmp_path, capsys):
    daily, lines = tmp_path / "daily.csv", tmp_path / "lines.parquet"
    assert (
        run([*SMALL, "--daily", str(daily), "--line-list", str(lines), "--first-day", "2020-01-10"])
        == EXIT_DONE
    )
    n = json.loads(capsys.readouterr().out)["infections"]
    assert pl.read_csv(daily)["infections"].sum() == n
    assert len(pl.read_parquet(lines)) == n


def test_saved_population_is_simulated_again_alike(tmp_path, capsys):
    run([*SMALL, "--save-population", str(tmp_path / "city")])
    first = json.loads(capsys.readouterr().out)
    run(
        [
            "simulate",
            "--population",
            str(tmp_path / "city"),
            "--days",
            "30",
            "--introduce",
            "4403=10",
            "--json",
        ]
    )
    second = json.loads(capsys.readouterr().out)
    assert first["inputs_digest"] == second["inputs_digest"]
    assert first["deaths"] == second["deaths"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--introduce", "Shenzhen"], "names no area"),
        (["--r0", "-1"], "--r0 is -1"),
        (["--disease", "plague/black"], "plague/black"),
        (["--area", "99"], "99"),
    ],
)
def test_wrong_use_is_named(capsys, words, says):
    assert run(["simulate", "--persons", "1000", "--days", "5", *words]) == EXIT_WRONG_USE
    assert says in capsys.readouterr().err


def test_whatif_puts_packs_side_by_side(capsys):
    words = [
        "whatif",
        "--pack",
        "cn-2022-06",
        "--pack",
        "cn-2022-11:high",
        "--persons",
        "3e3",
        "--days",
        "20",
        "--runs",
        "2",
    ]
    assert run([*words, "--json"]) == EXIT_DONE
    result = json.loads(capsys.readouterr().out)
    assert set(result["sources"]) == {"cn-2022-06:active", "cn-2022-11:high"}
    assert run(words) == EXIT_DONE
    assert "quarantine_person_days" in capsys.readouterr().out


def test_whatif_refuses_an_unknown_intensity(capsys):
    assert run(["whatif", "--pack", "cn-2022-06:heroic"]) == EXIT_WRONG_USE
    assert "heroic" in capsys.readouterr().err


@pytest.mark.parametrize("word", ["", ":high"])
def test_whatif_refuses_a_pack_without_a_name(capsys, word):
    assert run(["whatif", "--pack", word]) == EXIT_WRONG_USE
    assert "No pack is given" in capsys.readouterr().err
