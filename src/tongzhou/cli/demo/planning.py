"""What the demonstration asks of the days to come: scenarios from today's cases, and the next Spring Festival."""

from __future__ import annotations

from tongzhou.core.access import Actor
from tongzhou.plan.peak_study import compute_peak
from tongzhou.scenario import ScenarioSpec, answer
from tongzhou.server.kernel import clock
from tongzhou.server.planning import answers, asking, queries
from tongzhou.server.planning.actions import CapacityEntry, keep_study, record_capacities
from tongzhou.server.planning.populations import population_of
from tongzhou.server.travel.answers import as_answer
from tongzhou.server.travel.asking import FESTIVAL, peak_question
from tongzhou.server.travel.forms import defaults

READY = {"beds": 400, "icu_beds": 30, "quarantine_rooms": 3000, "tests_per_day": 40_000, "tracers": 60}
SPECS = (
    ScenarioSpec("cn-2022-06", "high"),
    ScenarioSpec("cn-2022-06", "high", in_zones=True),
    ScenarioSpec("cn-2022-11"),
)
N_RUNS, DAYS = 6, 45


def plan_ahead(officer: Actor, area: str) -> int:
    """Keep a comparison of scenarios and a return peak; return how many studies there are."""
    today = clock.today()
    entries = [CapacityEntry(area, kind, n, today, "Demonstration / 演示数据") for kind, n in READY.items()]
    record_capacities(officer, area, entries)
    given = {
        "basis": queries.REGISTERED, "disease": asking.usual_variant(), "factor": 2.0, "days": DAYS,
        "n_runs": N_RUNS, "seed": 1,
    }  # fmt: skip
    question, about = asking.question_from(officer, area, given, SPECS)
    found = answer(question, population_of(question))
    keep_study(officer, area, answers.of_whatif(area, question, about, found))
    asked = {**defaults(), "basis": FESTIVAL, "lanes": 300}
    peak, origin = peak_question(officer, area, asked, today)
    keep_study(officer, area, as_answer(area, peak, origin, compute_peak(peak)))
    return 2
