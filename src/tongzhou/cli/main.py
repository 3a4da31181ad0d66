"""Entry point of `tongzhou`: finds commands by file name, turns errors into two lines and an exit code."""

from __future__ import annotations

import ast
import importlib
import keyword
import pkgutil
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from tongzhou import __version__
from tongzhou.cli import commands
from tongzhou.core.errors import TongzhouError

EXIT_DONE = 0
EXIT_REJECTED_ROWS = 1
EXIT_WRONG_USE = 2
EXIT_FAULT = 3


class CommandFolder(click.Group):
    """A group whose commands are the modules of `tongzhou.cli.commands`, imported only when called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the command names, from the file names alone."""
        names = (m.name for m in pkgutil.iter_modules(commands.__path__))
        return sorted(name.rstrip("_").replace("_", "-") for name in names if name[0] != "_")

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of one command."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"{commands.__name__}.{module_of(cmd_name)}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one line for each command without importing any."""
        rows = [(name, summary_of(name)) for name in self.list_commands(ctx)]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)


def module_of(command_name: str) -> str:
    """Return the module of a command; Python's own words carry an underscore (``import_``).

    >>> module_of("same-trip"), module_of("import")
    ('same_trip', 'import_')
    """
    name = command_name.replace("-", "_")
    return f"{name}_" if keyword.iskeyword(name) else name


def summary_of(command_name: str) -> str:
    """Return the first docstring line of a command's module, read without importing it."""
    path = Path(commands.__path__[0]) / f"{module_of(command_name)}.py"
    source = path if path.exists() else path.with_suffix("") / "__init__.py"
    docstring = ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or ""
    return docstring.split("\n", 1)[0]


@click.group(cls=CommandFolder, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tongzhou")
@click.option("--debug", is_flag=True, help="Show the whole traceback of an error.")
@click.pass_context
def tongzhou(ctx: click.Context, debug: bool) -> None:
    """Tongzhou 同舟: run the response to an outbreak, from the first signal to the last released contact.

    Records live in the folder named by TONGZHOU_HOME. Exit code 0: done; 1: done, with rejected rows;
    2: wrong use or wrong input; 3: a fault of the program.
    """
    ctx.obj = {"debug": debug}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    sys.exit(run(words))


def run(words: Sequence[str]) -> int:
    """Run one command line; return its exit code. Errors become two lines on stderr."""
    wants_traceback = "--debug" in words
    words = [word for word in words if word != "--debug"]
    try:
        outcome: Any = tongzhou.main(["--debug", *words] if wants_traceback else words, standalone_mode=False)
        return outcome if isinstance(outcome, int) else EXIT_DONE
    except click.Abort:
        click.echo("Stopped.", err=True)
        return EXIT_WRONG_USE
    except click.ClickException as error:
        error.show()
        return EXIT_WRONG_USE
    except (TongzhouError, OSError) as error:
        _print_error(error, wants_traceback)
        return EXIT_WRONG_USE
    except Exception as error:  # the last stop: whatever it is, say it in two lines
        _print_error(error, wants_traceback)
        return EXIT_FAULT


def _print_error(error: Exception, wants_traceback: bool) -> None:
    if wants_traceback:
        traceback.print_exception(error)
    if isinstance(error, TongzhouError):
        message, hint = error.message, error.hint
    elif isinstance(error, OSError):
        message, hint = str(error), "Check that the file or folder exists and may be read and written."
    else:
        message, hint = (
            f"{type(error).__name__}: {error}",
            "Run it again with --debug and report what it prints.",
        )
    click.echo(f"error: {message}", err=True)
    click.echo(f"hint: {hint}", err=True)


if __name__ == "__main__":
    main()
