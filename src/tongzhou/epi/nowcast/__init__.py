"""Nowcasting from reporting triangles: Lawless, Bayes (Höhle & an der Heiden), negative binomial chain ladder."""

from tongzhou.epi.nowcast.estimate import Nowcast, estimate_nowcast, nowcast_groups
from tongzhou.epi.nowcast.options import METHODS, NowcastOptions
from tongzhou.epi.nowcast.triangle import ReportingTriangle, reporting_triangle

__all__ = [
    "METHODS",
    "Nowcast",
    "NowcastOptions",
    "ReportingTriangle",
    "estimate_nowcast",
    "nowcast_groups",
    "reporting_triangle",
]
