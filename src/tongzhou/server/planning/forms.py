"""Forms: which scenarios to compare, which packs to hold against each other, what stands ready."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tongzhou.epi.simulate.disease import disease_names
from tongzhou.policy import list_packs
from tongzhou.scenario import ScenarioSpec, intensity_names
from tongzhou.server.kernel.inputs import DayInput
from tongzhou.server.planning.models import CapacityKind
from tongzhou.server.planning.queries import CENSUS, REGISTERED
from tongzhou.server.planning.screens import capacity_label, intensity_label, pack_title, variant_label

N_SCENARIOS = 4
NO_PACK = ""


def pack_choices() -> list[tuple[str, str]]:
    """Return the packs that ask something of people, each once."""
    return [
        (name, pack_title(name))
        for name in dict.fromkeys(entry.name for entry in list_packs())
        if name != "cn-common"
    ]


def intensity_choices() -> list[tuple[str, str]]:
    """Return the intensities with the first words of what they say."""
    return [(name, intensity_label(name)) for name in intensity_names() if name != "none"]


def _number(label: Any, **more: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, required=False, widget=forms.NumberInput(), **more)


class WhatIfForm(forms.Form):
    """What all scenarios share, and up to four scenarios."""

    disease = forms.ChoiceField(label=_("Disease and variant"))
    basis = forms.ChoiceField(
        label=_("Residents"),
        choices=[(CENSUS, _("Census: every resident")), (REGISTERED, _("Persons registered here"))],
    )
    days = forms.IntegerField(label=_("Horizon, days"), min_value=7, max_value=365, initial=60)
    n_runs = forms.IntegerField(
        label=_("Runs of each scenario"), min_value=2, max_value=200, initial=20,
        help_text=_("All scenarios share their random numbers."),
    )  # fmt: skip
    factor = forms.FloatField(
        label=_("Unseen infections for each recent case"), min_value=0, max_value=50, initial=1,
        help_text=_("Cases whose onset lies within one incubation period before today start the runs."),
    )  # fmt: skip
    with_suspected = forms.BooleanField(label=_("Count suspected cases too"), required=False)
    n_seeds = forms.IntegerField(
        label=_("Or start from this many infections"), min_value=1, max_value=100_000, required=False,
        help_text=_("In place of the recent cases; spread over the area by its residents."),
    )  # fmt: skip
    seed = forms.IntegerField(label=_("Seed of the random numbers"), min_value=0, initial=1)

    def __init__(self, *args: Any, pathogen: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = disease_names()
        names = sorted(names, key=lambda name: (not name.startswith(pathogen), name))
        self.fields["disease"].choices = [(name, variant_label(name)) for name in names]  # type: ignore[attr-defined]
        for k in range(N_SCENARIOS):
            self.fields.update(_scenario_fields(k))

    def scenario_rows(self) -> Iterator[list[Any]]:
        """Yield the bound fields of each scenario."""
        for k in range(N_SCENARIOS):
            yield [self[f"{name}_{k}"] for name in _SCENARIO]

    def shared_fields(self) -> list[Any]:
        """Return the bound fields that all scenarios share."""
        own = {f"{name}_{k}" for name in _SCENARIO for k in range(N_SCENARIOS)}
        return [field for field in self if field.name not in own]

    def clean(self) -> dict[str, Any]:
        """Ask for at least one scenario, and labels that differ."""
        cleaned = super().clean() or {}
        if not self.errors:
            names = [spec.name for spec in self.scenarios()]
            if not names:
                raise forms.ValidationError(_("Choose at least one scenario."))
            if len(set(names)) < len(names):
                raise forms.ValidationError(_("Two scenarios are the same: label one of them differently."))
        return cleaned

    def scenarios(self) -> tuple[ScenarioSpec, ...]:
        """Return the scenarios that are in use."""
        return tuple(
            self._scenario(k) for k in range(N_SCENARIOS) if self.cleaned_data.get(f"use_{k}") != _UNUSED
        )

    def _scenario(self, k: int) -> ScenarioSpec:
        given = {name: self.cleaned_data.get(f"{name}_{k}") for name in _SCENARIO}
        if given["use"] == _WITHOUT:
            return ScenarioSpec(label=given["label"] or "")
        kept = {} if given["work"] is None else {"work": given["work"] / 100}
        if given["schools"]:
            kept["school"] = 0.0
        return ScenarioSpec(
            pack=given["use"],
            intensity=given["intensity"],
            label=given["label"] or "",
            tracing=None if given["tracing"] is None else given["tracing"] / 100,
            kept=kept,
            tests_per_day=given["tests"] or 0,
            tracers=given["tracers"] or 0,
            from_day=given["from_day"] or 0,
            in_zones=bool(given["zones"]),
        )


_UNUSED, _WITHOUT = "-", "none"
_SCENARIO = (
    "use",
    "intensity",
    "zones",
    "tracing",
    "schools",
    "work",
    "tests",
    "tracers",
    "from_day",
    "label",
)


def _scenario_fields(k: int) -> dict[str, forms.Field]:
    """Return the fields of one scenario; the first two are filled in."""
    uses = [(_UNUSED, _("not used")), *pack_choices(), (_WITHOUT, _("no measures"))]
    first = {0: "cn-2022-06", 1: "cn-2022-11", 2: _WITHOUT}.get(k, _UNUSED)
    percent = {"min_value": 0, "max_value": 100}
    return {
        f"use_{k}": forms.ChoiceField(label=_("Rules"), choices=uses, initial=first),
        f"intensity_{k}": forms.ChoiceField(
            label=_("Carried out"), choices=intensity_choices(), initial="active"
        ),
        f"zones_{k}": forms.BooleanField(
            label=_("Limits only in areas with cases, as long as the zones of the rules last"), required=False
        ),
        f"tracing_{k}": _number(_("Contacts found, % of the intensity's"), **percent),
        f"schools_{k}": forms.BooleanField(label=_("Close schools"), required=False),
        f"work_{k}": _number(_("Contacts at work that remain, %"), **percent),
        f"tests_{k}": _number(_("Tests of people with symptoms a day, at most"), min_value=0),
        f"tracers_{k}": _number(_("Investigators, at most"), min_value=0),
        f"from_day_{k}": _number(_("Closures begin on day"), min_value=0, max_value=365),
        f"label_{k}": forms.CharField(label=_("Label"), max_length=40, required=False),
    }


class DifferenceForm(forms.Form):
    """Two packs on the people of today."""

    before = forms.ChoiceField(label=_("Rules in force"))
    after = forms.ChoiceField(label=_("Rules to come"))
    with_simulation = forms.BooleanField(
        label=_("Also simulate both for 60 days"),
        required=False,
        help_text=_("Takes minutes for a city."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("before", "after"):
            self.fields[name].choices = pack_choices()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Ask for two different packs."""
        cleaned = super().clean() or {}
        if cleaned.get("before") and cleaned.get("before") == cleaned.get("after"):
            raise forms.ValidationError(_("Choose two different packs."))
        return cleaned


class CapacityForm(forms.Form):
    """One figure of what stands ready."""

    kind = forms.ChoiceField(label=_("Kind of capacity"))
    amount = forms.IntegerField(label=_("Units"), min_value=0, max_value=100_000_000)
    lead_days = forms.IntegerField(label=_("Own lead time, days"), min_value=0, max_value=400, required=False)
    as_of = forms.DateField(label=_("As of"), widget=DayInput())
    source = forms.CharField(label=_("Source"), max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [(kind, capacity_label(kind)) for kind in CapacityKind.values]
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]
