"""State the figures of an area at a cut-off, each with its source."""

from __future__ import annotations

from datetime import date

import click

from tongzhou.cli.output import json_option, print_result
from tongzhou.cli.parameters import CUTOFF, DAY
from tongzhou.cli.records import open_records


@click.command("bulletin")
@click.option("--area", "area_code", required=True, help="Area code, for example 44 or 4403.")
@click.option("--on", required=True, type=DAY, help="Day of the bulletin, YYYY-MM-DD.")
@click.option("--cutoff", default="24:00", type=CUTOFF, help="00:00 to 24:00; the end of the day by default.")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", help="Language of the text.")
@json_option
def command(area_code: str, on: date, cutoff: str, lang: str, as_json: bool) -> None:
    """State the figures of an area at a cut-off of a day.

    Reported counts come first; where an area reported none, the cases of this installation are counted.
    """
    open_records("tongzhou bulletin")
    from tongzhou.core.area_codes import normalise_code
    from tongzhou.server.portal.figures import compose_figures
    from tongzhou.server.portal.wording import json_of, text_of

    figures = compose_figures(normalise_code(area_code), on, cutoff)
    text = text_of(figures, lang)
    print_result({**json_of(figures), "text": text} if as_json else text, as_json)
