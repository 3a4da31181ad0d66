"""Delays between events: distributions, days, fitting, convolution and back-projection."""

from tongzhou.epi.delays.convolution import (
    BackProjectionOptions,
    Deconvolution,
    back_project,
    convolve,
    deconvolve,
)
from tongzhou.epi.delays.delay import Delay, as_pmf, check_pmf, discretise
from tongzhou.epi.delays.fit import DelayFit, compare_families, fit_delay

__all__ = [
    "BackProjectionOptions",
    "Deconvolution",
    "Delay",
    "DelayFit",
    "as_pmf",
    "back_project",
    "check_pmf",
    "compare_families",
    "convolve",
    "deconvolve",
    "discretise",
    "fit_delay",
]
