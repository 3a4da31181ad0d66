"""Joins the libraries: a policy pack and an intensity become measures, measures become outcomes side by side.

Owns compilation, comparison of scenarios and fitting to series. Never imports the server; the libraries below stay
independent of each other.
"""

from tongzhou.scenario.compile import Intensity, compile_measures, intensity_names, load_intensity, zone_span
from tongzhou.scenario.outcomes import KeptRuns
from tongzhou.scenario.question import Question, ScenarioSpec, check_question
from tongzhou.scenario.readiness import Shortfall, find_shortfalls, lead_times, sum_ready
from tongzhou.scenario.whatif import (
    Scenario,
    WhatIf,
    WhatIfOptions,
    answer,
    compare_scenarios,
    make_population,
)

__all__ = [
    "Intensity",
    "KeptRuns",
    "Question",
    "Scenario",
    "ScenarioSpec",
    "Shortfall",
    "WhatIf",
    "WhatIfOptions",
    "answer",
    "check_question",
    "compare_scenarios",
    "compile_measures",
    "find_shortfalls",
    "intensity_names",
    "lead_times",
    "load_intensity",
    "make_population",
    "sum_ready",
    "zone_span",
]
