"""Find areas by name, pinyin or code; load another tree."""

from __future__ import annotations

from pathlib import Path

import click

from tongzhou.cli.output import json_option, print_result
from tongzhou.cli.records import open_records


@click.group("areas")
def command() -> None:
    """The area tree."""


@command.command("find")
@click.argument("text")
@json_option
def find(text: str, as_json: bool) -> None:
    """Find areas by the beginning of their name, pinyin or code."""
    open_records("tongzhou areas find")
    from tongzhou.server.areas.queries import search_areas

    rows = [
        {"code": area.code, "name": area.name_zh, "name_en": area.name_en, "level": area.level}
        for area in search_areas(text)
    ]
    lines = "\n".join(f"{row['code']:<16}{row['name']}  {row['name_en']}  ({row['level']})" for row in rows)
    print_result(rows, as_json, lambda _: lines or f"No area begins with {text!r}.")


@command.command("load")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def load(file: Path) -> None:
    """Load a tree from CSV: code, level, a name; optionally parent, coordinates, population."""
    open_records("tongzhou areas load")
    from tongzhou.server.areas.actions import load_area_file

    click.echo(f"{load_area_file(file)} areas loaded.")
