"""Forms of orders, zones and appeals."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from tongzhou.core.time import day_start
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.inputs import DayInput
from tongzhou.server.measures.screens import CONDITIONS


def end_of_day(day: date | None) -> datetime | None:
    """Return the exclusive end of a last day."""
    return day_start(day + timedelta(days=1), clock.zone()) if day else None


def _day_field(label: str, help_text: str, *, is_required: bool = False) -> forms.DateField:
    return forms.DateField(label=label, help_text=help_text, required=is_required, widget=DayInput())


class ReasonForm(forms.Form):
    """Why something is rejected, released or lifted."""

    reason = forms.CharField(
        label=_("Reason"), help_text=_("No names: the reason is kept for good."), min_length=2, max_length=300
    )


class SecondForm(forms.Form):
    """The reason of the second person for going beyond the rule."""

    reason = forms.CharField(
        label=_("Why is it right to go beyond the rule here?"),
        help_text=_("Name the ground. It is published with the measure and kept for good."),
        min_length=10,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ChangeForm(forms.Form):
    """Another end of a draft, and what of the person's life it must respect."""

    last_on = _day_field(_("Last day"), _("Empty: as the rule says."))
    conditions = forms.MultipleChoiceField(
        label=_("May stay at home because of"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, allowed: Iterable[str], *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        choices = [(name, CONDITIONS.get(name, name)) for name in allowed]
        self.fields["conditions"].choices = choices
        if not choices:
            del self.fields["conditions"]

    def asked(self) -> dict[str, object]:
        """Return the end and the conditions asked for."""
        cleaned = self.cleaned_data
        return {"ends_at": end_of_day(cleaned["last_on"]), "conditions": cleaned.get("conditions", ())}


class AppealForm(forms.Form):
    """What a person objects to, in their own words."""

    text = forms.CharField(
        label=_("What is wrong, in your own words?"),
        min_length=5,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 6}),
    )


class AnswerForm(forms.Form):
    """The decision on an appeal, in words the person will read."""

    decision = forms.ChoiceField(
        label=_("Decision"),
        choices=[("granted", _("Granted: the order ends now")), ("dismissed", _("Dismissed"))],
        widget=forms.RadioSelect,
    )
    answer = forms.CharField(
        label=_("Answer to the person"),
        min_length=5,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )


class ZoneForm(forms.Form):
    """The level and end somebody asks for instead of the proposed ones."""

    level = forms.ChoiceField(
        label=_("Level"), choices=[("high", _("High risk")), ("medium", _("Medium risk"))]
    )
    last_on = _day_field(_("Last day"), _("Empty: it steps down by the rule."))
