"""Space-time surveillance of single events (Assuncao and Correa): an alarm as soon as a cylinder fills too fast.

Owns the Shiryaev-Roberts and CUSUM statistics. Never needs a population or a grid.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from numba import njit

from tongzhou.core.errors import InputError
from tongzhou.core.estimates import Provenance, digest_arrays
from tongzhou.epi.results import Chart, Language, Result, Trace, choose_text
from tongzhou.epi.scan.knox import read_events

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

REFERENCE = "Assuncao and Correa (2009), Computational Statistics and Data Analysis 53: 2817-2830."


@dataclass(frozen=True, kw_only=True)
class EventSurveillance(Result):
    """The statistic after each event, the first alarm, and the centre and members of its cluster.

    order : int64 (N,) — 0-based rows of the events by time; statistic : float64 (N,) — in that order
    alarm_at, centre : int or None — positions from 1 in the order of time
    members : tuple of int — rows (from 1, as given) in the cylinder that raised the alarm
    """

    order: Ints
    statistic: Floats
    threshold: float
    alarm_at: int | None
    centre: int | None
    members: tuple[int, ...]

    def to_frame(self) -> pl.DataFrame:
        """Return a row per event by time: ``i, row, statistic, alarm``."""
        return pl.DataFrame(
            {
                "i": np.arange(1, self.order.size + 1),
                "row": self.order + 1,
                "statistic": self.statistic,
                "alarm": self.statistic > self.threshold,
            }
        )

    def chart(self, series: str | None = None, language: Language = "en") -> Chart:
        """Draw the statistic after each event and the events at which it stands above the threshold."""
        alarms = np.where(self.statistic > self.threshold, self.statistic, np.nan)
        return Chart(
            choose_text(language, "Space-time surveillance", "时空监测"),
            [float(i) for i in range(1, self.order.size + 1)],
            choose_text(language, "event", "事件"),
            choose_text(language, "statistic", "统计量"),
            (
                Trace(choose_text(language, "statistic", "统计量"), self.statistic),
                Trace(choose_text(language, "alarm", "预警"), alarms, "alarm"),
            ),
            reference=self.threshold,
        )


def stcd(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    t: npt.ArrayLike,
    *,
    radius: float,
    epsilon: float = 0.5,
    threshold: float = 50.0,
    cusum: bool = False,
) -> EventSurveillance:
    """Watch events as they come and raise an alarm when one place's intensity has grown.

    Parameters
    ----------
    x, y : float64 (N,) — places
    t : float64 (N,) — times
    radius : float — of the cylinders; an event on the rim is outside
    epsilon : float — relative rise of the intensity to detect
    threshold : float — alarm limit, about the average run length without a cluster
    cusum : bool — the largest likelihood ratio so far instead of the Shiryaev-Roberts sum

    Returns
    -------
    EventSurveillance

    Raises
    ------
    InputError
        ``knox.shape``, ``knox.missing``, ``stcd.option``

    Notes
    -----
    O(N^2) time and O(N) memory; as ``surveillance::stcd`` without its edge correction, which that does not use
    either. The peer's CUSUM never falls, since its maximum runs over all events so far.
    """
    when, where = read_events(t, np.column_stack([np.asarray(x, float), np.asarray(y, float)]))
    if not (radius > 0 and epsilon > 0 and threshold > 0):
        raise InputError(
            "stcd.option",
            f"radius {radius}, epsilon {epsilon} or threshold {threshold} is not above 0.",
            "Give positive numbers.",
        )
    order = np.argsort(when, kind="stable")
    places = np.ascontiguousarray(where[order])
    statistic, strongest = run_surveillance(places, radius, epsilon, cusum)
    over = np.flatnonzero(statistic > threshold)
    first = int(over[0]) if over.size else None
    members: tuple[int, ...] = ()
    if first is not None:
        centre = places[strongest[first]]
        inside = np.hypot(*(places[: first + 1] - centre).T) < radius
        inside[: strongest[first]] = False
        members = tuple(int(row) + 1 for row in order[: first + 1][inside])
    options = {"radius": radius, "epsilon": epsilon, "threshold": threshold, "cusum": cusum}
    return EventSurveillance(
        order=order,
        statistic=statistic,
        threshold=threshold,
        alarm_at=None if first is None else first + 1,
        centre=None if first is None else int(strongest[first]) + 1,
        members=members,
        provenance=Provenance("Space-time surveillance", options, digest_arrays(when, where), REFERENCE),
    )


@njit(cache=True)
def run_surveillance(places: Floats, radius: float, epsilon: float, is_cusum: bool) -> tuple[Floats, Ints]:
    """Return the statistic after each event and the event whose cylinder is strongest then."""
    n = places.shape[0]
    statistic, strongest = np.zeros(n), np.zeros(n, dtype=np.int64)
    since, ever = np.zeros(n), np.zeros(n)
    growth, largest = math.log(1.0 + epsilon), 0.0
    for i in range(n):
        total, here = 0.0, 0.0
        for j in range(i + 1):
            dx, dy = places[i, 0] - places[j, 0], places[i, 1] - places[j, 1]
            if math.sqrt(dx * dx + dy * dy) < radius:
                since[j] += 1.0
                ever[j] += 1.0
                if j < i:
                    ever[i] += 1.0
            usual = (i - j + 1) * ever[j] / (i + 1)
            if j < i:
                value = math.exp(since[j] * growth - epsilon * usual)
                total += value
                if value > here:
                    here, strongest[i] = value, j
        value = math.exp(since[i] * growth - epsilon * ever[i] / (i + 1))
        total += value
        if value > here:
            here, strongest[i] = value, i
        largest = max(largest, here)
        statistic[i] = largest if is_cusum else total
    return statistic, strongest
