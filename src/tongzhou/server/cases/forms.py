"""Forms of the case page: correct its facts, add an exposure, add a link, fill the report card."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from tongzhou.policy import FormField
from tongzhou.server.cases.card_words import CARD_WORDS
from tongzhou.server.cases.models import CaseOutcome, Classification
from tongzhou.server.cases.screens import CLASSES, OUTCOMES
from tongzhou.server.kernel.inputs import DayInput
from tongzhou.server.movement.forms import InstantField, PlaceChoiceMixin, SpanMixin
from tongzhou.server.movement.words import SETTINGS

ENDS = {"outcome", "outcome_at"}
YES_NO = [("", _("Not known")), ("yes", _("Yes")), ("no", _("No"))]


class CorrectCaseForm(forms.Form):
    """The facts of a case that its infectious window and its reports rest on."""

    classification = forms.ChoiceField(
        label=_("Classification"), choices=[(kind.value, words[1]) for kind, words in CLASSES.items()]
    )
    has_symptoms = forms.ChoiceField(label=_("Symptoms"), choices=YES_NO, required=False)
    onset_on = forms.DateField(label=_("Onset"), required=False, widget=DayInput())
    first_sampled_at = InstantField(label=_("First positive sample"), required=False)
    isolated_at = InstantField(label=_("Isolated since"), required=False)
    is_imported_infection = forms.ChoiceField(label=_("Infected elsewhere"), choices=YES_NO, required=False)
    severity = forms.CharField(label=_("Severity"), required=False, max_length=16)
    outcome = forms.ChoiceField(
        label=_("Outcome"),
        required=False,
        choices=[(outcome.value, words[1]) for outcome, words in OUTCOMES.items()],
    )
    outcome_at = InstantField(label=_("Recovered or died on"), required=False)
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def clean(self) -> dict[str, Any]:
        """Ask for the day of an outcome."""
        given = super().clean() or {}
        if given.get("outcome") and not given.get("outcome_at"):
            self.add_error("outcome_at", _("Give the day on which the person recovered or died."))
        return given

    def changes(self) -> dict[str, Any]:
        """Return what the person changed of the facts, ready for the action."""
        changed = {name: self.cleaned_data[name] for name in self.changed_data if name not in ENDS}
        for name in ("has_symptoms", "is_imported_infection"):
            if name in changed:
                changed[name] = {"yes": True, "no": False}.get(changed[name])
        if "classification" in changed:
            changed["classification"] = Classification(changed["classification"])
        return changed

    def end(self) -> tuple[CaseOutcome, Any] | None:
        """Return how and when the case ended, if that was changed."""
        if not ENDS & set(self.changed_data):
            return None
        return CaseOutcome(self.cleaned_data["outcome"]), self.cleaned_data["outcome_at"]


class AddExposureForm(SpanMixin, PlaceChoiceMixin, forms.Form):
    """A meeting that only the interview knows."""

    who = forms.CharField(
        label=_("Document, phone or full name"),
        help_text=_("Exact. Somebody not found is registered with the fields below."),
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    from_at = InstantField(label=_("From"))
    until_at = InstantField(label=_("Until"))
    setting = forms.ChoiceField(
        label=_("Setting"), choices=[(key.value, word) for key, word in SETTINGS.items()]
    )
    name = forms.CharField(label=_("Name, if new"), required=False, max_length=80)
    document = forms.CharField(label=_("Document number, if new"), required=False, max_length=40)
    phone = forms.CharField(label=_("Phone, if new"), required=False, max_length=20)
    area_code = forms.CharField(label=_("Area code where they live, if new"), required=False, max_length=24)
    note = forms.CharField(label=_("Note"), required=False, max_length=300)


class AddLinkForm(forms.Form):
    """The other case of a link, and which way it goes."""

    number = forms.CharField(label=_("Number of the other case"), max_length=40)
    direction = forms.ChoiceField(
        label=_("Direction"),
        choices=[("in", _("It infected this case")), ("out", _("This case infected it"))],
        widget=forms.RadioSelect,
        initial="in",
    )
    setting = forms.ChoiceField(
        label=_("Setting"),
        required=False,
        choices=[("", _("Not known")), *[(key.value, word) for key, word in SETTINGS.items()]],
    )
    probability = forms.FloatField(label=_("Probability, 0 to 1"), min_value=0.01, max_value=1, initial=1)
    note = forms.CharField(label=_("How it is known"), required=False, max_length=300)


class ReasonForm(forms.Form):
    """Why something is undone or shown."""

    reason = forms.CharField(label=_("Reason"), min_length=4, max_length=300)


class ReportCardForm(forms.Form):
    """The fields of the pack's report card that no other record answers."""

    def __init__(self, fields: list[FormField], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in fields:
            self.fields[field.name] = _card_field(field)


def _card_field(field: FormField) -> forms.Field:
    label = field.label.zh if (get_language() or "").startswith("zh") else field.label.en
    if field.type == "choice":
        choices = [("", _("Not known")), *[(value, CARD_WORDS.get(value, value)) for value in field.allowed]]
        return forms.ChoiceField(label=label, choices=choices, required=False)
    if field.type == "day":
        widget = DayInput()
        return forms.DateField(label=label, required=False, widget=widget)
    if field.type == "instant":
        return InstantField(label=label, required=False)
    return forms.CharField(label=label, required=False, max_length=200)
