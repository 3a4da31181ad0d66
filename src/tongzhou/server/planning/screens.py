"""Turn studies and capacities into what pages show: words in the active language, tables, charts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from tongzhou.core.errors import TongzhouError
from tongzhou.policy import load_pack
from tongzhou.scenario import ScenarioSpec, lead_times, load_intensity
from tongzhou.scenario.question import cost_sources
from tongzhou.server.areas.models import Area
from tongzhou.server.kernel.models import Job, JobState
from tongzhou.server.kernel.sentences import is_chinese, say_text, shown_name
from tongzhou.server.planning import queries
from tongzhou.server.planning.models import Study

TOTALS = {
    "infections": gettext_lazy("Infections"),
    "cases": gettext_lazy("Reported cases"),
    "admissions": gettext_lazy("Admissions"),
    "deaths": gettext_lazy("Deaths"),
    "peak_beds": gettext_lazy("Beds at the peak"),
    "peak_icu_beds": gettext_lazy("Intensive-care beds at the peak"),
    "tests": gettext_lazy("Tests, tubes"),
    "quarantine_person_days": gettext_lazy("Person-days in quarantine"),
    "isolation_person_days": gettext_lazy("Person-days in isolation"),
    "restricted_person_days": gettext_lazy("Person-days of restricted movement"),
    "cost": gettext_lazy("Cost, yuan"),
}
FANS = {
    "cases": (gettext_lazy("Reported cases a day"), ""),
    "beds": (gettext_lazy("Hospital beds in use"), "beds"),
    "icu_beds": (gettext_lazy("Intensive-care beds in use"), "icu_beds"),
    "in_quarantine": (gettext_lazy("Persons in quarantine"), "quarantine_rooms"),
    "tests": (gettext_lazy("Tests a day, tubes"), ""),
    "traced_cases": (gettext_lazy("Cases investigated a day"), ""),
    "restricted": (gettext_lazy("Persons with restricted movement"), ""),
    "deaths": (gettext_lazy("Deaths a day"), ""),
}
LAYERS = {
    "household": gettext_lazy("at home"),
    "school": gettext_lazy("at school"),
    "work": gettext_lazy("at work"),
    "neighbourhood": gettext_lazy("in the neighbourhood"),
    "city": gettext_lazy("in the city"),
    "travel": gettext_lazy("on travel"),
    "care_home": gettext_lazy("in care homes"),
}
ORDERS, POPULATION = gettext_noop("Reading the orders"), gettext_noop("Making the population, once")
SIMULATING, KEEPING = gettext_noop("Simulating"), gettext_noop("Keeping the result")
JOBS = {
    queries.WHATIF: gettext_noop("What if"),
    queries.REPEAT: gettext_noop("What if repeat"),
    queries.POLICY: gettext_noop("Policy difference"),
    queries.PEAK: gettext_noop("Return peak"),
    queries.PEAK_REPEAT: gettext_noop("Return peak repeat"),
}
"""What the tray calls these jobs."""
PAGES = {
    queries.WHATIF: "planning:whatif",
    queries.REPEAT: "planning:whatif",
    queries.POLICY: "planning:rules",
    queries.PEAK: "travel:return",
    queries.PEAK_REPEAT: "travel:return",
}
"""Where each kind of job is asked for and shown."""


VARIANTS = {
    "sars-cov-2/wild-type": gettext_lazy("SARS-CoV-2, wild type"),
    "sars-cov-2/delta": gettext_lazy("SARS-CoV-2, Delta"),
    "sars-cov-2/omicron": gettext_lazy("SARS-CoV-2, Omicron"),
    "measles/unvaccinated": gettext_lazy("Measles, nobody vaccinated"),
    "ebola/zaire": gettext_lazy("Ebola, Zaire"),
    "influenza-a-h5n1/adapted": gettext_lazy("Influenza A(H5N1), adapted"),
}


def variant_label(disease: str) -> str:
    """Return what a disease and variant are called; the name of its file where nobody named it."""
    return str(VARIANTS.get(disease, disease))


def pack_title(name: str) -> str:
    """Return what a pack is called, with its short name."""
    title = load_pack(name).title
    return f"{title.zh if is_chinese() else title.en} ({name})"


def name_of(area: Area | None, code: str = "") -> str:
    """Return an area's name in the active language, or its code."""
    if area is None:
        return code
    return shown_name(area)


def source_column() -> str:
    """Return the column of a table of assumptions that names its sources in the active language."""
    return "source_zh" if is_chinese() else "source"


def listed(items: Iterable[str]) -> str:
    """Return a list in a sentence of the active language."""
    return ("；" if is_chinese() else "; ").join(items)


def capacity_label(kind: str) -> str:
    """Return what a capacity is called."""
    entry = lead_times()[kind]
    return entry.says_zh if is_chinese() else entry.says_en


def scenario_label(spec: ScenarioSpec) -> str:
    """Return a short name of a scenario in the active language.

    A label of one's own stands as it is.
    """
    if spec.label:
        return spec.label
    if not spec.pack:
        return _("No measures")
    parts = [spec.pack, intensity_label(spec.intensity), *([_("in zones")] if spec.in_zones else [])]
    return " · ".join(parts)


def intensity_label(name: str) -> str:
    """Return the first words of what an intensity says."""
    entry = load_intensity(name)
    return re.split(r"[:：,，]", entry.says_zh if is_chinese() else entry.says_en)[0]


def scenario_notes(spec: ScenarioSpec) -> list[str]:
    """Return what a scenario does otherwise than its intensity."""
    notes = [_("limits only in areas with cases")] if spec.in_zones else []
    if spec.tracing is not None:
        notes.append(
            _("contacts found: %(share)d %% of the intensity's") % {"share": round(spec.tracing * 100)}
        )
    for layer, share in spec.kept.items():
        words = {"where": LAYERS[layer], "share": round(share * 100)}
        notes.append(_("contacts %(where)s that remain: %(share)d %%") % words)
    if spec.tests_per_day:
        notes.append(
            _("at most %(n)s tests of people with symptoms a day") % {"n": f"{spec.tests_per_day:,}"}
        )
    if spec.tracers:
        notes.append(_("at most %(n)s investigators") % {"n": f"{spec.tracers:,}"})
    if spec.from_day:
        notes.append(_("closures from day %(n)d") % {"n": spec.from_day})
    return notes


def scenario_rows(study: Study) -> list[dict[str, Any]]:
    """Return the scenarios of a study: key of the results, label, rules, intensity, what differs."""
    packs = {pack["name"]: pack["version"] for pack in study.packs}
    found = []
    for given in (study.inputs["question"] or {"scenarios": []})["scenarios"]:
        spec = ScenarioSpec(**given)
        entry = load_intensity(spec.intensity)
        says = entry.says_zh if is_chinese() else entry.says_en
        found.append(
            {
                "key": spec.name,
                "label": scenario_label(spec),
                "pack": f"{pack_title(spec.pack)} {packs.get(spec.pack, '')}" if spec.pack else "–",
                "says": says if spec.pack else _("No measures"),
                "notes": scenario_notes(spec),
            }
        )
    return found


def total_rows(totals: dict[str, Any], scenarios: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return one row a measure: median and interval by scenario, the least marked."""
    return [
        {"label": label, "values": [totals[one["key"]][measure] for one in scenarios]}
        for measure, label in TOTALS.items()
        if all(measure in totals[one["key"]] for one in scenarios)
    ]


def fan_charts(study: Study, result: dict[str, Any], scenarios: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the charts of a comparison, as ``<fan-chart>`` draws them."""
    question = study.inputs["question"]
    days = [(study.from_on + timedelta(days=n)).isoformat() for n in range(question["days"])]
    charts = []
    for series, (label, capacity) in FANS.items():
        lines = [
            {"label": one["label"], **result["fans"][series][one["key"]]}
            for one in scenarios
            if any(result["fans"][series][one["key"]]["high"])
        ]
        limit = question["ready"].get(capacity)
        content = {
            "label": str(label),
            "days": days,
            "lines": lines,
            "places": [one["label"] for one in scenarios],
            "level": question["level"],
            "limit": {"label": _("there now"), "value": limit} if limit else None,
        }
        charts.append({"id": f"fan-{series}", "label": label, "content": content})
    return charts


def shortfall_rows(
    result: dict[str, Any], scenarios: list[dict[str, Any]], from_on: Any
) -> list[dict[str, Any]]:
    """Return which capacity of the whole area falls short, in how many runs, from which day."""
    labels = {one["key"]: one["label"] for one in scenarios}
    return [
        {
            "scenario": labels[row["scenario"]],
            "capacity": capacity_label(row["capacity"]),
            "n_runs": round(row["share_of_runs"] * result["n_runs"]),
            "on": from_on + timedelta(days=int(row["first_day"])),
            "gap": row["largest_gap"],
        }
        for row in result["shortfalls"]
    ]


def study_rows(studies: Iterable[Study]) -> list[dict[str, Any]]:
    """Return studies as a list shows them."""
    rows = []
    for study in studies:
        question = study.inputs.get("question") or {}
        specs = [scenario_label(ScenarioSpec(**one)) for one in question.get("scenarios", [])]
        rows.append(
            {
                "study": study,
                "url": f"{reverse('planning:study', args=[study.id])}?area={study.area_code}",
                "scenarios": specs,
                "variant": variant_label(study.disease),
                "days": question.get("days"),
                "n_runs": question.get("n_runs"),
                "n_seeds": sum(question.get("introductions", {}).values()),
            }
        )
    return rows


def cost_rows() -> list[dict[str, Any]]:
    """Return the unit costs with their sources."""
    labels = {"test": _("a test"), "bed_day": _("a day in a bed"), "icu_day": _("a day in intensive care")}
    return [
        {"label": labels[name], "yuan": yuan, "source": source}
        for name, (yuan, source) in cost_sources(source_column()).items()
    ]


def job_row(job: Job, account_id: str) -> dict[str, Any]:
    """Return a job as ``partials/progress.html`` shows it; whoever asked for it may cancel it."""
    own = job.requested_by == account_id and job.state in queries.LIVE
    return {
        "id": job.id,
        "label": _(JOBS[job.kind]),
        "state": job.state,
        "done": job.n_done,
        "total": job.n_total if job.state == JobState.RUNNING else None,
        "message": _(job.step) if job.step else _("Waiting for the worker"),
        "cancel_url": reverse("planning:cancel", args=[job.area_code, job.id]) if own else "",
    }


def ended_row(job: Job) -> dict[str, Any]:
    """Return a job that failed or was cancelled, in words."""
    was_cancelled = job.state == JobState.CANCELLED
    return {
        "label": _(JOBS[job.kind]),
        "state": "void" if was_cancelled else "danger",
        "word": _("Cancelled") if was_cancelled else _("Failed"),
        "why": _("Stopped before its end. Finished runs are kept for going on.")
        if was_cancelled
        else say_text(job.error),
        "again_url": reverse("planning:again", args=[job.area_code, job.id]),
        "at": job.finished_at,
    }


def problem_of(error: TongzhouError) -> dict[str, str]:
    """Return why something could not be asked, and the way out, in the active language."""
    return {"title": say_text(error.message), "hint": say_text(error.hint)}
