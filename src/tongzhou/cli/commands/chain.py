"""Infer who infected whom from a line list and its contacts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tongzhou.cli.analysis import FILE, Output, output_options, parse_delay, show_result
from tongzhou.cli.cases import read_cases, require_dates
from tongzhou.cli.parameters import COUNT
from tongzhou.cli.rejects import Reading, note
from tongzhou.cli.tables import linelist_options, parse_columns, read_table

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

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
@click.option("--trees", type=COUNT, default=100, show_default=True, help="Sampled trees for offspring.")
@click.option("--seed", type=COUNT, default=1, show_default=True, help="Seed of the sampled trees.")
@linelist_options
@output_options
def command(
    file: Path,
    si: str,
    contacts: Path | None,
    incubation: str | None,
    distances: Path | None,
    directed: bool,
    onset_from: str | None,
    columns: tuple[str, ...],
    day_first: bool | None,
    trees: int,
    seed: int,
    output: Output,
) -> int:
    """Infer who infected whom among the cases of FILE: a line list with case_id and date_onset."""
    import numpy as np

    from tongzhou.epi.chain import ChainModel, infer_chain

    model = ChainModel(
        parse_delay(si, is_serial_interval=True),
        incubation=None if incubation is None else parse_delay(incubation),
    )
    cases = read_cases(file, parse_columns(columns), day_first)
    if onset_from is None and "date_onset" in cases.frame.columns:
        cases = _with_onset(cases)
    tables = {
        name: read_table(path) for name, path in (("contacts", contacts), ("distances", distances)) if path
    }
    frames = {name: reading.frame for name, reading in tables.items()}
    chain = infer_chain(
        cases.frame.drop("row"),
        frames.get("contacts"),
        model=model,
        distances=frames.get("distances"),
        is_directed=directed,
        onset_from=onset_from,
    )
    if "contacts" in frames:
        _note_strangers(frames["contacts"], chain)
    code = show_result(chain, chain.to_frame(), output, cases, *tables.values())
    if not output.as_json:
        click.echo(_describe(chain, trees, np.random.default_rng(seed)))
    return code


def _with_onset(cases: Reading) -> Reading:
    known = require_dates(cases, ("date_onset",))
    if n_lacking := cases.frame.height - known.frame.height:
        note(
            f"{n_lacking} cases have no date_onset and are left out; --onset-from takes another date for them."
        )
    return known


def _note_strangers(contacts: pl.DataFrame, chain: Chain) -> None:
    """Say how many contacts are with people who are not in the line list."""
    import polars as pl

    from tongzhou.epi.chain.evidence import FROM, TO
    from tongzhou.epi.frames import find_column, to_texts

    known = chain.to_frame()["case_id"].implode()
    ends = [to_texts(find_column(contacts, names, "contacts")) for names in (FROM, TO)]
    strange = pl.select((~ends[0].is_in(known) | ~ends[1].is_in(known)).alias("strange"))["strange"].sum()
    if strange:
        note(
            f"{strange} of {contacts.height} contacts are with people who are no case of the list; not used."
        )


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
