"""Compare policy packs and intensities by simulation: cases, beds, tests, restricted days, side by side."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tongzhou.cli.commands.simulate import read_introductions
from tongzhou.cli.figures import read_csv
from tongzhou.cli.output import (
    EXIT_DIFFERS,
    REPEATED,
    check_writable,
    json_option,
    print_result,
    read_saved,
    write_text,
)
from tongzhou.cli.parameters import COUNT, DAY
from tongzhou.core.errors import InputError
from tongzhou.core.time import SHANGHAI, local_day

if TYPE_CHECKING:
    from tongzhou.epi.simulate import Population
    from tongzhou.scenario import Question, Shortfall, WhatIf


@click.command(name="whatif")
@click.option(
    "--pack",
    "packs",
    multiple=True,
    help="Pack, PACK:INTENSITY or PACK:INTENSITY:zones (limits only in areas with cases); repeat to compare.",
)
@click.option(
    "--intensity", default="active", show_default=True, help="Intensity of packs given without one."
)
@click.option("--no-measures", is_flag=True, help="Also a column without any measure.")
@click.option(
    "--tracing",
    type=click.FloatRange(0, 1),
    help="Share of the contacts found, of those the intensity finds.",
)
@click.option("--kept", multiple=True, help="LAYER=SHARE of contacts that remain (school=0 closes schools).")
@click.option("--from-day", type=COUNT, default=0, help="Day on which limits on contacts begin.")
@click.option("--area", "areas", multiple=True, default=("4403",), show_default=True)
@click.option(
    "--persons", type=COUNT, default="2e5", show_default=True, help="Persons simulated; 0 for every resident."
)
@click.option("--population", "folder", type=click.Path(path_type=Path), help="Folder of a saved population.")
@click.option("--disease", default="sars-cov-2/omicron", show_default=True)
@click.option("--days", type=COUNT, default=60, show_default=True)
@click.option("--runs", type=COUNT, default=20, show_default=True)
@click.option("--seed", type=COUNT, default=0, show_default=True)
@click.option("--introduce", multiple=True, help="AREA=PERSONS infected on the first day; repeat.")
@click.option("--beds", type=COUNT, default=0, help="Hospital beds; 0 when unknown.")
@click.option("--icu-beds", type=COUNT, default=0, help="Intensive-care beds; 0 when unknown.")
@click.option("--rooms", type=COUNT, default=0, help="Rooms of quarantine sites; 0 when unknown.")
@click.option(
    "--tests-per-day", type=COUNT, default=0, help="Bounds tests of people with symptoms; 0 for no bound."
)
@click.option("--tracers", type=COUNT, default=0, help="Bounds the cases traced; 0 for no bound.")
@click.option(
    "--ready",
    type=click.Path(path_type=Path, exists=True),
    help="CSV of area,capacity,amount: what runs short where.",
)
@click.option("--first-day", type=DAY, help="Calendar day of the first day; today when left out.")
@click.option("--fans", type=click.Path(path_type=Path), help="Write daily quantiles to a CSV file.")
@click.option(
    "--needs", type=click.Path(path_type=Path), help="Write the need by area and day to a CSV file."
)
@click.option("--save", type=click.Path(path_type=Path), help="Write the question and its digests to a file.")
@click.option(
    "--repeat",
    type=click.Path(path_type=Path, exists=True),
    help="Answer a saved question again and tell whether every bit is equal (exit 1 when not).",
)
@click.option(
    "--keep-runs",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for finished runs: a comparison that was interrupted goes on from them.",
)
@click.option("--threads", type=COUNT, default=2, show_default=True)
@json_option
def command(**options: Any) -> int:
    """Run each pack many times with the same random numbers and print the outcomes side by side."""
    from tongzhou.scenario import KeptRuns, answer

    saved = read_saved(options["repeat"]) if options["repeat"] else {}
    check_writable(options[name] for name in ("fans", "needs", "save"))
    ready = _read_ready(options["ready"]) if options["ready"] is not None else {}
    population = _load(options["folder"])
    question = _read(saved) if saved else _question(options, population)
    outcome = answer(
        question,
        population,
        n_threads=max(1, options["threads"]),
        progress=_shower(options["as_json"]),
        kept=KeptRuns(options["keep_runs"]) if options["keep_runs"] else None,
    )
    if options["fans"] is not None:
        outcome.fans.write_csv(options["fans"])
    if options["needs"] is not None:
        outcome.needs.write_csv(options["needs"])
    result = _as_json(outcome, question)
    if options["save"] is not None:
        kept = {key: result[key] for key in ("question_digest", "result_digest", "code_version", "sources")}
        text = json.dumps({"question": question.to_json(), **kept}, ensure_ascii=False, indent=2)
        write_text(options["save"], text)
    if options["ready"] is not None:
        first_on = options["first_day"] or local_day(datetime.now(UTC), SHANGHAI)
        result["readiness"] = _readiness(ready, outcome, first_on)
    is_equal = _is_equal(saved, result)
    if is_equal is not None:
        result["is_equal"] = is_equal
    print_result(result, options["as_json"], lambda shown: _as_text(outcome, shown))
    return EXIT_DIFFERS if is_equal is False else 0


def _load(folder: Path | None) -> Population | None:
    from tongzhou.epi.simulate import Population

    return None if folder is None else Population.load(folder)


def _read(saved: dict[str, Any]) -> Question:
    from tongzhou.scenario import Question

    return Question.from_json(saved.get("question", {}))


def _question(options: dict[str, Any], population: Population | None) -> Question:
    """Return the question that the options ask."""
    from tongzhou.epi.simulate.marginals import resolve_areas
    from tongzhou.scenario import Question, ScenarioSpec

    if not options["packs"] and not options["no_measures"]:
        raise InputError("scenario.none", "No pack is given.", "Give --pack cn-2022-06, once or more.")
    residents: dict[str, int | None]
    if population is not None:
        pairs = zip(population.area_code.tolist(), population.area_residents.tolist(), strict=True)
        residents = {str(code): n for code, n in pairs}
    else:
        residents = dict.fromkeys([str(code) for code in resolve_areas(options["areas"]).code])
    n_persons = population.n_persons if population is not None else options["persons"] or None
    introductions = read_introductions(options["introduce"])
    specs = [_spec(word, options) for word in options["packs"]]
    bounds = {"beds": options["beds"], "icu_beds": options["icu_beds"], "quarantine_rooms": options["rooms"]}
    return Question(
        residents=residents,
        introductions=introductions or {min(residents): min(20, n_persons or 20)},
        scenarios=(*specs, *([ScenarioSpec()] if options["no_measures"] else [])),
        disease=options["disease"],
        days=options["days"],
        n_runs=options["runs"],
        seed=options["seed"],
        n_persons=n_persons,
        population_seed=options["seed"],
        ready={name: n for name, n in bounds.items() if n},
    )


def _spec(word: str, options: dict[str, Any]) -> Any:
    from tongzhou.scenario import ScenarioSpec

    pack, level, where = (*word.split(":", 2), "", "")[:3]
    if not pack:
        raise InputError("scenario.none", "No pack is given.", "Give --pack cn-2022-06, once or more.")
    if where not in ("", "zones"):
        raise InputError("scenario.bad_pack", f"{word!r} ends in {where!r}.", "Write PACK:INTENSITY:zones.")
    return ScenarioSpec(
        pack=pack,
        intensity=level or options["intensity"],
        tracing=options["tracing"],
        kept=_kept(options["kept"]),
        tests_per_day=options["tests_per_day"],
        tracers=options["tracers"],
        from_day=options["from_day"],
        in_zones=bool(where),
    )


def _kept(words: tuple[str, ...]) -> dict[str, float]:
    """Read LAYER=SHARE words.

    >>> _kept(("school=0", "work=0.5"))
    {'school': 0.0, 'work': 0.5}
    """
    found = {}
    for word in words:
        layer, _, share = word.partition("=")
        try:
            found[layer] = float(share)
        except ValueError as error:
            raise InputError("scenario.bad_share", f"{word!r} names no share.", "Write school=0.") from error
    return found


def _shower(is_quiet: bool) -> Callable[[int, int], bool]:
    """Return what prints progress to stderr, about ten times."""

    def show(done: int, total: int) -> bool:
        if not is_quiet and done % max(total // 10, 1) == 0:
            click.echo(f"run {done} of {total}", err=True)
        return False

    return show


def _read_ready(path: Path) -> dict[tuple[str, str], float]:
    """Read a table of what stands ready, by area and capacity."""
    from tongzhou.scenario.readiness import check_ready

    table = read_csv(path, ("area", "capacity", "amount"), ("amount",))
    records = {(row["area"], row["capacity"]): row["amount"] for row in table.iter_rows(named=True)}
    check_ready(records)
    return records


def _readiness(ready: dict[tuple[str, str], float], outcome: WhatIf, first_on: date) -> list[Shortfall]:
    """Compare the needs with what stands ready."""
    from tongzhou.scenario import find_shortfalls, sum_ready

    areas = outcome.needs["area"].unique(maintain_order=True).to_list()
    return find_shortfalls(outcome.needs, sum_ready(areas, ready), first_on)


def _is_equal(saved: dict[str, Any], result: dict[str, Any]) -> bool | None:
    """Tell whether a repetition gave the same bits; nothing to tell when none was asked for."""
    return saved.get("result_digest") == result["result_digest"] if saved else None


def _as_json(outcome: WhatIf, question: Question) -> dict[str, Any]:
    from tongzhou import __version__

    return {
        "totals": outcome.totals.to_dicts(),
        "shortfalls": outcome.shortfalls.to_dicts(),
        "sources": outcome.sources,
        "n_runs": outcome.n_runs,
        "inputs_digest": outcome.inputs_digest,
        "question_digest": question.digest(),
        "result_digest": outcome.result_digest(),
        "code_version": __version__,
    }


def _as_text(outcome: WhatIf, result: dict[str, Any]) -> str:
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
    lines += [_shortfall_line(item) for item in result.get("readiness", [])]
    lines.append(f"{outcome.n_runs} runs each; question {result['question_digest'][:16]}")
    lines.append(f"result {result['result_digest'][:16]}")
    if "is_equal" in result:
        lines.append(REPEATED[result["is_equal"]])
    return "\n".join(lines)


def _shortfall_line(item: Shortfall) -> str:
    gap = item.gap if item.certainty == "likely" else item.gap_high
    return (
        f"{item.scenario}: {item.area} {item.capacity} {item.certainty} short from {item.first_on} by {gap:,.0f} "
        f"of {item.ready:,.0f}; decide by {item.decide_on} ({item.lead_days} d lead)"
    )
