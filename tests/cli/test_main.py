"""The command line: help is quick, errors are two lines, exit codes mean what they say."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import types

import click
import pytest

from tongzhou.cli import main as cli
from tongzhou.cli.home import VARIABLE, create_home, find_home
from tongzhou.cli.parameters import COUNT, CUTOFF
from tongzhou.cli.records import open_records
from tongzhou.core.errors import InputError, MissingExtra


@pytest.fixture
def add_command(monkeypatch):
    def add(function, **options):
        command = click.command(**options)(function)
        monkeypatch.setattr(cli.CommandFolder, "list_commands", lambda self, ctx: ["trial"])
        monkeypatch.setattr(cli.CommandFolder, "get_command", lambda self, ctx, name: command)

    return add


def test_help_exits_with_zero(capsys):
    assert cli.run(["--help"]) == 0
    assert "同舟" in capsys.readouterr().out


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from tongzhou.cli import main; main.run(['--help']);"
        "sys.exit(bool({'numpy','polars','django','duckdb','numba','pyarrow'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


def test_a_command_with_records_starts_without_the_methods(tmp_path):
    code = (
        "import sys; from tongzhou.cli import main; main.run(['areas', 'find', '深圳']);"
        "sys.exit(bool({'scipy','numba','tongzhou.epi','deltalake'} & set(sys.modules)))"
    )
    environment = {**os.environ, "TONGZHOU_HOME": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, env=environment)
    assert run.returncode == 0, run.stderr


def test_a_measurement_needs_a_checkout_and_says_so(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("tongzhou.cli.commands.bench.CHECKOUT", tmp_path)
    assert cli.run(["bench", "trace"]) == 2
    assert "from a checkout" in capsys.readouterr().err


def test_unknown_command_is_wrong_use(capsys):
    assert cli.run(["no-such-command"]) == 2
    assert "no-such-command" in capsys.readouterr().err


def test_every_command_has_one_line_of_help():
    ctx = click.Context(cli.tongzhou)
    for name in cli.tongzhou.list_commands(ctx):
        assert cli.summary_of(name), name


def test_every_command_module_holds_a_click_command():
    ctx = click.Context(cli.tongzhou)
    for name in cli.tongzhou.list_commands(ctx):
        assert isinstance(cli.tongzhou.get_command(ctx, name), click.Command), name


def test_error_is_two_lines(add_command, capsys):
    def trial():
        raise InputError("x.y", "'31 Feb' is not a day.", "Write it as 2020-02-01.")

    add_command(trial)
    assert cli.run(["trial"]) == 2
    assert capsys.readouterr().err == "error: '31 Feb' is not a day.\nhint: Write it as 2020-02-01.\n"


@pytest.mark.parametrize("words", [["--debug", "trial"], ["trial", "--debug"]])
def test_debug_shows_the_traceback(add_command, capsys, words):
    def trial():
        raise InputError("x.y", "wrong", "way out")

    add_command(trial)
    assert cli.run(words) == 2
    assert "Traceback" in capsys.readouterr().err


def test_fault_of_the_program_is_exit_three(add_command, capsys):
    def trial():
        raise ZeroDivisionError("oops")

    add_command(trial)
    assert cli.run(["trial"]) == 3
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_rejected_rows_are_exit_one(add_command):
    add_command(lambda: click.get_current_context().exit(cli.EXIT_REJECTED_ROWS))
    assert cli.run(["trial"]) == 1


@pytest.mark.parametrize(
    ("text", "count"), [("1e7", 10_000_000), ("10_000", 10_000), ("2.5e3", 2500), ("1,000", 1000)]
)
def test_counts_accept_scientific_notation(text, count):
    assert COUNT.convert(text, None, None) == count


@pytest.mark.parametrize("text", ["1.5", "many", "-1", "1e400", "nan", "inf", ""])
def test_wrong_count_is_refused(text):
    with pytest.raises(click.BadParameter):
        COUNT.convert(text, None, None)


def test_cutoff_knows_the_end_of_the_day():
    assert [CUTOFF.convert(t, None, None) for t in ("24:00", "9:05")] == ["24:00", "09:05"]


def test_home_is_what_the_environment_names(monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "here"))
    assert create_home() == tmp_path / "here"
    assert (tmp_path / "here").is_dir()


def test_home_of_a_checkout_is_var(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert find_home().name == "var"


def test_records_without_django_name_the_extra(monkeypatch):
    fake = types.SimpleNamespace(find_spec=lambda name: None)
    monkeypatch.setattr("tongzhou.cli.records.importlib", types.SimpleNamespace(util=fake))
    with pytest.raises(MissingExtra, match=r"\[server\]"):
        open_records("tongzhou bulletin")
    assert importlib.util.find_spec("django")
