"""The forms of a resident who is to travel."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from tongzhou.server.areas.models import Area
from tongzhou.server.areas.queries import children_of, get_area, path_to, search_areas
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.inputs import DayInput
from tongzhou.server.kernel.sentences import shown_name
from tongzhou.server.travel.models import Means, TravelDirection
from tongzhou.server.travel.registering import FARTHEST, MOST_PEOPLE, Journey

MEANS = {
    Means.TRAIN: _("Train"),
    Means.PLANE: _("Plane"),
    Means.COACH: _("Coach"),
    Means.CAR: _("Car"),
    Means.SHIP: _("Ship"),
}
MOST_OFFERED = 20


def _choice(area: Area) -> tuple[str, str]:
    return area.code, shown_name(area)


def _path_below(city: str, area: Area) -> str:
    """Return the names from below the city down to an area."""
    return " ".join(_choice(part)[1] for part in path_to(area.code) if len(part.code) > len(city))


class JourneyForm(forms.Form):
    """When, from or to where, by what, how many together, and how to reach them."""

    direction = forms.ChoiceField(
        label=_("I am"),
        choices=[("in", _("coming back")), ("out", _("leaving"))],
        initial="in",
        widget=forms.RadioSelect,
    )
    area_code = forms.ChoiceField(label=_("My city here"))
    stay = forms.CharField(
        label=_("Street or community where I will stay"), max_length=60, required=False,
        help_text=_("When you come back: so that the right community reaches you."),
    )  # fmt: skip
    address = forms.CharField(
        label=_("Address"),
        max_length=120,
        required=False,
        widget=forms.TextInput({"autocomplete": "street-address"}),
    )
    other = forms.ChoiceField(label=_("Where I come from, or go to"))
    on = forms.DateField(label=_("Day of arrival, or of leaving"))
    means = forms.ChoiceField(label=_("By"), choices=list(MEANS.items()))
    n_people = forms.IntegerField(
        label=_("People travelling together"), min_value=1, max_value=MOST_PEOPLE, initial=1
    )
    name = forms.CharField(label=_("Name"), max_length=60, widget=forms.TextInput({"autocomplete": "name"}))
    phone = forms.RegexField(
        r"^\+?[0-9][0-9 -]{5,18}$",
        label=_("Phone"),
        widget=forms.TextInput({"type": "tel", "autocomplete": "tel"}),
        error_messages={"invalid": _("Write the number with digits alone, for example 13800138000.")},
    )
    consent = forms.BooleanField(
        label=_("I agree that these details are kept and used as said above."),
        error_messages={"required": _("Without your agreement nothing is kept.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        here = [_choice(area) for area in children_of(settings.ROOT_AREA)]
        provinces = [_choice(area) for area in Area.objects.filter(level="province").order_by("code")]
        away = [choice for choice in provinces if choice[0] != settings.ROOT_AREA]
        root = _choice(get_area(settings.ROOT_AREA))[1]
        self.fields["area_code"].choices = [("", "–"), *here]  # type: ignore[attr-defined]
        self.fields["other"].choices = [("", "–"), (_("Provinces"), away), (root, here)]  # type: ignore[attr-defined]
        today = clock.today()
        span = {"min": today.isoformat(), "max": (today + FARTHEST).isoformat()}
        self.fields["on"].widget = DayInput(span)

    def clean_on(self) -> Any:
        """Take days to come alone."""
        on, today = self.cleaned_data["on"], clock.today()
        if not today <= on <= today + FARTHEST:
            raise forms.ValidationError(_("Choose a day from today on, at most four months ahead."))
        return on

    def clean(self) -> dict[str, Any]:
        """Ask for two different places, and for one place to stay."""
        cleaned = super().clean() or {}
        if cleaned.get("stay") and cleaned.get("area_code"):
            self._find_stay(cleaned)
        if cleaned.get("other") and cleaned.get("other") == cleaned.get("area_code"):
            self.add_error("other", _("Choose a place other than your city here."))
        return cleaned

    def _find_stay(self, cleaned: dict[str, Any]) -> None:
        """Find the area that is meant in the city; offer those that match where several do."""
        found = list(search_areas(cleaned["stay"], cleaned["area_code"], MOST_OFFERED))
        named = [area for area in found if cleaned["stay"] in (area.code, area.name_zh)]
        if len(named or found) == 1:
            cleaned["stays_in"] = (named or found)[0].code
            return
        if not found:
            self.add_error("stay", _("No place in your city begins like this. You may leave it empty."))
            return
        choices = [(area.code, _path_below(cleaned["area_code"], area)) for area in found]
        self.fields["stay"].widget = forms.Select(choices=[("", "–"), *choices])
        self.add_error("stay", _("Several places begin like this. Choose yours."))

    def journey(self) -> Journey:
        """Return what was stated; where and at which door somebody stays is asked of those who come back."""
        given = {name: self.cleaned_data.get(name, "") for name in Journey.__dataclass_fields__}
        if given["direction"] == TravelDirection.LEAVING:
            given |= {"stays_in": "", "address": ""}
        return Journey(**given)

    def words(self) -> dict[str, Any]:
        """Return what was stated, as the resident reads it back."""
        given = self.cleaned_data
        names = {code: _choice(get_area(code))[1] for code in (given["area_code"], given["other"])}
        here, other = names[given["area_code"]], names[given["other"]]
        from_to = (other, here) if given["direction"] == "in" else (here, other)
        return {
            "from": from_to[0],
            "to": from_to[1],
            "on": given["on"],
            "n_people": given["n_people"],
            "means": MEANS[Means(given["means"])],
        }


class WithdrawForm(forms.Form):
    """The code that was given."""

    code = forms.CharField(label=_("Code"), max_length=20)
