"""Answer whether a flight, train or vehicle of a day carried a confirmed case, without a name."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from tongzhou.cli.output import json_option, print_result
from tongzhou.cli.parameters import DAY
from tongzhou.cli.records import open_records


@click.command("same-trip")
@click.argument("number")
@click.option("--on", required=True, type=DAY, help="Day of the trip, YYYY-MM-DD.")
@json_option
def command(number: str, on: date, as_json: bool) -> None:
    """Answer whether NUMBER (AQ1275, G1138, 粤B12345) carried a confirmed case on a day."""
    open_records("tongzhou same-trip")
    from tongzhou.server.movement.notices import find_shared_trips, shown_trip

    trips = [shown_trip(trip) for trip in find_shared_trips(number, on)]
    answer = {"number": number, "on": on.isoformat(), "is_found": bool(trips), "trips": trips}
    print_result(answer, as_json, _as_text)


def _as_text(answer: dict[str, Any]) -> str:
    if not answer["is_found"]:
        return f"No notice names {answer['number']} on {answer['on']}. That does not mean nobody was infected on it."
    return "\n".join(line for trip in answer["trips"] for line in _trip_lines(trip))


def _trip_lines(trip: dict[str, Any]) -> list[str]:
    way = " -> ".join(part for part in (trip["from"], trip["to"]) if part)
    seats = " ".join(
        f"{word} {', '.join(trip[key])}"
        for word, key in (("carriage", "carriages"), ("seat", "seats"))
        if trip[key]
    )
    lines = [
        " ".join(
            part for part in (trip["on"], "/".join(trip["numbers"]) or trip["title"], way, seats) if part
        )
    ]
    for notice in trip["notices"]:
        lines.append(
            "  "
            + " ".join(
                part
                for part in (notice["note"], notice["publisher"], notice["url"], f"[{notice['list']}]")
                if part
            )
        )
    return lines
