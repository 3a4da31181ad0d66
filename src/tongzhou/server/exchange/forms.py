"""The form of the import screen."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

KIND_WORDS = {
    "city-daily": _("Daily counts by area"),
    "case-details": _("Details of past cases"),
    "same-trip": _("Notices of shared trips"),
    "tracks": _("Published itineraries"),
    "routes": _("Patients and their routes"),
}


class ManyFiles(forms.ClearableFileInput):
    """An input for several files."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One or more files."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, widget=ManyFiles(), **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        """Return every file."""
        return [super(FilesField, self).clean(item, initial) for item in data or [None]]


class ImportForm(forms.Form):
    """Kind and files."""

    kind = forms.ChoiceField(label=_("What the files are"), choices=list(KIND_WORDS.items()))
    files = FilesField(label=_("Files; the tables of one delivery together"))
