"""Detection: is there more than usual, when, and where?

Owns detectors on count series, scan statistics in space and time, tests of interaction, and the combination of many
streams. A detector gives a signal; a person makes it an alert. Never reads records of persons.
"""

from tongzhou.epi.detect.bayes import bayes
from tongzhou.epi.detect.cdc import cdc
from tongzhou.epi.detect.combine import CombinedDetection, combine
from tongzhou.epi.detect.count_glm import SeasonalMean
from tongzhou.epi.detect.cusum import cusum
from tongzhou.epi.detect.detection import Detection
from tongzhou.epi.detect.ears import ears
from tongzhou.epi.detect.farrington import farrington
from tongzhou.epi.detect.farrington_flexible import farrington_flexible
from tongzhou.epi.detect.glr import glr_nb, glr_poisson
from tongzhou.epi.detect.hhh4 import EndemicEpidemicFit, hhh4
from tongzhou.epi.detect.moving_percentile import moving_percentile
from tongzhou.epi.detect.outbreak_p import outbreak_p
from tongzhou.epi.detect.registry import DETECTORS, Detector, find_detector
from tongzhou.epi.detect.rki import rki
from tongzhou.epi.scan import EventSurveillance, KnoxTest, ScanResult, knox, scan, stcd

__all__ = [
    "DETECTORS",
    "CombinedDetection",
    "Detection",
    "Detector",
    "EndemicEpidemicFit",
    "EventSurveillance",
    "KnoxTest",
    "ScanResult",
    "SeasonalMean",
    "bayes",
    "cdc",
    "combine",
    "cusum",
    "ears",
    "farrington",
    "farrington_flexible",
    "find_detector",
    "glr_nb",
    "glr_poisson",
    "hhh4",
    "knox",
    "moving_percentile",
    "outbreak_p",
    "rki",
    "scan",
    "stcd",
]
