"""Forms of the interview: a stay with its place, a trip with its seat, a place that is not registered yet."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tongzhou.core.coordinates import GCJ_02, WGS_84
from tongzhou.core.exposures import Conveyance, Setting
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.inputs import DayInput, InstantInput
from tongzhou.server.kernel.sentences import shown_name
from tongzhou.server.movement.actions import TripEntry
from tongzhou.server.movement.words import CONVEYANCES, SETTINGS, setting_word
from tongzhou.server.people.actions import PlaceEntry
from tongzhou.server.people.models import Place


class InstantField(forms.DateTimeField):
    """A local date and time, kept as an aware instant."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=InstantInput(), **kwargs)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare by the minute: seconds never pass through the form."""
        if isinstance(initial, datetime):
            initial = initial.replace(second=0, microsecond=0)
        return bool(super().has_changed(initial, data))


def place_label(place: Place) -> str:
    """Return a place as choices show it: name, setting, area."""
    return f"{shown_name(place)} · {setting_word(place.setting)} · {place.area_code}"


class PlaceChoiceMixin:
    """Choose a place among those the page found; the page gives them as ``places``."""

    def __init__(self, *args: Any, places: list[Place], needs_place: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = {str(place.id): place for place in places}
        choices = [(number, place_label(place)) for number, place in self.places.items()]
        if not needs_place:
            choices.insert(0, ("", _("No registered place")))
        self.fields["place"] = forms.ChoiceField(  # type: ignore[attr-defined]
            label=_("Place"),
            choices=choices,
            required=needs_place,
            widget=forms.RadioSelect,
            error_messages={"required": _("Choose a place, or search for it below.")},
        )

    def chosen_place(self) -> Place | None:
        """Return the place chosen, or ``None``."""
        return self.places.get(self.cleaned_data.get("place", ""))  # type: ignore[attr-defined]


class SpanMixin:
    """A span that ends after it starts and does not lie ahead."""

    def clean(self) -> dict[str, Any]:
        """Refuse a span that cannot have happened."""
        cleaned: dict[str, Any] = super().clean()  # type: ignore[misc]
        start, end = cleaned.get("from_at"), cleaned.get("until_at")
        if start and end and end <= start:
            self.add_error("until_at", _("The end is not after the start."))  # type: ignore[attr-defined]
        elif end and end > clock.now():
            self.add_error("until_at", _("The end lies ahead; give only what has happened."))  # type: ignore[attr-defined]
        return cleaned


class StayForm(SpanMixin, PlaceChoiceMixin, forms.Form):
    """Where somebody was, from when until when."""

    from_at = InstantField(label=_("From"))
    until_at = InstantField(label=_("Until"))
    field_order = ("place", "from_at", "until_at")


class ReasonedStayForm(StayForm):
    """A corrected stay: it says what was wrong."""

    reason = forms.CharField(label=_("What was wrong?"), min_length=2, max_length=200)


class TripForm(SpanMixin, forms.Form):
    """What carried somebody, when, and where they sat; unknown parts of the seat stay empty."""

    conveyance = forms.ChoiceField(
        label=_("Vehicle"), choices=[(kind.value, word) for kind, word in CONVEYANCES.items()]
    )
    vehicle = forms.CharField(label=_("Number of the flight, train or vehicle"), max_length=40)
    trip_on = forms.DateField(label=_("Day it set out"), widget=DayInput())
    from_at = InstantField(label=_("On board from"))
    until_at = InstantField(label=_("On board until"))
    carriage = forms.CharField(label=_("Carriage"), required=False, max_length=20)
    row = forms.IntegerField(label=_("Row"), required=False, min_value=1, max_value=999)
    seat = forms.CharField(label=_("Seat"), required=False, max_length=8)
    compartment = forms.CharField(label=_("Compartment or cabin"), required=False, max_length=20)
    bay = forms.IntegerField(label=_("Bay of an open carriage"), required=False, min_value=1, max_value=999)
    is_crew = forms.BooleanField(label=_("Was crew"), required=False)

    def entry(self) -> TripEntry:
        """Return the trip for the action."""
        fields = {name: value for name, value in self.cleaned_data.items() if name != "reason"}
        return TripEntry(**{**fields, "conveyance": Conveyance(fields["conveyance"])})


class ReasonedTripForm(TripForm):
    """A corrected trip: it says what was wrong."""

    reason = forms.CharField(label=_("What was wrong?"), min_length=2, max_length=200)


class WithdrawForm(forms.Form):
    """Why a stay or trip is taken back."""

    reason = forms.CharField(label=_("Why is it taken back?"), min_length=2, max_length=200)


class PlaceForm(forms.Form):
    """A place that is not registered yet. Coordinates are optional and carry their system."""

    name = forms.CharField(label=_("Name of the place"), max_length=160)
    setting = forms.ChoiceField(
        label=_("Setting"), choices=[(key.value, word) for key, word in SETTINGS.items()]
    )
    area_code = forms.CharField(label=_("Area code"), max_length=24)
    longitude = forms.FloatField(label=_("Longitude"), required=False)
    latitude = forms.FloatField(label=_("Latitude"), required=False)
    coordinate_system = forms.ChoiceField(
        label=_("Coordinate system"), choices=[(WGS_84, WGS_84), (GCJ_02, GCJ_02)], initial=GCJ_02
    )

    def entry(self) -> PlaceEntry:
        """Return the place for the action."""
        fields = self.cleaned_data
        return PlaceEntry(
            area_code=fields["area_code"],
            setting=Setting(fields["setting"]),
            name=fields["name"],
            longitude=fields["longitude"],
            latitude=fields["latitude"],
            coordinate_system=fields["coordinate_system"],
        )
