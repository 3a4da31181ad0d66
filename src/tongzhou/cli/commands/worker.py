"""Run the clocks, deliver left-over facts and work on background jobs."""

from __future__ import annotations

import signal
import threading

import click

from tongzhou.cli.records import open_records


@click.command("worker")
@click.option("--once", is_flag=True, help="Take every step once and stop.")
def command(once: bool) -> None:
    """Poll the clocks, deliver what is left over, and run background jobs until stopped."""
    open_records("tongzhou worker")
    from tongzhou.server.playbooks.worker import run_forever, run_once

    if once:
        click.echo(f"{run_once()} steps taken")
        return
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    click.echo("The worker runs. Stop it with Ctrl-C.")
    run_forever(stop)
