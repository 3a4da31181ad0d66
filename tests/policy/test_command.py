"""`tongzhou policy`: what people read, what programs read, and how a broken pack ends."""

from __future__ import annotations

import json

import pytest

from tongzhou.cli import main as cli


def run_json(capsys, *arguments):
    code = cli.run(["policy", *arguments, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_list_names_the_packs_with_their_days(capsys):
    code, rows = run_json(capsys, "list")
    assert code == 0
    assert {"cn-2020-02", "cn-2022-06"} <= {row["name"] for row in rows}
    assert rows[0]["effective_from"] == "2020-02-07"


def test_show_marks_assumptions(capsys):
    assert cli.run(["policy", "show", "cn-2022-06"]) == 0
    assert "setting.dining [assumption]" in capsys.readouterr().out


def test_check_runs_the_worked_examples(capsys):
    code, rows = run_json(capsys, "check", "cn-2022-06", "cn-2020-02")
    assert code == 0
    assert all(row["n_examples"] > 30 and row["disagreements"] == [] for row in rows)


def test_check_ends_with_1_when_an_example_disagrees(capsys, broken):
    folder = broken("orders.toml", "test_days = [1, 2, 3, 5, 7]", "test_days = [1, 2]")
    code, rows = run_json(capsys, "check", "trial", "--packs", str(folder))
    assert code == 1
    assert rows[0]["disagreements"][0]["file"] == "orders.toml"


def test_a_broken_pack_is_two_lines_and_wrong_use(capsys, broken):
    folder = broken("orders.toml", '"central_quarantine"', '"prison"')
    assert cli.run(["policy", "check", "trial", "--packs", str(folder)]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 2
    assert "order[1].phase[0].kind is 'prison'; allowed are isolation" in lines[0]


def test_explain_reads_local_time_and_answers_in_the_language_asked(capsys):
    options = ["--subject", "close", "--since", "2022-07-01T18:00", "--now", "2022-07-02T09:00"]
    assert cli.run(["policy", "explain", "cn-2022-06", *options]) == 0
    assert "集中隔离到7月8日24时" in capsys.readouterr().out
    code, found = run_json(capsys, "explain", "cn-2022-06", *options)
    assert code == 0
    assert found["order"]["phases"][-1]["until_at"].startswith("2022-07-11T16:00:00")


def test_compare_reads_people_from_a_file(capsys, tmp_path):
    people = tmp_path / "people.csv"
    people.write_text(
        "person,subject,since,conditions\n1,close,2022-06-17T10:00,\n2,secondary,2022-06-27T10:00,child\n"
    )
    options = ["--people", str(people), "--now", "2022-06-28T00:00"]
    code, found = run_json(capsys, "compare", "cn-2021-05", "cn-2022-06", *options)
    assert code == 0
    assert found["changes"] == {"released": 1, "none": 1}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("person,since\n1,2022-06-17\n", "no column subject"),
        ("person,subject,since\n1,close,2022-06-17\n2,foe,2022-06-17\n", "line 3"),
        ("person,subject,since,conditions\n1,close,2022-06-17,child|tall\n", "line 2: conditions tall"),
        ("person,subject,since\n1,close,yesterday\n", "'yesterday' is not an instant"),
    ],
)
def test_a_bad_file_of_people_says_where(capsys, tmp_path, text, says):
    people = tmp_path / "people.csv"
    people.write_text(text)
    assert cli.run(["policy", "compare", "cn-2021-05", "cn-2022-06", "--people", str(people)]) == 2
    assert says in capsys.readouterr().err
