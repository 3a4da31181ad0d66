"""The form that settles a duty, built from the questions of its kind; and the form that closes a day."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from tongzhou.server.duties.kinds import DutyKind, EvidenceField, EvidenceType
from tongzhou.server.kernel.inputs import DayInput, InstantInput


def _label(asked: EvidenceField) -> str:
    text = asked.label_zh if (get_language() or "").startswith("zh") else asked.label_en
    return f"{text} ({asked.unit})" if asked.unit else text


def _form_field(asked: EvidenceField) -> forms.Field:
    common: dict[str, Any] = {"label": _label(asked), "required": asked.is_required}
    is_chinese = (get_language() or "").startswith("zh")
    if asked.type is EvidenceType.CHOICE:
        choices = [(value, zh if is_chinese else en) for value, zh, en in asked.choices]
        return forms.ChoiceField(choices=choices, widget=forms.RadioSelect, **common)
    if asked.type is EvidenceType.NUMBER:
        widget = forms.NumberInput(attrs={"inputmode": "decimal", "step": "any"})
        return forms.FloatField(min_value=asked.minimum, max_value=asked.maximum, widget=widget, **common)
    if asked.type is EvidenceType.FLAG:
        return forms.BooleanField(**common)
    if asked.type is EvidenceType.INSTANT:
        return forms.DateTimeField(widget=InstantInput(), **common)
    return forms.CharField(max_length=2000, **common)


class EvidenceForm(forms.Form):
    """One field for each question of a kind of duty."""

    def __init__(self, kind: DutyKind, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for asked in kind.evidence:
            self.fields[asked.name] = _form_field(asked)

    def evidence(self) -> dict[str, Any]:
        """Return the answers, without those left empty."""
        answers = {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}
        return {
            name: value.isoformat() if hasattr(value, "isoformat") else value
            for name, value in answers.items()
        }


class RefuseForm(forms.Form):
    """Why a duty cannot be done."""

    reason = forms.CharField(label=_("Why can it not be done?"), min_length=4, max_length=300)


class CloseDayForm(forms.Form):
    """Which area and day to close."""

    area = forms.CharField(label=_("Area code"), max_length=24)
    day = forms.DateField(label=_("Day"), widget=DayInput())


class HandOverForm(forms.Form):
    """Who takes a post over."""

    username = forms.CharField(label=_("User name of the new holder"), max_length=150)
