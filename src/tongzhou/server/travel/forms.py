"""The form of a return peak."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tongzhou.plan import return_peak as peak
from tongzhou.scenario.origins import next_new_year
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.inputs import DayInput
from tongzhou.server.travel.asking import FESTIVAL, FIGURES
from tongzhou.server.travel.models import TravelDirection


class PeakForm(forms.Form):
    """What travel is known from, which way, how a lane works. Every value has the sourced assumption as its default."""

    basis = forms.ChoiceField(
        label=_("Travellers from"),
        choices=[
            (FIGURES, _("Figures on record, and registrations")),
            (FESTIVAL, _("Simulated Spring Festival, and registrations")),
        ],
    )
    direction = forms.ChoiceField(
        label=_("Direction"),
        choices=[("in", _("Arriving")), ("out", _("Leaving"))],
        initial=TravelDirection.ARRIVING,
    )
    days = forms.IntegerField(label=_("Days ahead"), min_value=1, max_value=60)
    new_year = forms.DateField(
        label=_("Lunar New Year, for the simulated festival"),
        required=False,
        widget=DayInput(),
    )
    lanes = forms.IntegerField(
        label=_("Lanes at each checkpoint"), min_value=0, max_value=1000, required=False
    )
    seconds = forms.FloatField(label=_("Seconds for one traveller"), min_value=1, max_value=3600)
    target_s = forms.FloatField(label=_("Wait not to exceed, seconds"), min_value=0, max_value=36_000)
    per_lane = forms.IntegerField(label=_("Persons at a lane"), min_value=1, max_value=20)
    share_registered = forms.FloatField(
        label=_("Share who register before travel"), min_value=0.05, max_value=1
    )

    def clean(self) -> dict[str, Any]:
        """Ask for the New Year of a festival."""
        cleaned = super().clean() or {}
        if cleaned.get("basis") == FESTIVAL and not cleaned.get("new_year") and "new_year" not in self.errors:
            self.add_error("new_year", _("Give the day of the lunar New Year."))
        return cleaned


def defaults() -> dict[str, Any]:
    """Return the sourced assumptions as the form shows them."""
    table = peak.assumptions()
    return {
        "basis": FIGURES,
        "direction": TravelDirection.ARRIVING.value,
        "days": 21,
        "new_year": next_new_year(clock.today()),
        "lanes": None,
        "seconds": table["service"]["seconds"],
        "target_s": table["service"]["target_s"],
        "per_lane": table["staff"]["per_lane"],
        "share_registered": table["registration"]["share_registered"],
    }
