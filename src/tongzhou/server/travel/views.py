"""The return peak: who arrives or leaves when and where, infected among them, lanes and staff, when to travel."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from tongzhou.plan import return_peak as peak
from tongzhou.server.access.queries import require
from tongzhou.server.access.rules import Permission
from tongzhou.server.areas.queries import get_area
from tongzhou.server.kernel import clock
from tongzhou.server.planning.actions import keep_study
from tongzhou.server.planning.models import StudyKind
from tongzhou.server.planning.queries import studies_of
from tongzhou.server.planning.views import head
from tongzhou.server.travel import answers, queries, screens
from tongzhou.server.travel.models import TravelDirection


class PeakForm(forms.Form):
    """Which way, how far ahead, how a lane works. Every value has the sourced assumption as its default."""

    direction = forms.ChoiceField(
        label=_("Direction"),
        choices=[("in", _("Arriving")), ("out", _("Leaving"))],
        initial=TravelDirection.ARRIVING,
    )
    days = forms.IntegerField(label=_("Days ahead"), min_value=1, max_value=60)
    lanes = forms.IntegerField(
        label=_("Lanes at each checkpoint"), min_value=0, max_value=1000, required=False
    )
    seconds = forms.FloatField(label=_("Seconds for one traveller"), min_value=1, max_value=3600)
    target_s = forms.FloatField(label=_("Wait not to exceed, seconds"), min_value=0, max_value=36_000)
    per_lane = forms.IntegerField(label=_("Persons at a lane"), min_value=1, max_value=20)
    share_registered = forms.FloatField(
        label=_("Share who register before travel"), min_value=0.05, max_value=1
    )


def defaults() -> dict[str, Any]:
    """Return the sourced assumptions as the form shows them."""
    table = peak.assumptions()
    return {
        "direction": TravelDirection.ARRIVING.value,
        "days": 21,
        "lanes": None,
        "seconds": table["service"]["seconds"],
        "target_s": table["service"]["target_s"],
        "per_lane": table["staff"]["per_lane"],
        "share_registered": table["registration"]["share_registered"],
    }


@require_http_methods(["GET", "POST"])
def return_peak(request: HttpRequest, area: str) -> HttpResponse:
    """Show the peak computed from the figures on record; keep it as a study when posted."""
    require(request.actor, Permission.ANALYSIS_READ, area)
    shown, today = get_area(area), clock.today()
    given = {**defaults(), **{name: value for name, value in request.GET.items() if value}}
    form = PeakForm(given)
    page = {
        **head(request, shown, "return"),
        "form": form,
        "result": None,
        "kept": _kept(request, area),
    }
    if not form.is_valid():
        return render(request, "travel/return.html", page, status=422)
    options = form.cleaned_data
    figures = queries.travel_figures(request.actor, area, options["direction"], today, options["days"])
    if figures:
        result = answers.compute(figures, options, today)
        if request.method == "POST":
            keep_study(request.actor, area, answers.as_answer(area, figures, options, result, today))
            return redirect(request.get_full_path())
        page |= _shown(figures, options, result, today)
    return render(request, "travel/return.html", page)


def _kept(request: HttpRequest, area: str) -> list[Any]:
    return studies_of(request.actor, area, StudyKind.RETURN_PEAK, limit=5)


def _shown(
    figures: list[Any], options: dict[str, Any], result: dict[str, Any], today: date
) -> dict[str, Any]:
    """Return the computed peak in words."""
    checkpoints = screens.checkpoint_rows(result)
    return {
        "result": result,
        "is_arriving": options["direction"] == TravelDirection.ARRIVING,
        "chart": screens.arrivals_chart(result),
        "days": screens.day_rows(result),
        "origins": screens.origin_rows(result),
        "checkpoints": checkpoints,
        "busiest": screens.busiest_rows(checkpoints),
        "top": screens.top_words(result),
        "digest": answers.facts_digest(figures, options),
        "sources": sorted({f"{f.source} ({f.as_of})" for f in figures})[:5],
        "n_figures": len(figures),
        "assumed": [entry["source"] for entry in peak.assumptions().values()],
    }
