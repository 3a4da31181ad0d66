"""Estimate how much each agreement of two persons tells, from this installation's own register."""

from __future__ import annotations

import click

from tongzhou.cli.output import json_option, print_result
from tongzhou.cli.parameters import COUNT
from tongzhou.cli.records import open_records


@click.group("linkage")
def command() -> None:
    """Which persons may be one."""


@command.command("estimate")
@click.option(
    "--pairs", "n_random", type=COUNT, default=100_000, show_default=True, help="Pairs drawn at random."
)
@click.option("--seed", type=COUNT, default=0, show_default=True)
@json_option
def estimate(n_random: int, seed: int, as_json: bool) -> None:
    """Estimate the weights of linkage from this installation's persons; they replace the shipped ones."""
    open_records("tongzhou linkage estimate")
    from tongzhou.core.access import system_actor
    from tongzhou.server.people.weights import estimate_own_weights

    weights, n_shared = estimate_own_weights(system_actor("command-line"), seed, n_random)
    result = {
        "n_pairs": n_shared,
        "prior": weights.prior,
        "m": weights.m,
        "u": weights.u,
        "source": weights.source,
    }
    print_result(result, as_json, lambda r: f"Weights {r['source']}. They are in use after a restart.")
