"""The forms of the public pages and of the officer who publishes."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from tongzhou.server.kernel.inputs import DayInput


class SameTripForm(forms.Form):
    """Number and day of a trip. No personal data: it may stand in the address."""

    q = forms.CharField(label=_("Flight, train or vehicle number"), max_length=40)
    date = forms.DateField(label=_("Day of the trip"), widget=DayInput())


class ComposeForm(forms.Form):
    """Area and cut-off of a bulletin."""

    area = forms.CharField(label=_("Area code"), max_length=24)
    on = forms.DateField(label=_("Day"), widget=DayInput())
    cutoff = forms.RegexField(r"^([01]?\d|2[0-4]):[0-5]\d$", label=_("Cut-off"), initial="24:00")


class PublishForm(ComposeForm):
    """What was shown, and the words of a correction."""

    digest = forms.CharField(widget=forms.HiddenInput)
    correction_zh = forms.CharField(
        label=_("What was corrected and why, in Chinese"), max_length=400, required=False
    )
    correction_en = forms.CharField(
        label=_("What was corrected and why, in English"), max_length=600, required=False
    )

    def __init__(self, *args: object, is_correction: bool = False, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        for name in ("area", "on", "cutoff"):
            self.fields[name].widget = forms.HiddenInput()
        for name in ("correction_zh", "correction_en"):
            self.fields[name].required = is_correction
            if not is_correction:
                self.fields[name].widget = forms.HiddenInput()
