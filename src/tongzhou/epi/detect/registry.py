"""All detectors of count series by name, with what a caller must know to run any of them.

Owns the list that the contract tests, the command line and the server walk. Never imports a server.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tongzhou.epi.detect.bayes import bayes
from tongzhou.epi.detect.cdc import cdc
from tongzhou.epi.detect.cusum import cusum
from tongzhou.epi.detect.detection import Detection, choose_option
from tongzhou.epi.detect.ears import ears
from tongzhou.epi.detect.farrington import farrington
from tongzhou.epi.detect.farrington_flexible import farrington_flexible
from tongzhou.epi.detect.glr import glr_nb, glr_poisson
from tongzhou.epi.detect.moving_percentile import moving_percentile
from tongzhou.epi.detect.outbreak_p import outbreak_p
from tongzhou.epi.detect.rki import rki


@dataclass(frozen=True, slots=True)
class Detector:
    """A detector of count series.

    name : str — as on the command line
    function : callable — takes counts and keyword options, returns `Detection`
    options : mapping — what makes this entry differ from the function's defaults
    needs_years : float — years of history before the first monitored point, about
    has_p_value : bool — whether its detections can be combined
    """

    name: str
    function: Callable[..., Detection]
    options: Mapping[str, object] = field(default_factory=dict)
    needs_years: float = 0.0
    has_p_value: bool = False

    def __call__(self, counts: object, **options: object) -> Detection:
        """Run the detector; `options` override the entry's."""
        return self.function(counts, **{**self.options, **options})


NOUFAILY: Mapping[str, object] = {
    "noperiods": 10,
    "past_weeks_not_included": 26,
    "pthreshold_trend": 1.0,
    "threshold_method": "nbPlugin",
    "alpha": 0.01,
}
"""The options recommended by Noufaily et al. (2013)."""

DETECTORS: dict[str, Detector] = {
    entry.name: entry
    for entry in (
        Detector("ears-c1", ears, {"method": "C1"}, has_p_value=True),
        Detector("ears-c2", ears, {"method": "C2"}, has_p_value=True),
        Detector("ears-c3", ears, {"method": "C3"}, has_p_value=True),
        Detector("cdc", cdc, {}, 5, True),
        Detector("rki1", rki, {"method": "rki1"}),
        Detector("rki2", rki, {"method": "rki2"}, 1),
        Detector("rki3", rki, {"method": "rki3"}, 2),
        Detector("bayes1", bayes, {"method": "bayes1"}, has_p_value=True),
        Detector("bayes2", bayes, {"method": "bayes2"}, 1, True),
        Detector("bayes3", bayes, {"method": "bayes3"}, 2, True),
        Detector("cusum", cusum, {}, 1),
        Detector("farrington", farrington, {}, 5, True),
        Detector("farrington-flexible", farrington_flexible, {}, 5, True),
        Detector("farrington-noufaily", farrington_flexible, NOUFAILY, 5, True),
        Detector("glr-poisson", glr_poisson, {}, 1),
        Detector("glr-nb", glr_nb, {}, 1),
        Detector("outbreak-p", outbreak_p),
        Detector("moving-percentile", moving_percentile, {}, 5),
    )
}


def find_detector(name: str) -> Detector:
    """Return a detector by name.

    Raises
    ------
    InputError
        ``detect.option`` — no such detector
    """
    return DETECTORS[choose_option("detector", name, DETECTORS)]
