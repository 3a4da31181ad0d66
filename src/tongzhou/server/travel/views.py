"""The return peak: who arrives or leaves when and where, infected among them, lanes and staff, when to travel."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongzhou.core.errors import TongzhouError
from tongzhou.plan import return_peak as peak
from tongzhou.plan.peak_study import PLANNED_FOR
from tongzhou.scenario.origins import sources
from tongzhou.server.access.queries import require
from tongzhou.server.access.rules import Permission
from tongzhou.server.areas.queries import get_area
from tongzhou.server.kernel import clock
from tongzhou.server.planning.actions import ask_repetition
from tongzhou.server.planning.models import Study, StudyKind
from tongzhou.server.planning.queries import PEAK, PEAK_REPEAT, get_study, repetitions_of, studies_of
from tongzhou.server.planning.screens import listed, problem_of, source_column
from tongzhou.server.planning.views import head
from tongzhou.server.travel import screens
from tongzhou.server.travel.actions import ask_peak
from tongzhou.server.travel.asking import peak_question
from tongzhou.server.travel.forms import PeakForm, defaults
from tongzhou.server.travel.models import TravelDirection

KINDS = (PEAK, PEAK_REPEAT)


@require_http_methods(["GET", "POST"])
def return_peak(request: HttpRequest, area: str) -> HttpResponse:
    """Ask for a return peak of the travel on record or of the simulated festival; show those made before."""
    require(request.actor, Permission.ANALYSIS_READ, area)
    shown, problem = get_area(area), None
    form = PeakForm(request.POST or None, initial=defaults())
    if request.method == "POST" and form.is_valid():
        try:
            peak_question(request.actor, area, form.cleaned_data, clock.today())
            ask_peak(request.actor, area, form.cleaned_data)
            return redirect("travel:return", area=area)
        except TongzhouError as error:
            problem = problem_of(error)
    page = {
        **head(request, shown, "return", *KINDS),
        "form": form,
        "problem": problem,
        "registered": screens.registered_words(request.actor, area),
        "studies": screens.study_rows(studies_of(request.actor, area, StudyKind.RETURN_PEAK)),
    }
    return render(request, "travel/return.html", page, status=422 if form.errors or problem else 200)


@require_GET
def study(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """Show one return peak with where every number comes from."""
    found = get_study(request.actor, study_id, StudyKind.RETURN_PEAK)
    page = {
        **head(request, get_area(found.area_code), "return", *KINDS),
        "study": found,
        "repetitions": repetitions_of(found),
        **_shown(found),
    }
    return render(request, "travel/study.html", page)


def _shown(found: Study) -> dict[str, Any]:
    """Return a computed peak in words, tables and charts."""
    result, question, about = found.result, found.inputs["question"], found.inputs["about"]
    checkpoints = screens.checkpoint_rows(result)
    return {
        "about": about,
        "sources": listed(sources(source_column()) if about["new_year"] else about["sources"]),
        "is_arriving": about["direction"] == TravelDirection.ARRIVING,
        "is_festival": bool(about["new_year"]),
        "chart": screens.arrivals_chart(result),
        "by_origin": screens.origins_chart(result),
        "days": screens.day_rows(result),
        "origins": screens.origin_rows(result, question["prevalence"]),
        "checkpoints": checkpoints,
        "busiest": screens.busiest_rows(checkpoints),
        "top": screens.top_words(result),
        "target_min": result["service"]["target_s"] / 60,
        "is_by_upper_bound": result.get("planned_for") == PLANNED_FOR,
        "has_lanes": bool(result["capacity"]),
        "has_infected": bool(result["infected"]),
        "assumed": [entry[source_column()] for entry in peak.assumptions().values()],
    }


@require_GET
def question_file(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """Return the question of a peak as a file that `tongzhou return-peak --repeat` takes."""
    found = get_study(request.actor, study_id, StudyKind.RETURN_PEAK)
    content = {
        "question": found.inputs["question"],
        "question_digest": found.inputs_digest,
        "result_digest": found.result_digest,
        "code_version": found.code_version,
    }
    answer = HttpResponse(json.dumps(content, ensure_ascii=False, indent=1), content_type="application/json")
    name = f"return-peak-{found.area_code}-{found.from_on}.json"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@require_POST
def repeat(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """Queue a repetition of a peak."""
    found = get_study(request.actor, study_id, StudyKind.RETURN_PEAK)
    ask_repetition(request.actor, found)
    return redirect(f"{reverse('travel:study', args=[study_id])}?area={found.area_code}")
