"""What stands ready against the need of a chosen scenario: what runs short first, where, when, decided by when."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from tongzhou.core.errors import TongzhouError
from tongzhou.scenario import ScenarioSpec, find_shortfalls, sum_ready
from tongzhou.scenario.readiness import peaks
from tongzhou.server.access.queries import require
from tongzhou.server.access.rules import Permission, is_allowed
from tongzhou.server.areas.queries import get_area
from tongzhou.server.kernel import clock
from tongzhou.server.planning import answers, queries, readiness_screens, screens
from tongzhou.server.planning.actions import CapacityEntry, record_capacities
from tongzhou.server.planning.forms import CapacityForm
from tongzhou.server.planning.models import Study, StudyKind
from tongzhou.server.planning.views import head


@require_http_methods(["GET", "POST"])
def readiness(request: HttpRequest, area: str) -> HttpResponse:
    """Show shortfalls under a scenario of the latest study, and what is recorded; record a figure."""
    require(request.actor, Permission.ANALYSIS_READ, area)
    shown, problem = get_area(area), None
    may_write = is_allowed(request.actor, Permission.CAPACITY_WRITE, area)
    form = CapacityForm(request.POST or None, initial={"as_of": clock.today()})
    if request.method == "POST":
        require(request.actor, Permission.CAPACITY_WRITE, area)
        problem = _record(request, area, form) if form.is_valid() else None
        if form.is_valid() and problem is None:
            return redirect(request.get_full_path())
    records = queries.capacity_records(request.actor, area)
    page = {
        **head(request, shown, "readiness"),
        "form": form,
        "problem": problem,
        "may_write": may_write,
        "capacities": readiness_screens.capacity_rows(records),
        "leads": readiness_screens.lead_rows(),
        "kinds_shown": [screens.capacity_label(kind) for kind in readiness_screens.KINDS],
        **_compared(request, area, records),
    }
    return render(request, "planning/readiness.html", page, status=422 if form.errors or problem else 200)


def _record(request: HttpRequest, area: str, form: CapacityForm) -> dict[str, str] | None:
    """Keep one figure of the area; what stood in the way, in words."""
    try:
        record_capacities(request.actor, area, [CapacityEntry(area_code=area, **form.cleaned_data)])
    except TongzhouError as error:
        return screens.problem_of(error)
    return None


def _study(request: HttpRequest, area: str) -> Study | None:
    """Return the study that is asked for, else the latest of the area, with its needs."""
    given = request.GET.get("study", "")
    if given:
        try:
            return queries.get_study(request.actor, UUID(given), StudyKind.WHATIF, with_needs=True)
        except ValueError:
            return None
    return queries.latest_study(request.actor, area, StudyKind.WHATIF)


def _compared(request: HttpRequest, area: str, records: list[Any]) -> dict[str, Any]:
    """Return the shortfalls of the chosen scenario, area by area."""
    study = _study(request, area)
    if study is None:
        return {"study": None}
    specs = [ScenarioSpec(**one) for one in study.inputs["question"]["scenarios"]]
    chosen = next((spec for spec in specs if spec.name == request.GET.get("scenario")), specs[0])
    needs = answers.needs_frame(study.needs, chosen.name, study.area_code)
    areas = needs["area"].unique(maintain_order=True).to_list()
    ready = sum_ready(areas, {(row.area_code, row.kind): float(row.amount) for row in records})
    lead = {row.kind: row.lead_days for row in records if row.lead_days is not None}
    found = find_shortfalls(needs, ready, study.from_on, lead)
    today = clock.today()
    return {
        "study": study,
        "chosen": screens.scenario_label(chosen),
        "is_bounded": bool(chosen.tests_per_day or chosen.tracers),
        "choices": [
            {"label": screens.scenario_label(spec), "name": spec.name, "is_current": spec == chosen}
            for spec in specs
        ],
        "shortfalls": readiness_screens.shortfall_rows(found, today),
        "first": readiness_screens.first_words(found, today),
        "peaks": readiness_screens.peak_rows(areas, peaks(needs), ready, chosen.name),
        "n_compared": len(ready),
        "n_possible": len(areas) * len(readiness_screens.KINDS),
    }
