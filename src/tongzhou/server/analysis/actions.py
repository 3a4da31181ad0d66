"""Ask for runs, keep their results, and repeat them when cases came in."""

from __future__ import annotations

import json

from django.conf import settings
from django.core.cache import cache
from django.db import IntegrityError

import tongzhou
from tongzhou.core.access import Actor, system_actor
from tongzhou.core.errors import Conflict
from tongzhou.server.access.actions import acting
from tongzhou.server.access.rules import Permission
from tongzhou.server.analysis import queries, rules
from tongzhou.server.analysis.estimating import Estimated
from tongzhou.server.analysis.models import Run
from tongzhou.server.cases.packs import pack_in_force
from tongzhou.server.kernel import clock, jobs
from tongzhou.server.kernel.models import Job

ANALYSIS = system_actor("analysis")
LOOK_SECONDS = 60


def request_runs(actor: Actor, area_code: str) -> list[Job]:
    """Queue a run of every kind for an area, but those that wait or run already.

    Needs: analysis.read in the area. Writes: Job. Records: analysis.request. Idempotent while the jobs live.
    """
    with acting(
        actor, Permission.ANALYSIS_READ, area_code, "analysis.request", ("area", area_code)
    ) as record:
        under_way = {job.kind for job in queries.live_jobs(area_code)}
        made = [
            jobs.enqueue(kind, actor, area_code=area_code) for kind in queries.KINDS if kind not in under_way
        ]
        record.detail = {"n": len(made)}
    return made


def keep_run(actor: Actor, job: Job, series: queries.DailySeries, estimated: Estimated) -> Run:
    """Keep the result of a job's run and supersede the one before.

    Needs: analysis.read in the area. Writes: Run. Records: analysis.run. Idempotent by the job.

    Raises
    ------
    Conflict : another worker kept a run of the same kind at the same time
    """
    pack, kind = pack_in_force(), queries.KINDS[job.kind]
    provenance = estimated.provenance
    run = Run(
        area_code=job.area_code,
        kind=kind,
        disease=pack.disease,
        from_on=series.days[0] if series.days else None,
        until_on=queries.last_whole_day(),
        n_cases=sum(series.counts),
        method=provenance.method,
        reference=provenance.reference,
        options=json.loads(json.dumps(dict(provenance.options), default=str)),
        inputs_digest=provenance.inputs_digest,
        code_version=tongzhou.__version__,
        pack=pack.name,
        pack_version=pack.version,
        result=estimated.result,
        problem=estimated.problem,
        job=job,
        requested_by=actor.account_id,
    )
    runs = Run.objects.everything("runs of the same kind")
    kept = runs.filter(job=job).first()
    if kept is not None:
        return kept
    try:
        with acting(
            actor, Permission.ANALYSIS_READ, job.area_code, "analysis.run", ("run", run.id)
        ) as record:
            same = runs.filter(area_code=job.area_code, kind=kind, disease=pack.disease)
            same.filter(is_superseded=False).update(is_superseded=True)
            run.save(force_insert=True)
            record.detail = {"kind": kind.value, "digest": run.inputs_digest[:16]}
    except IntegrityError as error:
        raise Conflict(
            "analysis.run_kept", "Another worker kept this run.", "Open the page again."
        ) from error
    return run


def refresh_runs() -> int:
    """Repeat the runs of areas where cases or a whole day came since, at most once an hour an area.

    Looks once a minute a process; between looks it costs nothing. The areas are those somebody ran before, and the
    area of the installation once it has a case. Returns how many jobs were queued.
    """
    if not cache.add("analysis.refresh", 1, LOOK_SECONDS):
        return 0
    disease, now = pack_in_force().disease, clock.now()
    runs = Run.objects.everything("the clock of runs").filter(disease=disease, is_superseded=False)
    made = {area: (at, until) for area, at, until in runs.values_list("area_code", "recorded_at", "until_on")}
    due = [
        area
        for area, (made_at, until_on) in made.items()
        if now - made_at >= rules.LEAST_AGE
        and rules.is_due(made_at, until_on, queries.newest_case(area, disease), now.astimezone(clock.zone()))
    ]
    if settings.ROOT_AREA not in made and queries.newest_case(settings.ROOT_AREA, disease):
        due.append(settings.ROOT_AREA)
    return sum(len(request_runs(ANALYSIS, area)) for area in due if _is_quiet(area))


def _is_quiet(area_code: str) -> bool:
    """Tell whether no run of the area was asked for within the hour, failed ones included."""
    at = queries.last_job(area_code)
    return at is None or clock.now() - at >= rules.LEAST_AGE
