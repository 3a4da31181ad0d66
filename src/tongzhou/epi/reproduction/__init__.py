"""Reproduction numbers: instantaneous (Cori), per case (Wallinga-Teunis), smoothed; and growth rates."""

from tongzhou.epi.reproduction.cori import estimate_rt, overall_infectivity
from tongzhou.epi.reproduction.estimate import WindowEstimate
from tongzhou.epi.reproduction.growth import growth_rate, growth_to_r, r_to_growth
from tongzhou.epi.reproduction.serial import UncertainSerialInterval
from tongzhou.epi.reproduction.smooth import smooth_rt
from tongzhou.epi.reproduction.wallinga_teunis import case_reproduction

__all__ = [
    "UncertainSerialInterval",
    "WindowEstimate",
    "case_reproduction",
    "estimate_rt",
    "growth_rate",
    "growth_to_r",
    "overall_infectivity",
    "r_to_growth",
    "smooth_rt",
]
