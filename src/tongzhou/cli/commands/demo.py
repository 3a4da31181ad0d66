"""Build the demonstration province and run it in the browser."""

from __future__ import annotations

import threading
import time

import click

from tongzhou.cli.parameters import COUNT
from tongzhou.cli.records import open_records


@click.command("demo")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option("--build-only", is_flag=True, help="Build the records and stop.")
@click.option("--persons", type=COUNT, default=200_000, show_default=True, help="Size of the synthetic city.")
def command(host: str, port: int, build_only: bool, persons: int) -> int:
    """Build the demonstration province (about two minutes, once) and serve it with its worker."""
    open_records("tongzhou demo")
    from tongzhou.cli.demo.cast import PASSWORD, PLAYERS
    from tongzhou.cli.demo.province import build_province, is_built
    from tongzhou.cli.demo.serve import serve, wait_until_up

    if not is_built():
        began = time.monotonic()
        counts = build_province(_Progress(), persons)
        click.echo(
            f"\nReady after {time.monotonic() - began:.0f} s: "
            + ", ".join(f"{n:,} {k}" for k, n in counts.items())
        )
    if build_only:
        return 0

    def greet() -> None:
        while not wait_until_up(host, port):
            click.echo("  The server is still starting.")
        click.echo(f"\n  http://{host}:{port}/   user names, all with the password {PASSWORD}:")
        for player in PLAYERS:
            click.echo(f"    {player.username:<14}{player.name}")
        click.echo("  Stop with Ctrl-C.")

    threading.Thread(target=greet, daemon=True).start()
    return serve(host, port)


class _Progress:
    """Prints each part once with its time, and counts within it."""

    def __init__(self) -> None:
        self._part, self._began = "", time.monotonic()

    def __call__(self, part: str, n: int) -> None:
        if part != self._part:
            click.echo(f"\n{time.monotonic() - self._began:6.1f} s  {part}", nl=False)
            self._part = part
        elif n:
            click.echo(f"\r{time.monotonic() - self._began:6.1f} s  {part} {n:,}", nl=False)
