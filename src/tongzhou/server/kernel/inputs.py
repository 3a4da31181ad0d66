"""Inputs of days and instants. Browsers read and write them in ISO form whatever the language of the page."""

from __future__ import annotations

from typing import Any

from django import forms

DAY = "%Y-%m-%d"
INSTANT = "%Y-%m-%dT%H:%M"


class DayInput(forms.DateInput):
    """A day, picked from the browser's calendar."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs={"type": "date", **(attrs or {})}, format=DAY)


class InstantInput(forms.DateTimeInput):
    """A day and time of day in the time zone of the installation."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs={"type": "datetime-local", **(attrs or {})}, format=INSTANT)
