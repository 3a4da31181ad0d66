"""Infer who infected whom from a line list and its contacts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tongzhou.cli.analysis import FILE, analysis_options, parse_delay, show_result
from tongzhou.cli.output import json_option
from tongzhou.cli.tables import column_option, parse_columns, read_cases, read_table

if TYPE_CHECKING:
    import numpy as np

    from tongzhou.epi.chain import Chain


@click.command("chain")
@click.argument("file", type=FILE)
@click.option("--si", required=True, help="Serial interval: MEAN,SD in days or a published id.")
@click.option(
    "--contacts",
    type=FILE,
    help="Contacts: from, to; setting, date_from, date_until.",
)
@click.option("--incubation", default=None, help="Incubation period; needed with exposure days.")
@click.option("--distances", type=FILE, help="Genetic distances: from, to, distance.")
@click.option("--directed", is_flag=True, help="A contact's `from` is the possible infector.")
@click.option(
    "--onset-from", default=None, help="Date that stands in for a missing onset, as date_reporting."
)
@click.option("--trees", type=int, default=100, show_default=True, help="Sampled trees for offspring.")
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of the sampled trees.")
@column_option
@analysis_options
@json_option
def command(
    file: Path,
    si: str,
    contacts: Path | None,
    incubation: str | None,
    distances: Path | None,
    directed: bool,
    onset_from: str | None,
    columns: tuple[str, ...],
    trees: int,
    seed: int,
    plot: Path | None,
    series: str | None,
    language: str,
    as_json: bool,
) -> None:
    """Infer who infected whom among the cases of FILE: a line list with case_id and date_onset."""
    import numpy as np

    from tongzhou.epi.chain import ChainModel, infer_chain

    model = ChainModel(
        parse_delay(si, is_serial_interval=True),
        incubation=None if incubation is None else parse_delay(incubation),
    )
    chain = infer_chain(
        read_cases(file, parse_columns(columns)),
        None if contacts is None else read_table(contacts),
        model=model,
        distances=None if distances is None else read_table(distances),
        is_directed=directed,
        onset_from=onset_from,
    )
    show_result(chain, chain.to_frame(), as_json=as_json, plot=plot, series=series, language=language)
    if not as_json:
        click.echo(_describe(chain, trees, np.random.default_rng(seed)))


def _describe(chain: Chain, n_trees: int, rng: np.random.Generator) -> str:
    from tongzhou.core.errors import EstimationFailed
    from tongzhou.epi.chain import offspring

    frame = chain.to_frame()
    sizes: Any = frame["cluster"].value_counts()["count"]
    lines = [
        f"{chain.n} cases, {int((sizes > 1).sum())} clusters of two or more, the largest of {int(sizes.max())}."
    ]
    try:
        fit = offspring(chain, n_trees=n_trees, rng=rng)
    except EstimationFailed as error:
        return "\n".join([*lines, error.message])
    share = fit.superspreading_share()
    for name, item in (("offspring per case", fit.mean), ("dispersion k", fit.dispersion)):
        lines.append(f"{name}: {item.value:.2f} ({item.low:.2f} to {item.high:.2f})")
    lines.append(
        f"share of cases behind 80 % of transmission: {share.value:.0%} ({share.low:.0%} to {share.high:.0%})"
    )
    return "\n".join(lines)
