"""Simulate an epidemic person by person in the areas named, and print what it brings."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tongzhou.cli.output import json_option, print_result
from tongzhou.cli.parameters import COUNT, DAY, Count
from tongzhou.core.errors import InputError

if TYPE_CHECKING:
    from tongzhou.epi.simulate import Population, Run


def read_introductions(words: tuple[str, ...]) -> dict[str, int]:
    """Read AREA=PERSONS words.

    >>> read_introductions(("4403=20", "4401=1e1"))
    {'4403': 20, '4401': 10}
    """
    found: dict[str, int] = {}
    for word in words:
        code, _, n = word.partition("=")
        if not code.isdigit() or not n:
            raise InputError(
                "simulate.bad_introductions", f"{word!r} names no area and number.", "Write 4403=20."
            )
        found[code] = found.get(code, 0) + COUNT.convert(n, None, None)
    return found


def show_progress(n_days: int, quiet: bool) -> Callable[[int], bool] | None:
    """Return a callback that prints every tenth day to stderr, or nothing."""
    if quiet:
        return None

    def show(day: int) -> bool:
        if day % 10 == 0:
            click.echo(f"day {day} of {n_days}", err=True)
        return False

    return show


@click.command(name="simulate")
@click.option(
    "--area", "areas", multiple=True, default=("4403",), show_default=True, help="Area code; repeat."
)
@click.option("--persons", type=COUNT, help="Size of the population; every resident when left out.")
@click.option("--population", "folder", type=click.Path(path_type=Path), help="Folder of a saved population.")
@click.option("--save-population", type=click.Path(path_type=Path), help="Folder to save the population to.")
@click.option("--disease", default="sars-cov-2/wild-type", show_default=True, help="pathogen/variant")
@click.option("--r0", type=float, help="Reproduction number; the disease's own when left out.")
@click.option("--days", type=COUNT, default=100, show_default=True)
@click.option("--seed", type=COUNT, default=0, show_default=True)
@click.option("--introduce", multiple=True, help="AREA=PERSONS infected on the first day; repeat.")
@click.option(
    "--first-day",
    type=DAY,
    help="Calendar day of the first day: dates in the line list, and the season of the disease.",
)
@click.option("--threads", type=Count(1), default=2, show_default=True)
@click.option("--daily", type=click.Path(path_type=Path), help="Write daily series by area to a CSV file.")
@click.option("--line-list", type=click.Path(path_type=Path), help="Write the line list to a Parquet file.")
@json_option
def command(**options: Any) -> None:
    """Simulate an epidemic without measures; `tongzhou whatif` compares measures of policy packs."""
    from tongzhou.epi.simulate import EngineOptions, Simulation, outcome_of
    from tongzhou.epi.simulate.disease import load_disease

    introductions = read_introductions(options["introduce"])
    _check_folders(options["daily"], options["line_list"])
    disease = load_disease(options["disease"])
    if options["r0"] is not None:
        disease = replace(disease, r0=_positive(options["r0"]))
    population, synthesis_s = _population(options)
    if not introductions:
        introductions = {str(population.area_code[0]): min(20, population.n_persons)}
    started = time.perf_counter()
    simulation = Simulation(
        population, disease, n_days=options["days"], seed=options["seed"], introductions=introductions,
        first_day=options["first_day"],
        options=EngineOptions(n_threads=options["threads"], keeps_line_list=options["line_list"] is not None),
    )  # fmt: skip
    simulation.advance(progress=show_progress(options["days"], options["as_json"]))
    outcome = outcome_of(simulation)
    result = outcome.summary() | {
        "synthesis_s": synthesis_s,
        "run_s": round(time.perf_counter() - started, 3),
    }
    _write(outcome, options["daily"], options["line_list"])
    print_result(result, options["as_json"], _as_text)


def _positive(r0: float) -> float:
    if r0 <= 0:
        raise InputError("disease.negative", f"--r0 is {r0}.", "Give a number above 0.")
    return r0


def _population(options: dict[str, Any]) -> tuple[Population, float]:
    """Return the population asked for, and the seconds it took."""
    from tongzhou.epi.simulate import Population, synthesize

    started = time.perf_counter()
    if options["folder"] is not None:
        population = Population.load(options["folder"])
    else:
        population = synthesize(
            options["areas"], options["persons"], options["seed"], n_threads=options["threads"]
        )
    if options["save_population"] is not None:
        population.save(options["save_population"])
    return population, round(time.perf_counter() - started, 3)


def _check_folders(*files: Path | None) -> None:
    """Refuse files that could not be written when the run is over."""
    lost = [str(file.parent) for file in files if file is not None and not file.parent.is_dir()]
    if lost:
        raise InputError("simulate.no_folder", f"There is no folder {', '.join(lost)}.", "Make it first.")


def _write(outcome: Run, daily: Path | None, line_list: Path | None) -> None:
    """Write the files asked for."""
    if daily is not None:
        outcome.daily.write_csv(daily)
    if line_list is not None:
        outcome.line_list.write_parquet(line_list)


def _as_text(result: dict[str, Any]) -> str:
    """Return the summary as lines."""
    return "\n".join(f"{name:26} {value}" for name, value in result.items())
