"""The background jobs of the estimates, one for each kind of run."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from tongzhou.core.access import Actor
from tongzhou.core.errors import TongzhouError
from tongzhou.server.access.models import Account
from tongzhou.server.access.queries import actor_of
from tongzhou.server.analysis import estimating, queries, rules
from tongzhou.server.analysis.actions import ANALYSIS, keep_run
from tongzhou.server.analysis.estimating import Estimated
from tongzhou.server.analysis.queries import DailySeries
from tongzhou.server.cases.packs import pack_in_force
from tongzhou.server.kernel.jobs import Report, runs
from tongzhou.server.kernel.models import Job


def _actor(job: Job) -> Actor:
    if job.requested_by == ANALYSIS.account_id:
        return ANALYSIS
    return actor_of(Account.objects.get(id=job.requested_by))


def _series(job: Job, report: Report, n_days: int = rules.DAYS_BACK) -> DailySeries:
    report(0, 3, "reading")
    series = queries.daily_series(_actor(job), job.area_code, pack_in_force().disease, n_days)
    report(1, 3, "estimating")
    return series


def _keep(job: Job, report: Report, series: DailySeries, estimated: Estimated) -> dict[str, Any]:
    report(2, 3, "keeping")
    run = keep_run(_actor(job), job, series, estimated)
    report(3, 3, "done")
    return {"run": str(run.id), "url": reverse("analysis:area", args=[job.area_code])}


@runs("analysis_rt")
def run_rt(job: Job, report: Report) -> dict[str, Any]:
    """Estimate the reproduction number of an area."""
    series = _series(job, report)
    try:
        estimated = estimating.estimate_reproduction(series, pack_in_force().disease)
    except TongzhouError as error:
        estimated = estimating.refused("reproduction.estimate_rt", error, series)
    return _keep(job, report, series, estimated)


@runs("analysis_nowcast")
def run_nowcast(job: Job, report: Report) -> dict[str, Any]:
    """Estimate the recent onsets of an area, corrected for those not yet diagnosed."""
    series = _series(job, report)
    pairs = queries.onsets(_actor(job), job.area_code, pack_in_force().disease, rules.DAYS_BACK)
    try:
        estimated = estimating.estimate_recent_onsets(pairs, queries.last_whole_day())
    except TongzhouError as error:
        estimated = estimating.refused("nowcast.bayes.trunc", error, series)
    return _keep(job, report, series, estimated)


@runs("analysis_forecast")
def run_forecast(job: Job, report: Report) -> dict[str, Any]:
    """Forecast the cases of an area."""
    series = _series(job, report)
    try:
        estimated = estimating.estimate_future(series, pack_in_force().disease)
    except TongzhouError as error:
        estimated = estimating.refused("forecast.renewal", error, series)
    return _keep(job, report, series, estimated)


@runs("analysis_alarms")
def run_alarms(job: Job, report: Report) -> dict[str, Any]:
    """Look for more cases than usual in an area."""
    series = _series(job, report, 366 * rules.YEARS_BACK)
    try:
        estimated = estimating.find_alarms(series)
    except TongzhouError as error:
        estimated = estimating.refused("detect.ears", error, series)
    return _keep(job, report, series, estimated)
