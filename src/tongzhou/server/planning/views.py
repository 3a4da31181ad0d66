"""Scenarios side by side: asked from today's records, run in the background, kept with what they were made from."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongzhou.core.errors import TongzhouError
from tongzhou.epi.simulate.disease import load_disease
from tongzhou.server.access.queries import require
from tongzhou.server.access.rules import Permission
from tongzhou.server.areas.models import Area
from tongzhou.server.areas.queries import get_area, names_of
from tongzhou.server.kernel.jobs import request_cancel
from tongzhou.server.planning import asking, queries, rules, screens
from tongzhou.server.planning.actions import ask_again, ask_repetition, ask_whatif
from tongzhou.server.planning.forms import WhatIfForm
from tongzhou.server.planning.models import StudyKind


def head(request: HttpRequest, area: Area, tab: str, *kinds: str) -> dict[str, Any]:
    """Return what every page of planning shows of its area: name, tabs, jobs under way and ended."""
    account_id = request.actor.account_id
    return {
        "area": area,
        "name": screens.name_of(area),
        "tab": tab,
        "jobs": [screens.job_row(job, account_id) for job in queries.live_jobs(area.code, *kinds)],
        "ended": [screens.ended_row(job) for job in queries.ended_jobs(area.code, account_id, *kinds)],
        "kinds": ",".join(kinds),
    }


@require_http_methods(["GET", "POST"])
def whatif(request: HttpRequest, area: str) -> HttpResponse:
    """Ask for a comparison of scenarios; show those made before."""
    require(request.actor, Permission.ANALYSIS_READ, area)
    shown, problem = get_area(area), None
    form = _form(request)
    if request.method == "POST" and form.is_valid():
        try:
            question, about = asking.question_from(request.actor, area, form.cleaned_data, form.scenarios())
            ask_whatif(request.actor, area, question, about)
            return redirect("planning:whatif", area=area)
        except TongzhouError as error:
            problem = screens.problem_of(error)
    page = {
        **head(request, shown, "whatif", queries.WHATIF, queries.REPEAT),
        "form": form,
        "problem": problem,
        "seeds": _seeds(request, area),
        "studies": screens.study_rows(queries.studies_of(request.actor, area, StudyKind.WHATIF)),
    }
    return render(request, "planning/whatif.html", page, status=422 if form.errors or problem else 200)


def _form(request: HttpRequest) -> WhatIfForm:
    pathogen = asking.pathogen_in_force()
    if request.method == "POST":
        return WhatIfForm(request.POST, pathogen=pathogen)
    return WhatIfForm(pathogen=pathogen, initial={"disease": asking.usual_variant()})


def _seeds(request: HttpRequest, area: str) -> dict[str, Any]:
    """Return the recent cases that runs would start from, by the areas below."""
    n_days = rules.recent_days(load_disease(asking.usual_variant()))
    cases = asking.seed_cases(request.actor, area, n_days)
    counts: dict[str, int] = {}
    for code, _on in cases:
        counts[code[:6]] = counts.get(code[:6], 0) + 1
    names = names_of(set(counts))
    largest = sorted(counts.items(), key=lambda item: -item[1])[:6]
    where = screens.listed(f"{screens.name_of(names.get(code), code)} {n}" for code, n in largest)
    return {"n": len(cases), "n_days": n_days, "where": where}


@require_GET
def study(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """Show the scenarios of one study side by side, with where every number comes from."""
    found = queries.get_study(request.actor, study_id, StudyKind.WHATIF)
    scenarios = screens.scenario_rows(found)
    result, shown = found.result, get_area(found.area_code)
    introductions = found.inputs["question"]["introductions"]
    page = {
        **head(request, shown, "whatif", queries.WHATIF, queries.REPEAT),
        "study": found,
        "question": found.inputs["question"],
        "about": found.inputs["about"],
        "n_seeds": sum(introductions.values()),
        "scenarios": scenarios,
        "totals": screens.total_rows(result["totals"], scenarios),
        "charts": screens.fan_charts(found, result, scenarios),
        "shortfalls": screens.shortfall_rows(result, scenarios, found.from_on),
        "repetitions": queries.repetitions_of(found),
        "costs": screens.cost_rows(),
        "level": round(found.inputs["question"]["level"] * 100),
        "variant": screens.variant_label(found.disease),
    }
    return render(request, "planning/study.html", page)


@require_GET
def question_file(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """Return the question of a study as a file that `tongzhou whatif --repeat` takes."""
    found = queries.get_study(request.actor, study_id, StudyKind.WHATIF)
    content = {
        "question": found.inputs["question"],
        "question_digest": found.inputs_digest,
        "result_digest": found.result_digest,
        "code_version": found.code_version,
    }
    answer = HttpResponse(json.dumps(content, ensure_ascii=False, indent=2), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="whatif-{found.area_code}-{found.from_on}.json"'
    return answer


@require_POST
def repeat(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """Queue a repetition of a study."""
    found = queries.get_study(request.actor, study_id, StudyKind.WHATIF)
    ask_repetition(request.actor, found)
    return redirect(f"{reverse('planning:study', args=[study_id])}?area={found.area_code}")


@require_GET
def jobs_fragment(request: HttpRequest, area: str) -> HttpResponse:
    """Return what runs now; once nothing does, ask the page to load again."""
    require(request.actor, Permission.ANALYSIS_READ, area)
    known = set(screens.JOBS)
    kinds = tuple(kind for kind in request.GET.get("kinds", "").split(",") if kind in known)
    page = head(request, get_area(area), "", *(kinds or tuple(known)))
    answer = render(request, "planning/jobs.html", page)
    if not page["jobs"]:
        answer["HX-Refresh"] = "true"
    return answer


@require_POST
def cancel(request: HttpRequest, area: str, job_id: UUID) -> HttpResponse:
    """Stop one's own job."""
    request_cancel(queries.job_of(request.actor, area, job_id))
    return HttpResponse(status=204)


@require_POST
def again(request: HttpRequest, area: str, job_id: UUID) -> HttpResponse:
    """Queue one's own job again that was cancelled or failed, and show where it runs."""
    ended = queries.job_of(request.actor, area, job_id, queries.ENDED)
    ask_again(request.actor, ended)
    return redirect(screens.PAGES[ended.kind], area=area)
