"""The forms of the laboratory clerk."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tongzhou.core.access import Actor
from tongzhou.interop.columns import ColumnMapping
from tongzhou.interop.results import FIELDS
from tongzhou.server.kernel.inputs import InstantInput
from tongzhou.server.labs.models import Laboratory, Outcome
from tongzhou.server.labs.queries import visible_laboratories

FIELD_WORDS = {
    "document": _("Document number"),
    "name": _("Name"),
    "sample_id": _("Sample number"),
    "sampled_at": _("Time of sampling"),
    "resulted_at": _("Time of the result"),
    "method": _("Method"),
    "result": _("Result"),
    "lab": _("Laboratory"),
}
OUTCOME_WORDS = (
    (Outcome.POSITIVE, _("Positive")),
    (Outcome.NEGATIVE, _("Negative")),
    (Outcome.INDETERMINATE, _("Indeterminate")),
)
METHODS = (
    ("nucleic_acid", _("Nucleic acid")),
    ("antigen", _("Antigen")),
    ("antibody", _("Antibody")),
    ("sequencing", _("Sequencing")),
)


def _laboratory_field(actor: Actor) -> forms.ModelChoiceField:
    class Choice(forms.ModelChoiceField):
        def label_from_instance(self, laboratory: Laboratory) -> str:
            return f"{laboratory.name_zh} ({laboratory.code})"

    return Choice(
        label=_("Laboratory"), queryset=visible_laboratories(actor), to_field_name="code", empty_label=None
    )


class ResultForm(forms.Form):
    """One result."""

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["laboratory"] = _laboratory_field(actor)
        self.order_fields(["laboratory"])

    document = forms.CharField(
        label=_("Document number"), max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    name = forms.CharField(label=_("Name"), max_length=80, required=False)
    phone = forms.CharField(label=_("Telephone"), max_length=20, required=False)
    sample = forms.CharField(label=_("Sample number"), max_length=80)
    sampled_at = forms.DateTimeField(label=_("Time of sampling"), widget=InstantInput())
    resulted_at = forms.DateTimeField(label=_("Time of the result"), widget=InstantInput())
    method = forms.ChoiceField(label=_("Method"), choices=METHODS)
    outcome = forms.ChoiceField(label=_("Result"), choices=OUTCOME_WORDS, widget=forms.RadioSelect)
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=120)


class ResultFileForm(forms.Form):
    """A file of results."""

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["laboratory"] = _laboratory_field(actor)
        self.order_fields(["laboratory"])

    file = forms.FileField(label=_("File (CSV, XLSX, NDJSON or Parquet)"))


class MappingForm(forms.Form):
    """Which column holds which field; shown before anything runs."""

    def __init__(
        self, columns: tuple[str, ...], mapping: ColumnMapping | None, *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "—"), *((column, column) for column in columns)]
        for wanted in FIELDS:
            self.fields[wanted.name] = forms.ChoiceField(
                label=FIELD_WORDS[wanted.name],
                choices=choices,
                required=wanted.is_required,
                initial=mapping.pairs.get(wanted.name, "") if mapping else "",
            )

    def overrides(self) -> dict[str, str]:
        """Return field -> column of what was chosen."""
        return {name: column for name, column in self.cleaned_data.items() if column}


class FindPersonForm(forms.Form):
    """Exact document or telephone number; sent by POST, never in an address."""

    text = forms.CharField(label=_("Exact document or telephone number"), max_length=40)
