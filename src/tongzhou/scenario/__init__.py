"""Joins the libraries: a policy pack and an intensity become measures, measures become outcomes side by side.

Owns compilation, comparison of scenarios and fitting to series. Never imports the server; the libraries below stay
independent of each other.
"""

from tongzhou.scenario.compile import Intensity, compile_measures, intensity_names, load_intensity
from tongzhou.scenario.whatif import Scenario, WhatIf, WhatIfOptions, compare_scenarios

__all__ = [
    "Intensity",
    "Scenario",
    "WhatIf",
    "WhatIfOptions",
    "compare_scenarios",
    "compile_measures",
    "intensity_names",
    "load_intensity",
]
