"""Turn runs into what the page shows: rows with intervals, sentences, provenance."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from tongzhou.server.analysis.models import Run, RunKind
from tongzhou.server.analysis.queries import DailySeries, bands_of
from tongzhou.server.kernel.models import Job, JobState
from tongzhou.server.kernel.sentences import say_text

TITLES = {
    RunKind.RT: gettext_lazy("Reproduction number"),
    RunKind.NOWCAST: gettext_lazy("Onsets, corrected for delay"),
    RunKind.FORECAST: gettext_lazy("Forecast, 14 days"),
    RunKind.ALARMS: gettext_lazy("Alarms"),
}
METHODS = {
    "reproduction.estimate_rt": gettext_lazy("instantaneous reproduction number in windows of 7 days"),
    "nowcast.bayes.trunc": gettext_lazy("Bayesian nowcast with truncated delay"),
    "forecast.renewal": gettext_lazy("renewal equation by particle filter"),
    "detect.ears": gettext_lazy("EARS C1, C2 and C3 by day"),
}
DELAYS = {
    "serial_interval": gettext_lazy("Serial interval"),
    "incubation_period": gettext_lazy("Incubation period"),
}
STEPS = {
    "": gettext_lazy("Waiting for the worker"),
    "reading": gettext_lazy("Reading the cases"),
    "estimating": gettext_lazy("Estimating"),
    "keeping": gettext_lazy("Keeping the result"),
    "done": gettext_lazy("Done"),
}
JOBS = (
    gettext_noop("Analysis rt"),
    gettext_noop("Analysis nowcast"),
    gettext_noop("Analysis forecast"),
    gettext_noop("Analysis alarms"),
)
"""What the tray calls these jobs."""
SHOWN_DAYS = 60


def curve(series: DailySeries, runs: dict[str, Run]) -> dict[str, Any]:
    """Return cases, R and forecast on one axis, as ``<epi-curve>`` draws them."""
    days, counts = series.days[-SHOWN_DAYS:], series.counts[-SHOWN_DAYS:]
    bands = bands_of(runs, days[0]) if days else {}
    basis = _("by day of diagnosis, whole days only")
    return {"days": [day.isoformat() for day in days], "new": counts, **bands, "basis": basis}


def nowcast_curve(run: Run | None) -> dict[str, Any]:
    """Return known and still expected onsets by day."""
    if run is None or not run.result:
        return {"days": [], "new": []}
    found = run.result
    medians = zip(found["median"], found["observed"], strict=True)
    missing = [max(0, median - seen) if median is not None else None for median, seen in medians]
    groups = [
        {"label": _("Diagnosed"), "values": found["observed"]},
        {"label": _("Still to be diagnosed (median)"), "values": missing},
    ]
    interval = {"label": _("95 % interval"), "low": found["low"], "high": found["high"]}
    return {
        "days": found["days"],
        "new": found["observed"],
        "label": _("Onsets"),
        "groups": groups,
        "interval": interval,
        "basis": _("by day of onset"),
    }


def alarm_curve(run: Run | None) -> dict[str, Any]:
    """Return the cases of the last days with the bounds of the detectors and their alarms."""
    if run is None or not run.result:
        return {"days": [], "new": []}
    bounds = [
        {
            "label": _("Upper bound, %(name)s") % {"name": name},
            "values": found["upper"],
            "alarms": found["alarm"],
        }
        for name, found in run.result["detectors"].items()
    ]
    basis = _("by day of diagnosis, whole days only")
    return {"days": run.result["days"], "new": run.result["observed"], "bounds": bounds, "basis": basis}


def section(kind: RunKind, run: Run | None) -> dict[str, Any]:
    """Return the title, the provenance, and the sentence in place of a number where there is none."""
    shown: dict[str, Any] = {"title": TITLES[kind], "run": run, "has_result": bool(run and run.result)}
    if run is not None:
        shown["method"] = METHODS.get(run.method, run.method)
        shown["reference"] = run.reference.rstrip(".")
        shown["problem"] = sentence_of(run.problem)
        shown["delays"] = [
            {"label": DELAYS[name], **run.options[name]} for name in DELAYS if name in run.options
        ]
    return shown


def sentence_of(problem: dict[str, Any]) -> str:
    """Return in the active language why there is no number; empty where there is one."""
    if not problem:
        return ""
    sentences = {
        "analysis.too_few": _(
            "%(n)s cases are too few: this estimate needs %(needed)s. Choose a wider area."
        ),
        "analysis.too_short": _("The series has %(n)s days; this estimate needs %(needed)s."),
        "analysis.no_interval": _("No published delay with a distribution is on file for this disease."),
    }
    known = sentences.get(problem["code"])
    if known is None:
        return _("The method refused these inputs: %(message)s") % {"message": say_text(problem["message"])}
    return known % problem


def reproduction_now(run: Run | None) -> dict[str, Any] | None:
    """Return the latest R with its interval."""
    if run is None or not run.result or not run.result["days"]:
        return None
    found = run.result
    return {name: found[name][-1] for name in ("mean", "low", "high")} | {"on": _day(found["days"][-1])}


def nowcast_rows(run: Run | None) -> list[dict[str, Any]]:
    """Return the recent days, latest first."""
    return _rows(run, ("observed", "median", "low", "high"))[::-1]


def forecast_rows(run: Run | None) -> list[dict[str, Any]]:
    """Return the coming days with both intervals."""
    rows = _rows(run, ("median",))
    for band in run.result["bands"] if run and run.result else []:
        for i, row in enumerate(rows):
            row.setdefault("bands", []).append((band["low"][i], band["high"][i]))
    return rows


def alarm_rows(run: Run | None) -> list[dict[str, Any]]:
    """Return the last days with the bound and the alarm of each detector, latest first."""
    rows = _rows(run, ("observed",))
    for detector in run.result["detectors"].values() if run and run.result else []:
        for i, row in enumerate(rows):
            row.setdefault("bounds", []).append((detector["upper"][i], detector["alarm"][i]))
    return rows[::-1]


def weekly_rows(run: Run | None) -> list[dict[str, Any]]:
    """Return Farrington's last weeks, latest first; nothing where history is too short."""
    weekly = run.result.get("weekly", {}) if run else {}
    return _table(weekly, ("observed", "expected", "upper", "alarm"))[::-1] if "days" in weekly else []


def _rows(run: Run | None, columns: Iterable[str]) -> list[dict[str, Any]]:
    return _table(run.result, columns) if run and run.result else []


def _table(found: dict[str, Any], columns: Iterable[str]) -> list[dict[str, Any]]:
    days = found["days"]
    return [{"on": _day(day), **{name: found[name][i] for name in columns}} for i, day in enumerate(days)]


def _day(text: str) -> date:
    return date.fromisoformat(text)


def job_row(job: Job, account_id: str) -> dict[str, Any]:
    """Return a job as ``partials/progress.html`` shows it; whoever asked for it may cancel it."""
    own = job.requested_by == account_id
    return {
        "id": job.id,
        "label": TITLES[RunKind(job.kind.removeprefix("analysis_"))],
        "state": job.state,
        "done": job.n_done,
        "total": job.n_total if job.state == JobState.RUNNING else None,
        "message": STEPS.get(job.step, job.step),
        "cancel_url": reverse("analysis:cancel", args=[job.area_code, job.id]) if own else "",
    }
