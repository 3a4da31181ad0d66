"""Parameter types of the command line: counts that accept 1e7, days, cut-offs, area codes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import click

from tongzhou.core.errors import TongzhouError
from tongzhou.core.time import parse_cutoff, parse_day


class Count(click.ParamType[int]):
    """A whole number of things, written 10000000, 10_000_000, 10,000,000 or 1e7."""

    name = "count"

    def __init__(self, minimum: int = 0) -> None:
        self.minimum = minimum

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the whole number, or fail naming the value."""
        if isinstance(value, int):
            return value
        try:
            number = Decimal(str(value).replace("_", "").replace(",", ""))
            is_whole = number.is_finite() and number.adjusted() < 19 and number == number.to_integral_value()
        except InvalidOperation:
            is_whole = False
        if not is_whole:
            self.fail(
                f"{value!r} is not a whole number. Write it as 10000000, 10_000_000 or 1e7.", param, ctx
            )
        if number < self.minimum:
            self.fail(f"{value!r} is less than {self.minimum}.", param, ctx)
        return int(number)


class Day(click.ParamType[date]):
    """A calendar day written YYYY-MM-DD."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return the day, or fail naming the value."""
        if isinstance(value, date):
            return value
        try:
            return parse_day(str(value))
        except TongzhouError as error:
            self.fail(str(error), param, ctx)


class Cutoff(click.ParamType[str]):
    """A cut-off of a reporting day, 00:00 to 24:00."""

    name = "cutoff"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the cut-off as HH:MM, or fail naming the value."""
        text = str(value).strip()
        try:
            moment = parse_cutoff(text)
        except TongzhouError as error:
            self.fail(str(error), param, ctx)
        return "24:00" if moment is None else f"{moment:%H:%M}"


COUNT = Count()
DAY = Day()
CUTOFF = Cutoff()
