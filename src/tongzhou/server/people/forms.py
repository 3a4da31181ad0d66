"""Exact search, and the choice of whom to merge."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class SearchForm(forms.Form):
    """What is known of a person, exactly."""

    text = forms.CharField(
        label=_("Document, phone or full name"),
        help_text=_("Exact: every character counts. Only people of your areas are found."),
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class MergeForm(forms.Form):
    """Who is the same person."""

    other = forms.IntegerField(min_value=1, max_value=2**63 - 1)
