"""Reads of studies and capacities; and what a question is asked of: residents and recent cases."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count
from django.db.models.functions import Substr

from tongzhou.core.access import Actor
from tongzhou.core.errors import InputError
from tongzhou.core.time import local_day
from tongzhou.epi.simulate.marginals import cities
from tongzhou.server.access.queries import not_visible, require, scope_for
from tongzhou.server.access.rules import Permission
from tongzhou.server.areas.models import Area
from tongzhou.server.areas.queries import children_of
from tongzhou.server.cases.models import Case
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.models import Job, JobState
from tongzhou.server.kernel.records import ScopedQuerySet, prefix_range
from tongzhou.server.people.models import Person
from tongzhou.server.planning.models import Capacity, Repetition, Study, StudyKind

WHY = "records of an area that the actor may analyse"
WHATIF, REPEAT, POLICY = "what_if", "what_if_repeat", "policy_difference"
PEAK, PEAK_REPEAT = "return_peak", "return_peak_repeat"
KINDS = (WHATIF, REPEAT, POLICY, PEAK, PEAK_REPEAT)
"""Kinds of job that make studies; the return peak's run in `travel`."""
LIVE = (JobState.QUEUED, JobState.RUNNING)
ENDED = (JobState.FAILED, JobState.CANCELLED)
CONFIRMED = ("confirmed", "carrier", "clinical")
CENSUS, REGISTERED = "census", "registered"


def recent_cases(
    actor: Actor, area_code: str, disease: str, classifications: tuple[str, ...], n_days: int
) -> list[tuple[str, date]]:
    """Return area and day of onset (of the first sample or diagnosis where none) of cases of the last days.

    Needs: analysis.read in the area.
    """
    require(actor, Permission.ANALYSIS_READ, area_code)
    first = clock.today() - timedelta(days=n_days)
    rows = Case.objects.everything(WHY).filter(prefix_range("area_code", area_code), disease=disease)
    rows = rows.filter(
        classification__in=classifications, diagnosed_at__gte=clock.now() - timedelta(days=n_days + 30)
    )
    found = []
    for code, onset, sampled, diagnosed in rows.values_list(
        "area_code", "onset_on", "first_sampled_at", "diagnosed_at"
    ):
        on = onset or local_day(sampled or diagnosed, clock.zone())
        if on >= first:
            found.append((code, on))
    return sorted(found)


def residents_of(area_code: str, basis: str) -> dict[str, int | None]:
    """Return residents by the areas that a question divides an area into.

    By the census: the cities of a province or city as the project's table knows them, shared over the areas below a
    city by their population on file, else by the persons registered in them; below a city, the populations on file.
    Registered: the persons in the records, by the areas below.

    Raises
    ------
    InputError
        ``planning.no_population`` where nothing is known of the area
    """
    children = list(children_of(area_code))
    if basis == REGISTERED:
        counts = _registered(area_code, children)
        if sum(counts.values()) > 0:
            return {code: n for code, n in counts.items() if n}
        raise _no_population(area_code, "No person is registered in")
    known = {str(code): int(n) for code, n in cities().select("code", "population").iter_rows()}
    inside = {code: n for code, n in known.items() if code.startswith(area_code)}
    if len(inside) > 1:
        return dict.fromkeys(inside)
    return _below_city(area_code, children, inside.get(area_code))


def _below_city(area_code: str, children: list[Area], census: int | None) -> dict[str, int | None]:
    """Return residents of the areas below a city or a smaller area."""
    filed = {child.code: child.population or 0 for child in children}
    is_filed = bool(filed) and all(filed.values())
    own = census or Area.objects.get(code=area_code).population or (sum(filed.values()) if is_filed else None)
    if own is None:
        raise _no_population(area_code, "No population is on file of")
    weights = filed if is_filed else _registered(area_code, children)
    total = sum(weights.values())
    if not total:
        return {area_code: own}
    shared = {code: round(own * n / total) for code, n in weights.items()}
    return {code: n for code, n in shared.items() if n}


def _registered(area_code: str, children: list[Area]) -> dict[str, int]:
    """Return the persons registered in each area below, or in the area itself where it has none below."""
    rows = Person.objects.everything(WHY).filter(prefix_range("area_code", area_code))
    if not children:
        return {area_code: rows.count()}
    length = min(len(child.code) for child in children)
    grouped = (
        rows.annotate(below=Substr("area_code", 1, length)).values("below").annotate(n=Count("id")).order_by()
    )
    found = dict(grouped.values_list("below", "n"))
    return {child.code: found.get(child.code, 0) for child in children}


def _no_population(area_code: str, what: str) -> InputError:
    return InputError(
        "planning.no_population",
        f"{what} {area_code}.",
        "Choose a wider area, or load an area file with populations.",
        {"area": area_code},
    )


def studies_of(actor: Actor, area_code: str, kind: StudyKind, limit: int = 20) -> list[Study]:
    """Return the latest studies of an area without their numbers. Needs: analysis.read in the area."""
    require(actor, Permission.ANALYSIS_READ, area_code)
    rows = Study.objects.everything(WHY).filter(area_code=area_code, kind=kind)
    return list(rows.defer("needs", "result")[:limit])


def get_study(
    actor: Actor, study_id: UUID, kind: StudyKind | None = None, *, with_needs: bool = False
) -> Study:
    """Return one study; absent and out of scope look alike. Needs: analysis.read where it lies."""
    rows = Study.objects.all().within(scope_for(actor, Permission.ANALYSIS_READ))
    rows = rows if with_needs else rows.defer("needs")
    found: Study | None = rows.filter(id=study_id, **({"kind": kind} if kind else {})).first()
    if found is None:
        raise not_visible(actor, Permission.ANALYSIS_READ, "study", study_id)
    return found


def latest_study(actor: Actor, area_code: str, kind: StudyKind) -> Study | None:
    """Return the newest study of an area that no newer one supersedes. Needs: analysis.read in the area."""
    require(actor, Permission.ANALYSIS_READ, area_code)
    rows = Study.objects.everything(WHY).filter(area_code=area_code, kind=kind, is_superseded=False)
    found: Study | None = rows.first()
    return found


def repetitions_of(study: Study) -> list[Repetition]:
    """Return the repetitions of a study that the caller was given."""
    return list(Repetition.objects.everything(WHY).filter(study=study)[:10])


def _jobs(area_code: str, kinds: tuple[str, ...]) -> ScopedQuerySet:
    return Job.objects.everything(WHY).filter(kind__in=kinds, area_code=area_code)


def live_jobs(area_code: str, *kinds: str) -> list[Job]:
    """Return the jobs of an area that wait or run."""
    return list(_jobs(area_code, kinds).filter(state__in=LIVE).order_by("recorded_at"))


def ended_jobs(area_code: str, account_id: str, *kinds: str) -> list[Job]:
    """Return one's own jobs of the last day that failed or were cancelled and not tried again since."""
    own = _jobs(area_code, kinds).filter(requested_by=account_id)
    last = own.filter(recorded_at__gte=clock.now() - timedelta(days=1)).order_by("-recorded_at").first()
    return [last] if last is not None and last.state in ENDED else []


def capacity_records(actor: Actor, area_code: str) -> list[Capacity]:
    """Return what stands ready in and below an area. Needs: analysis.read in the area."""
    require(actor, Permission.ANALYSIS_READ, area_code)
    rows = Capacity.objects.everything(WHY).filter(prefix_range("area_code", area_code), is_superseded=False)
    return list(rows)


def ready_in(actor: Actor, area_code: str) -> dict[tuple[str, str], float]:
    """Return recorded capacities by area and kind. Needs: analysis.read in the area."""
    return {(row.area_code, row.kind): float(row.amount) for row in capacity_records(actor, area_code)}


def job_of(actor: Actor, area_code: str, job_id: UUID, states: tuple[JobState, ...] = LIVE) -> Any:
    """Return one's own job of an area, one that lives where nothing else is said. Needs: analysis.read in the area."""
    require(actor, Permission.ANALYSIS_READ, area_code)
    own = _jobs(area_code, KINDS).filter(requested_by=actor.account_id, state__in=states)
    job = own.filter(id=job_id).first()
    if job is None:
        raise not_visible(actor, Permission.ANALYSIS_READ, "job", job_id)
    return job
