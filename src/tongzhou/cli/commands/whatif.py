"""Compare policy packs and intensities by simulation: cases, beds, tests, restricted days, side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tongzhou.cli.commands.simulate import read_introductions
from tongzhou.cli.output import json_option, print_result
from tongzhou.cli.parameters import COUNT

if TYPE_CHECKING:
    from tongzhou.scenario import Scenario, WhatIf


@click.command(name="whatif")
@click.option(
    "--pack", "packs", multiple=True, required=True, help="Pack, or PACK:INTENSITY; repeat to compare."
)
@click.option(
    "--intensity", default="active", show_default=True, help="Intensity of packs given without one."
)
@click.option("--no-measures", is_flag=True, help="Also a column without any measure.")
@click.option("--area", "areas", multiple=True, default=("4403",), show_default=True)
@click.option(
    "--persons", type=COUNT, default="2e5", show_default=True, help="Size of the population simulated."
)
@click.option("--population", "folder", type=click.Path(path_type=Path), help="Folder of a saved population.")
@click.option("--disease", default="sars-cov-2/omicron", show_default=True)
@click.option("--days", type=COUNT, default=60, show_default=True)
@click.option("--runs", type=COUNT, default=20, show_default=True)
@click.option("--seed", type=COUNT, default=0, show_default=True)
@click.option("--introduce", multiple=True, help="AREA=PERSONS infected on the first day; repeat.")
@click.option("--beds", type=COUNT, default=0, help="Hospital beds; 0 when unknown.")
@click.option("--icu-beds", type=COUNT, default=0, help="Intensive-care beds; 0 when unknown.")
@click.option(
    "--tests-per-day", type=COUNT, default=0, help="Tests of people with symptoms a day; 0 when unknown."
)
@click.option("--tracers", type=COUNT, default=0, help="Investigators; 0 when unknown.")
@click.option("--rooms", type=COUNT, default=0, help="Rooms of quarantine sites; 0 when unknown.")
@click.option("--fans", type=click.Path(path_type=Path), help="Write daily quantiles to a CSV file.")
@json_option
def command(**options: Any) -> None:
    """Run each pack many times with the same random numbers and print the outcomes side by side."""
    from tongzhou.epi.simulate import Population, synthesize
    from tongzhou.scenario import WhatIfOptions, compare_scenarios

    introductions = read_introductions(options["introduce"])
    scenarios = _scenarios(options)
    if options["folder"] is not None:
        population = Population.load(options["folder"])
    else:
        population = synthesize(options["areas"], options["persons"], options["seed"])
    if not introductions:
        introductions = {str(population.area_code[0]): min(20, population.n_persons)}

    def show(done: int, total: int) -> bool:
        if not options["as_json"] and done % max(total // 10, 1) == 0:
            click.echo(f"run {done} of {total}", err=True)
        return False

    chosen = WhatIfOptions(options["disease"], options["days"], options["runs"], options["seed"])
    outcome = compare_scenarios(population, scenarios, introductions, chosen, progress=show)
    if options["fans"] is not None:
        outcome.fans.write_csv(options["fans"])
    print_result(_as_json(outcome) if options["as_json"] else outcome, options["as_json"], _as_text)


def _scenarios(options: dict[str, Any]) -> list[Scenario]:
    """Return the columns asked for."""
    from tongzhou.core.measures import Capacities
    from tongzhou.policy import load_pack
    from tongzhou.scenario import Scenario, compile_measures, load_intensity

    capacities = Capacities(
        beds=options["beds"],
        icu_beds=options["icu_beds"],
        tests_per_day=options["tests_per_day"],
        tracers=options["tracers"],
        quarantine_rooms=options["rooms"],
    )
    found = []
    for word in options["packs"]:
        name, _, level = word.partition(":")
        pack, intensity = load_pack(name), load_intensity(level or options["intensity"])
        measures = compile_measures(pack, intensity, capacities=capacities)
        found.append(
            Scenario(f"{name}:{intensity.name}", measures, f"{pack.name} {pack.version} {pack.digest}")
        )
    if options["no_measures"]:
        found.append(Scenario("none", None))
    return found


def _as_json(outcome: WhatIf) -> dict[str, Any]:
    return {
        "totals": outcome.totals.to_dicts(),
        "shortfalls": outcome.shortfalls.to_dicts(),
        "sources": outcome.sources,
        "n_runs": outcome.n_runs,
        "inputs_digest": outcome.inputs_digest,
    }


def _as_text(outcome: WhatIf) -> str:
    """Return a table: measures down, scenarios across, median and interval in each field."""
    names = outcome.totals["scenario"].unique(maintain_order=True).to_list()
    cells = {(r["scenario"], r["measure"]): r for r in outcome.totals.iter_rows(named=True)}
    lines = [f"{'':24}" + "".join(f"{name:>34}" for name in names)]
    for measure in outcome.totals["measure"].unique(maintain_order=True):
        line = f"{measure:24}"
        for name in names:
            row = cells[name, measure]
            line += f"{row['median']:>14,.0f} ({row['low']:,.0f} to {row['high']:,.0f})".rjust(34)
        lines.append(line)
    for row in outcome.shortfalls.iter_rows(named=True):
        lines.append(
            f"{row['scenario']}: {row['capacity']} short in {row['share_of_runs']:.0%} of runs, "
            f"from day {row['first_day']:.0f}, by up to {row['largest_gap']:,.0f}"
        )
    return "\n".join([*lines, f"{outcome.n_runs} runs each; inputs {outcome.inputs_digest[:16]}"])
