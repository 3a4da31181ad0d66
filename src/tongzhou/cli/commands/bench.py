"""Measure the figures of this installation, on this machine, with the peers it is compared with.

The measurements live in the folder `bench/` of a checkout, one package each with a module `command`.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import click

from tongzhou.core.errors import InputError

CHECKOUT = Path(__file__).resolve().parents[4]


class BenchFolder(click.Group):
    """A group whose commands are the packages of `bench/` that have a module `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the measurements."""
        return sorted(path.parent.name for path in (CHECKOUT / "bench").glob("*/command.py"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one measurement."""
        known = self.list_commands(ctx)
        if not known:
            raise _no_checkout()
        if cmd_name not in known:
            return None
        if str(CHECKOUT) not in sys.path:
            sys.path.insert(0, str(CHECKOUT))
        command: click.Command = importlib.import_module(f"bench.{cmd_name}.command").command
        return command


def _no_checkout() -> InputError:
    return InputError(
        "bench.no_checkout",
        "The measurements are not part of an installed package.",
        "Run `tongzhou bench` from a checkout of the project, which has the folder bench/.",
    )


@click.group(name="bench", cls=BenchFolder, invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Measure figures of this installation; without a name, all of them at their usual size."""
    group = ctx.command
    if not isinstance(group, BenchFolder) or not group.list_commands(ctx):
        raise _no_checkout()
    if ctx.invoked_subcommand is None:
        for name in group.list_commands(ctx):
            click.echo(f"== {name}")
            found = group.get_command(ctx, name)
            if found is not None:
                found.main(args=[], standalone_mode=False)
