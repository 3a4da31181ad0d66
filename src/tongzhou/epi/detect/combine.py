"""Many streams at once: which alarms stand when the rate of false ones is to be controlled.

Owns the adjustment of p-values over streams at each time point, their combination into one, and p-values from a
quiet training period. Never computes a bound of a single stream.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.special import gammaincc, ndtr, ndtri

from tongzhou.core.errors import InputError
from tongzhou.core.estimates import Provenance, digest_arrays
from tongzhou.epi.detect.detection import (
    Codes,
    Detection,
    choose_option,
    code_alarms,
    read_range,
    require_share,
)
from tongzhou.epi.results import Chart, Language, Result, Trace, choose_text, find_series
from tongzhou.epi.series import FloatMatrix

REFERENCE = (
    "Benjamini and Hochberg (1995), JRSS B 57: 289-300; Burkom et al. (2005), Statistics in Medicine 24."
)
LEAST_P = 1e-300
ADJUSTMENTS = ("bh", "by", "holm", "bonferroni")
COMBINATIONS = ("fisher", "stouffer", "cauchy", "sidak")


@dataclass(frozen=True, kw_only=True)
class CombinedDetection(Result):
    """Streams by time point after adjustment, and one combined p-value for each time point.

    names : tuple of S str; p_value, adjusted : float64 (S, T), NaN where undefined; alarm : int8 (S, T), 1, 0, -1
    combined : float64 (T,) — p-value of "all streams are quiet"; combined_alarm : int8 (T,)
    """

    names: tuple[str, ...]
    p_value: FloatMatrix
    adjusted: FloatMatrix
    alarm: Codes
    combined: FloatMatrix
    combined_alarm: Codes

    def to_frame(self) -> pl.DataFrame:
        """Return a row per stream and time step: ``series, t, p_value, adjusted, alarm``."""
        n_series, n_times = self.p_value.shape
        return pl.DataFrame(
            {
                "series": pl.Series([name for name in self.names for _ in range(n_times)], dtype=pl.String),
                "t": np.tile(np.arange(1, n_times + 1, dtype=np.int64), n_series),
                "p_value": pl.Series(self.p_value.ravel(), nan_to_null=True),
                "adjusted": pl.Series(self.adjusted.ravel(), nan_to_null=True),
                "alarm": _flags(self.alarm.ravel()),
            }
        )

    def overall(self) -> pl.DataFrame:
        """Return a row per time step: ``t, n_streams, n_alarms, p_value, alarm``, all streams taken together."""
        return pl.DataFrame(
            {
                "t": np.arange(1, self.combined.size + 1, dtype=np.int64),
                "n_streams": (~np.isnan(self.p_value)).sum(axis=0),
                "n_alarms": (self.alarm == 1).sum(axis=0),
                "p_value": pl.Series(self.combined, nan_to_null=True),
                "alarm": _flags(self.combined_alarm),
            }
        )

    def chart(self, series: str | None = None, language: Language = "en") -> Chart:
        """Return -log10 of the combined p-value, or of one stream's adjusted one, with the alarms."""
        row = None if series is None else find_series(self.names, series)
        p = self.combined if row is None else self.adjusted[row]
        codes = self.combined_alarm if row is None else self.alarm[row]
        height = -np.log10(np.maximum(p, LEAST_P))
        return Chart(
            title=choose_text(language, "Combined streams", "多源合并预警") if series is None else series,
            x=np.arange(1.0, p.size + 1).tolist(),
            x_label=choose_text(language, "time", "时间"),
            y_label=choose_text(language, "−log10 p", "−log10 p 值"),
            traces=(
                Trace(choose_text(language, "evidence", "证据强度"), height),
                Trace(choose_text(language, "alarm", "预警"), np.where(codes == 1, height, np.nan), "alarm"),
            ),
            reference=float(-np.log10(float(str(self.provenance.options["level"])))),
        )


def _flags(codes: Codes) -> pl.Series:
    return pl.Series(codes, dtype=pl.Int8).replace(-1, None).cast(pl.Boolean)


def combine(
    streams: Detection | Sequence[Detection] | Mapping[str, Detection] | npt.ArrayLike,
    *,
    adjust: str = "bh",
    how: str = "fisher",
    level: float = 0.05,
    training: object = None,
) -> CombinedDetection:
    """Adjust the alarms of many streams so that false ones stay rare, and test all streams together.

    Parameters
    ----------
    streams : detections whose details hold ``p_value``, or p-values of shape (S, T) with NaN where undefined
    adjust : {"bh", "by", "holm", "bonferroni"} — at each time point: false discovery rate (independent or positively
        dependent; any dependence) or the chance of any false alarm
    how : {"fisher", "stouffer", "cauchy", "sidak"} — combination into one p-value; "cauchy" bears dependent streams
    level : float — the rate to control at each time point: false alarms among alarms, or the chance of a false one
    training : time points of a quiet period, optional — p-values are then ranks against the same stream in that
        period, valid whatever the distribution as long as quiet points are exchangeable

    Returns
    -------
    CombinedDetection

    Raises
    ------
    InputError
        ``detect.option``, ``detect.no_p_value``, ``detect.shape``, ``detect.range``

    Notes
    -----
    A p-value of a count is P(X >= x), so with few cases the true rate lies below `level`.

    Examples
    --------
    >>> combine([[0.001, 0.2], [0.02, 0.9], [0.5, 0.4]]).to_frame()["alarm"].to_list()
    [True, False, True, False, False, False]

    References
    ----------
    Benjamini and Hochberg (1995); Benjamini and Yekutieli (2001), Annals of Statistics 29: 1165; Holm (1979);
    Liu and Xie (2020), JASA 115: 393 (Cauchy); Vovk et al. (2005), Algorithmic Learning in a Random World, ch. 2.
    """
    choose_option("adjust", adjust, ADJUSTMENTS)
    choose_option("how", how, COMBINATIONS)
    require_share("level", level)
    names, p_value = _read_streams(streams)
    if training is not None:
        p_value = _rank_against(p_value, read_range(training, p_value.shape[1], 1) - 1)
    adjusted = adjust_p_values(p_value, adjust)
    combined = combine_p_values(p_value, how)
    options = {"adjust": adjust, "how": how, "level": level, "training": training}
    return CombinedDetection(
        names=names,
        p_value=p_value,
        adjusted=adjusted,
        alarm=code_alarms(adjusted <= level, ~np.isnan(adjusted)),
        combined=combined,
        combined_alarm=code_alarms(combined <= level, ~np.isnan(combined)),
        provenance=Provenance("Combined streams", options, digest_arrays(p_value), REFERENCE),
    )


def _read_streams(streams: object) -> tuple[tuple[str, ...], FloatMatrix]:
    if isinstance(streams, Detection):
        streams = [streams]
    if isinstance(streams, Mapping) or (
        isinstance(streams, Sequence) and all(isinstance(item, Detection) for item in streams)
    ):
        pairs = list(streams.items()) if isinstance(streams, Mapping) else [("", item) for item in streams]
        names = tuple(f"{key} {n}".strip() for key, item in pairs for n in item.matrix.names)
        return names, _stack([_p_values_of(item) for _, item in pairs])
    p_value = np.atleast_2d(np.asarray(streams, dtype=np.float64))
    if p_value.ndim != 2 or np.any((p_value < 0) | (p_value > 1)):
        raise InputError(
            "detect.shape", "p-values lie outside 0 to 1 or have no shape (S, T).", "Give p-values."
        )
    return tuple(f"stream {i + 1}" for i in range(p_value.shape[0])), p_value


def _p_values_of(found: Detection) -> FloatMatrix:
    if "p_value" not in found.details:
        raise InputError(
            "detect.no_p_value",
            f"{found.provenance.method} gives no p-value.",
            "Combine EARS, CDC, Bayes or Farrington detections, or give p-values.",
        )
    return found.details["p_value"]


def _stack(parts: list[FloatMatrix]) -> FloatMatrix:
    lengths = {part.shape[1] for part in parts}
    if len(lengths) != 1:
        raise InputError(
            "detect.shape",
            f"Streams have {', '.join(str(n) for n in sorted(lengths))} time steps.",
            "Bring all streams to the same time points.",
        )
    return np.concatenate(parts)


def _rank_against(p_value: FloatMatrix, quiet: npt.NDArray[np.int64]) -> FloatMatrix:
    """Return conformal p-values: the rank of each time point among the stream's own quiet points."""
    out = np.full_like(p_value, np.nan)
    is_quiet = np.zeros(p_value.shape[1], dtype=np.bool_)
    is_quiet[quiet] = True
    for row, values in enumerate(p_value):
        past = np.sort(values[is_quiet & ~np.isnan(values)])
        at = ~np.isnan(values) & ~is_quiet
        out[row, at] = (1 + np.searchsorted(past, values[at], side="right")) / (past.size + 1)
    return out


def adjust_p_values(p_value: FloatMatrix, method: str) -> FloatMatrix:
    """Return p-values adjusted over the rows of each column; NaN stays and does not count."""
    order = np.argsort(p_value, axis=0)
    sorted_p = np.take_along_axis(p_value, order, axis=0)
    n = (~np.isnan(p_value)).sum(axis=0)
    rank = np.arange(1, p_value.shape[0] + 1)[:, None]
    with np.errstate(invalid="ignore"):
        if method == "bonferroni":
            stepped = sorted_p * n
        elif method == "holm":
            stepped = np.maximum.accumulate(np.nan_to_num(sorted_p * (n - rank + 1), nan=0.0), axis=0)
        else:
            harmonic = np.array([np.sum(1 / np.arange(1, k + 1)) for k in n]) if method == "by" else 1.0
            scaled = np.where(np.isnan(sorted_p), np.inf, sorted_p * n * harmonic / rank)
            stepped = np.minimum.accumulate(scaled[::-1], axis=0)[::-1]
    out = np.empty_like(p_value)
    np.put_along_axis(out, order, np.minimum(stepped, 1.0), axis=0)
    return np.where(np.isnan(p_value), np.nan, out)


def combine_p_values(p_value: FloatMatrix, method: str) -> FloatMatrix:
    """Return one p-value per column, NaN where no stream has one."""
    is_there = ~np.isnan(p_value)
    n = is_there.sum(axis=0)
    p = np.clip(np.where(is_there, p_value, 0.5), LEAST_P, 1 - 1e-16)
    if method == "fisher":
        statistic = -np.log(np.where(is_there, p, 1.0)).sum(axis=0)
        out = gammaincc(np.maximum(n, 1), statistic)
    elif method == "stouffer":
        score = np.where(is_there, ndtri(p), 0.0).sum(axis=0)
        out = ndtr(score / np.sqrt(np.maximum(n, 1)))
    elif method == "cauchy":
        score = np.where(is_there, 1 / np.tan(np.pi * p), 0.0).sum(axis=0) / np.maximum(n, 1)
        out = 0.5 - np.arctan(score) / np.pi
        out = np.where(score > 1e10, 1 / (np.pi * np.maximum(score, 1)), out)
    else:
        out = -np.expm1(n * np.log1p(-np.where(is_there, p, 1 - 1e-16).min(axis=0)))
    return np.where(n > 0, out, np.nan)
