"""What a scan returns: clusters with their members, window, counts and p-values.

Owns the result type. Never scans.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from tongzhou.epi.results import Chart, Language, Result, Trace, choose_text
from tongzhou.epi.scan.zones import IntArray, ZoneProgram
from tongzhou.epi.series import Days, FloatMatrix


@dataclass(frozen=True, slots=True)
class Cluster:
    """One cluster: members nearest to the centre first, first and last time step from 1."""

    members: tuple[int, ...]
    first: int
    last: int
    observed: float
    expected: float
    relative_risk: float
    llr: float
    p_value: float | None
    p_gumbel: float | None
    radius: float


@dataclass(frozen=True, kw_only=True)
class ScanResult(Result):
    """Clusters, most likely first, none sharing an area with one before it.

    clusters : tuple of `Cluster`
    names : tuple of A str or None — names of areas; without them members are 1-based positions
    null_llr : float64 (n_replicates,) — the largest ratio of each quiet world
    zone_llr, zone_first, zone_last : (Z,) — the best window of every zone, 0-based time steps
    zones : ZoneProgram
    coordinates : float64 (A, 2)
    """

    clusters: tuple[Cluster, ...]
    names: tuple[str, ...] | None
    null_llr: FloatMatrix
    zone_llr: FloatMatrix
    zone_first: IntArray
    zone_last: IntArray
    zones: ZoneProgram
    coordinates: FloatMatrix
    n_times: int
    dates: Days | None = None

    def to_frame(self) -> pl.DataFrame:
        """Return a row per cluster.

        Columns: ``cluster, members, window`` (first and last time step, from 1), ``observed, expected, llr,
        p_value, p_gumbel, relative_risk, radius``, and ``start_date, end_date`` when dates are known.
        """
        rows: dict[str, list[Any]] = {
            "cluster": list(range(1, len(self.clusters) + 1)),
            "members": [self.label(cluster) for cluster in self.clusters],
            "window": [[cluster.first, cluster.last] for cluster in self.clusters],
        }
        for name in ("observed", "expected", "llr", "p_value", "p_gumbel", "relative_risk", "radius"):
            rows[name] = [getattr(cluster, name) for cluster in self.clusters]
        if self.dates is not None:
            rows["start_date"] = [self.dates[c.first - 1].astype(object) for c in self.clusters]
            rows["end_date"] = [self.dates[c.last - 1].astype(object) for c in self.clusters]
        kind = pl.String() if self.names is not None else pl.Int64()
        schema: dict[str, pl.DataType] = {"members": pl.List(kind), "window": pl.List(pl.Int64())}
        for name in ("observed", "expected", "llr", "p_value", "p_gumbel"):
            schema[name] = pl.Float64()
        return pl.DataFrame(rows, schema_overrides=schema)

    def label(self, cluster: Cluster) -> list[str] | list[int]:
        """Return the members of a cluster by name, or by 1-based position."""
        if self.names is None:
            return [member + 1 for member in cluster.members]
        return [self.names[member] for member in cluster.members]

    def zone_frame(self) -> pl.DataFrame:
        """Return a row per zone: ``zone, center, end, n_areas, llr, first, last``, positions from 1."""
        return pl.DataFrame(
            {
                "zone": np.arange(1, self.zone_llr.size + 1),
                "center": self.zones.centre + 1,
                "end": self.zones.area + 1,
                "n_areas": self.zones.size,
                "llr": self.zone_llr,
                "first": self.zone_first + 1,
                "last": self.zone_last + 1,
            }
        )

    def chart(self, series: str | None = None, language: Language = "en") -> Chart:
        """Return the areas on the plane, those of each cluster as a mark of its own."""
        order = np.argsort(self.coordinates[:, 0], kind="stable")
        y = self.coordinates[order, 1]
        traces = [Trace(choose_text(language, "areas", "区域"), y, "points")]
        for number, cluster in enumerate(self.clusters, start=1):
            inside = np.isin(order, cluster.members)
            label = choose_text(language, f"cluster {number}", f"聚集 {number}")
            traces.append(Trace(label, np.where(inside, y, np.nan), "alarm"))
        return Chart(
            title=choose_text(language, "Clusters", "聚集区域"),
            x=self.coordinates[order, 0].tolist(),
            x_label=choose_text(language, "x or longitude", "横坐标或经度"),
            y_label=choose_text(language, "y or latitude", "纵坐标或纬度"),
            traces=tuple(traces),
        )
