"""Forecast a return peak: arrivals by day, infected among them, lanes and staff at checkpoints, when to travel."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

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
from tongzhou.core.errors import InputError, list_offenders
from tongzhou.core.time import SHANGHAI, local_day

if TYPE_CHECKING:
    import polars as pl

NEEDED = ("day", "origin", "registered")
NUMBERS = ("registered", "expected", "origin_cases", "origin_population")


@click.command(name="return-peak")
@click.argument("figures", type=click.Path(path_type=Path, exists=True), required=False)
@click.option(
    "--new-year", type=DAY, help="Lunar New Year: flows of the simulated festival in place of FIGURES."
)
@click.option(
    "--area", "areas", multiple=True, default=("4403",), show_default=True, help="Area of --new-year."
)
@click.option("--leaving", is_flag=True, help="Who leaves before --new-year, in place of who comes back.")
@click.option("--today", type=DAY, help="Day the registrations stood so; today when left out.")
@click.option("--lanes", multiple=True, help="CHECKPOINT=LANES that it has; repeat.")
@click.option("--seconds", type=click.FloatRange(min=1), help="Mean service time of a traveller, seconds.")
@click.option(
    "--variation", type=click.FloatRange(min=0), help="Coefficient of variation of the service time."
)
@click.option("--target", "target_s", type=click.FloatRange(min=0), help="Wait not to be exceeded, seconds.")
@click.option("--share", type=click.FloatRange(0.01, 0.999), help="Share of travellers it holds for.")
@click.option(
    "--share-registered", type=click.FloatRange(0.01, 1), help="Share who register before they travel."
)
@click.option("--per-lane", type=COUNT, help="Persons at an open lane.")
@click.option("--seed", type=COUNT, default=1, show_default=True)
@click.option(
    "--origin-cases",
    multiple=True,
    help="ORIGIN=CASES reported there in 7 days, of a province or city; repeat.",
)
@click.option("--save", type=click.Path(path_type=Path), help="Write the question and its digests to a file.")
@click.option(
    "--repeat",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Answer a saved question again and tell whether every bit is equal (exit 1 when not).",
)
@json_option
def command(figures: Path | None, today: date | None, **options: Any) -> int:
    """Read FIGURES, a CSV of day, origin, registered and where known checkpoint, expected, origin_cases (7 days),
    origin_population. Give departures in the same columns to plan the outflow.
    """
    from tongzhou import __version__
    from tongzhou.plan.peak_study import compute_peak, digest_of_peak

    check_writable([options["save"]])
    day = today or local_day(datetime.now(UTC), SHANGHAI)
    saved = read_saved(options["repeat"]) if options["repeat"] else {}
    inputs = saved.get("question") or _inputs(figures, day, options)
    result = compute_peak(inputs)
    digests = {
        "question_digest": digest_of_peak(inputs),
        "result_digest": digest_of_peak(result),
        "code_version": __version__,
    }
    if options["save"] is not None:
        text = json.dumps({"question": inputs, **digests}, ensure_ascii=False, indent=1)
        write_text(options["save"], text)
    shown = {**result, **digests}
    if saved:
        shown["is_equal"] = saved.get("result_digest") == digests["result_digest"]
    print_result(shown, options["as_json"], _as_text)
    return EXIT_DIFFERS if shown.get("is_equal") is False else 0


def _inputs(figures: Path | None, today: date, options: dict[str, Any]) -> dict[str, Any]:
    """Return the question that the options ask."""
    from tongzhou.plan.peak_study import peak_inputs

    if figures is not None and options["new_year"] is not None:
        raise InputError("return.two_sources", "Both FIGURES and --new-year are given.", "Give one of them.")
    table = _festival(today, options) if figures is None else _read(figures, today)
    prevalence = {**_prevalence(table), **_origin_cases(options["origin_cases"])}
    own = ("seconds", "variation", "target_s", "share", "share_registered", "per_lane", "seed")
    chosen = {name: options[name] for name in own}
    return peak_inputs(table, today, prevalence, chosen, _lanes(options["lanes"]))


def _origin_cases(words: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """Read ORIGIN=CASES words; residents of the origin are those of the census.

    >>> _origin_cases(("43=1200",))["43"]["population"]
    66444864
    """
    from tongzhou.scenario.origins import residents_of_origin

    found = {}
    for word in words:
        origin, _, n = word.partition("=")
        residents = residents_of_origin(origin)
        if residents is None:
            raise InputError(
                "return.unknown_origin",
                f"{origin!r} is no province, and no city of Guangdong.",
                "Write 43=1200, or give origin_cases and origin_population in FIGURES.",
            )
        found[origin] = {"cases": _count(n, word, "43=1200"), "population": residents}
    return found


def _festival(today: date, options: dict[str, Any]) -> pl.DataFrame:
    """Return the flows of the simulated festival in the columns of a file."""
    import polars as pl

    from tongzhou.epi.simulate.marginals import resolve_areas
    from tongzhou.scenario.return_flows import festival_figures

    if options["new_year"] is None:
        raise InputError("return.no_figures", "Neither FIGURES nor --new-year is given.", "Give one of them.")
    marginals = resolve_areas(options["areas"])
    residents = {str(c): int(n) for c, n in zip(marginals.code, marginals.residents, strict=True)}
    table = festival_figures(
        residents, options["new_year"], today, is_arriving=not options["leaving"], by_origin=True
    )
    if table.is_empty():
        raise InputError(
            "return.no_travel",
            f"Nobody travels for {options['new_year']} after {today}.",
            "Give an earlier --today.",
        )
    absent = [pl.lit(None, pl.Int64).alias(name) for name in ("origin_cases", "origin_population")]
    return table.with_columns(absent)


def _read(path: Path, today: date) -> pl.DataFrame:
    """Read the figures, with every column that the forecast takes."""
    import polars as pl

    table = read_csv(path, NEEDED, NUMBERS)
    days = table["day"].str.to_date(strict=False)
    bad = [f"{text!r} in row {k + 2}" for k, text in enumerate(table["day"]) if days[k] is None]
    if bad:
        raise InputError(
            "return.bad_day", f"{path.name}: day {list_offenders(bad)}.", "Write days as 2020-02-01."
        )
    absent = {"checkpoint": "", "expected": None, "origin_cases": None, "origin_population": None}
    table = table.with_columns(**{k: pl.lit(v) for k, v in absent.items() if k not in table.columns})
    return table.with_columns(
        pl.col("origin", "checkpoint").fill_null(""),
        pl.col(NUMBERS).cast(pl.Float64).round().cast(pl.Int64),
        day=days,
    ).filter(pl.col("day") >= today)


def _lanes(words: tuple[str, ...]) -> dict[str, int]:
    """Read CHECKPOINT=LANES words.

    >>> _lanes(("North=4",))
    {'North': 4}
    """
    found = {}
    for word in words:
        name, _, n = word.partition("=")
        found[name] = _count(n, word, "North=4")
    return found


def _count(text: str, word: str, example: str) -> int:
    """Read the number behind an equals sign."""
    if not text:
        raise InputError("return.bad_word", f"{word!r} gives no number.", f"Write {example}.")
    return COUNT.convert(text, None, None)


def _prevalence(table: pl.DataFrame) -> dict[str, Any]:
    known = table.drop_nulls(["origin_cases", "origin_population"]).unique("origin", keep="last")
    return {
        row["origin"]: {"cases": row["origin_cases"], "population": row["origin_population"]}
        for row in known.iter_rows(named=True)
    }


def _as_text(result: dict[str, Any]) -> str:
    lines = [
        f"{'day':12}{'checkpoint':16}{'arrivals':>10}{'lanes':>7}{'staff':>7}{'wait with its lanes':>22}"
    ]
    for row in result["checkpoints"]:
        wait = "" if row["longest_wait_s"] is None else f"{row['longest_wait_s'] / 60:.0f} min"
        lines.append(
            f"{row['day']!s:12}{row['checkpoint']:16}{row['arrivals']:>10,.0f}{row['lanes_needed']:>7}"
            f"{row['staff']:>7}{wait:>22}"
        )
    for row in result["infected"]:
        lines.append(
            f"{row['day']} from {row['origin']}: {row['mean']:.1f} infected ({row['low']:.0f} to {row['high']:.0f})"
        )
    for row in result["advice"]:
        instead = f", better {row['instead']}" if row["instead"] else ""
        lines.append(f"{row['day']}: {row['state']}{instead}")
    lines.append(f"question {result['question_digest'][:16]}, result {result['result_digest'][:16]}")
    if "is_equal" in result:
        lines.append(REPEATED[result["is_equal"]])
    return "\n".join(lines)
