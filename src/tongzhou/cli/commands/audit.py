"""Verify the chain of audit events."""

from __future__ import annotations

import click

from tongzhou.cli.output import json_option, print_result
from tongzhou.cli.records import open_records


@click.group("audit")
def command() -> None:
    """The audit log."""


@command.command("verify")
@json_option
def verify(as_json: bool) -> None:
    """Walk the whole chain; exit 1 when anything was altered, removed or emptied."""
    open_records("tongzhou audit verify")
    from tongzhou.server.audit.queries import verify_chain

    found = verify_chain()
    result = {
        "is_intact": found.is_intact,
        "n_events": found.n_events,
        "n_erased": found.n_erased,
        "faults": [{"seq": seq, "fault": fault} for seq, fault in found.faults],
    }
    print_result(result, as_json, _say)
    if not found.is_intact:
        raise SystemExit(1)


def _say(result: dict[str, object]) -> str:
    if result["is_intact"]:
        return f"The chain is intact: {result['n_events']} events, {result['n_erased']} lawfully emptied."
    faults = "\n".join(f"  event {fault['seq']}: {fault['fault']}" for fault in result["faults"][:20])
    return f"The chain is broken in {len(result['faults'])} places:\n{faults}"
