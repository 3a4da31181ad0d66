"""Verify the chain of audit events."""

from __future__ import annotations

import click

from tongzhou.cli.output import json_option, print_result
from tongzhou.cli.records import open_records

DIGEST_LENGTH = 64


@click.group("audit")
def command() -> None:
    """The audit log."""


@command.command("verify")
@click.option("--kept", default="", help="SEQ:DIGEST printed before and kept elsewhere; must still hold.")
@json_option
def verify(kept: str, as_json: bool) -> None:
    """Walk the whole chain, and hold closed days and bulletins against it; exit 1 when anything was altered."""
    open_records("tongzhou audit verify")
    from tongzhou.server.audit.queries import verify_chain
    from tongzhou.server.duties.closing import verify_closes
    from tongzhou.server.portal.queries import verify_bulletins

    found = verify_chain(_head_of(kept))
    found.faults += [*verify_closes(), *verify_bulletins()]
    result = {
        "is_intact": found.is_intact,
        "n_events": found.n_events,
        "n_erased": found.n_erased,
        "head": f"{found.head[0]}:{found.head[1]}",
        "faults": [{"seq": seq, "fault": fault} for seq, fault in found.faults],
    }
    print_result(result, as_json, _say)
    if not found.is_intact:
        raise SystemExit(1)


def _say(result: dict[str, object]) -> str:
    if result["is_intact"]:
        return (
            f"The record is intact: {result['n_events']} events, {result['n_erased']} lawfully emptied.\n"
            f"Keep elsewhere, for --kept: {result['head']}"
        )
    faults = "\n".join(_line(fault["seq"], fault["fault"]) for fault in result["faults"][:20])
    return f"The record is broken in {len(result['faults'])} places:\n{faults}"


def _head_of(kept: str) -> tuple[int, str] | None:
    if not kept:
        return None
    seq, _, digest = kept.partition(":")
    if not seq.isdecimal() or len(digest) != DIGEST_LENGTH:
        raise click.BadParameter(
            "Give SEQ:DIGEST as `tongzhou audit verify` printed it.", param_hint="--kept"
        )
    return int(seq), digest


def _line(seq: int, fault: str) -> str:
    return f"  event {seq}: {fault}" if seq else f"  {fault}"
