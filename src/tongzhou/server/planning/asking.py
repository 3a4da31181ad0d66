"""From a form and the records of an area to a question that can be asked."""

from __future__ import annotations

from typing import Any

from tongzhou.core.access import Actor
from tongzhou.core.errors import InputError
from tongzhou.epi.simulate.disease import disease_names, load_disease
from tongzhou.scenario import Question, ScenarioSpec, sum_ready
from tongzhou.server.cases.packs import pack_in_force
from tongzhou.server.kernel import clock
from tongzhou.server.planning import queries, rules

BOUNDS = ("beds", "icu_beds", "quarantine_rooms")


def pathogen_in_force() -> str:
    """Return the pathogen that the pack in force is about, as the simulation names it."""
    disease = pack_in_force().disease
    return rules.PATHOGENS.get(disease, disease)


def usual_variant() -> str:
    """Return the variant of the pathogen in force that its file names last, the newest."""
    pathogen = pathogen_in_force()
    known = [name for name in disease_names() if name.startswith(f"{pathogen}/")]
    return (known or disease_names())[-1]


def question_from(
    actor: Actor, area_code: str, given: dict[str, Any], scenarios: tuple[ScenarioSpec, ...]
) -> tuple[Question, dict[str, Any]]:
    """Return the question that a form asks of today's records, and what it was made from.

    Raises
    ------
    InputError : nothing is known of the residents, or nobody is there to start from
    """
    residents = queries.residents_of(area_code, given["basis"])
    disease = load_disease(given["disease"])
    n_days = rules.recent_days(disease)
    about: dict[str, Any] = {"basis": given["basis"], "recent_days": n_days, "factor": given["factor"]}
    if given.get("n_seeds"):
        introductions = {area_code: given["n_seeds"]}
        about |= {"n_cases": 0, "by_hand": given["n_seeds"]}
    else:
        cases = seed_cases(actor, area_code, n_days, bool(given.get("with_suspected")))
        introductions = rules.seeds_of(cases, residents, clock.today(), n_days, given["factor"])
        about |= {"n_cases": len(cases), "by_hand": 0}
    if not introductions:
        raise InputError(
            "planning.no_seed",
            f"No case has its onset within the last {n_days} days.",
            "Give a number of infections to start from.",
        )
    question = Question(
        residents=residents,
        introductions=introductions,
        scenarios=scenarios,
        disease=given["disease"],
        days=given["days"],
        n_runs=given["n_runs"],
        seed=given["seed"],
        ready=_ready(actor, area_code),
    )
    return question, about


def seed_cases(
    actor: Actor, area_code: str, n_days: int, with_suspected: bool = False
) -> list[tuple[str, Any]]:
    """Return the recent cases that runs start from. Needs: analysis.read in the area."""
    classes = (*queries.CONFIRMED, "suspected") if with_suspected else queries.CONFIRMED
    return queries.recent_cases(actor, area_code, pack_in_force().disease, classes, n_days)


def _ready(actor: Actor, area_code: str) -> dict[str, int]:
    """Return what stands ready in the whole area, of what a comparison draws beside the need."""
    known = sum_ready([area_code], queries.ready_in(actor, area_code))
    return {kind: int(known[area_code, kind]) for kind in BOUNDS if (area_code, kind) in known}
