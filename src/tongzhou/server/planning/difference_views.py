"""Before a rule changes: who would be released or restricted today, and what follows (B02)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from tongzhou.core.errors import TongzhouError
from tongzhou.scenario import ScenarioSpec
from tongzhou.server.access.queries import require
from tongzhou.server.access.rules import Permission, is_allowed
from tongzhou.server.areas.queries import get_area
from tongzhou.server.cases.packs import pack_in_force
from tongzhou.server.planning import asking, difference_screens, queries, screens
from tongzhou.server.planning.actions import ask_policy_difference
from tongzhou.server.planning.forms import DifferenceForm
from tongzhou.server.planning.models import StudyKind
from tongzhou.server.planning.views import head

DAYS, RUNS, SEED = 60, 20, 1


@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, area: str) -> HttpResponse:
    """Ask for the difference between two packs; show those made before."""
    require(request.actor, Permission.ANALYSIS_READ, area)
    shown, problem = get_area(area), None
    form = DifferenceForm(
        request.POST or None, initial={"before": pack_in_force().name, "after": "cn-2022-11"}
    )
    if request.method == "POST" and form.is_valid():
        try:
            ask_policy_difference(request.actor, area, _options(request, area, form.cleaned_data))
            return redirect("planning:rules", area=area)
        except TongzhouError as error:
            problem = screens.problem_of(error)
    studies = queries.studies_of(request.actor, area, StudyKind.POLICY)
    page = {
        **head(request, shown, "rules", queries.POLICY),
        "form": form,
        "problem": problem,
        "studies": studies,
    }
    return render(request, "planning/rules.html", page, status=422 if form.errors or problem else 200)


def _options(request: HttpRequest, area: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return what the job needs: both packs, and the question to simulate."""
    options: dict[str, Any] = {
        "before": given["before"],
        "after": given["after"],
        "question": None,
        "about": {},
    }
    if given["with_simulation"]:
        asked = {
            "basis": queries.CENSUS, "disease": asking.usual_variant(), "factor": 1.0,
            "days": DAYS, "n_runs": RUNS, "seed": SEED,
        }  # fmt: skip
        specs = tuple(ScenarioSpec(given[side]) for side in ("before", "after"))
        question, about = asking.question_from(request.actor, area, asked, specs)
        options |= {"question": question.to_json(), "about": about}
    return options


@require_GET
def difference(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """Show what a change of rules means, side by side."""
    found = queries.get_study(request.actor, study_id, StudyKind.POLICY)
    shown, result = get_area(found.area_code), found.result
    may_list = is_allowed(request.actor, Permission.ORDER_READ, found.area_code)
    page = {
        **head(request, shown, "rules", queries.POLICY),
        "study": found,
        "account": result["difference"],
        "changes": difference_screens.change_rows(result["difference"]),
        "burdens": difference_screens.burden_rows(result["difference"]),
        "areas": difference_screens.area_rows(result["difference"]),
        "people": difference_screens.people_rows(result["difference"]) if may_list else [],
        "may_list": may_list,
        "about": found.inputs["about"],
        "repetitions": [],
        "costs": screens.cost_rows(),
        **_simulated(found, result["simulated"]),
    }
    return render(request, "planning/difference.html", page)


def _simulated(found: Any, simulated: dict[str, Any]) -> dict[str, Any]:
    """Return the simulated part, empty where none was asked for."""
    if not simulated:
        return {"scenarios": [], "charts": [], "totals": []}
    scenarios = screens.scenario_rows(found)
    return {
        "scenarios": scenarios,
        "totals": screens.total_rows(simulated["totals"], scenarios),
        "charts": screens.fan_charts(found, simulated, scenarios)[:4],
        "level": round(found.inputs["question"]["level"] * 100),
    }
