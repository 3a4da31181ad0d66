"""Delays between events: distributions, days, fitting, convolution and back-projection."""

from tongzhou.epi.delays.convolution import (
    BackProjectionOptions,
    Deconvolution,
    back_project,
    convolve,
    deconvolve,
)
from tongzhou.epi.delays.delay import Delay, as_pmf, check_pmf, discretise

__all__ = [
    "BackProjectionOptions",
    "Deconvolution",
    "Delay",
    "as_pmf",
    "back_project",
    "check_pmf",
    "convolve",
    "deconvolve",
    "discretise",
]
