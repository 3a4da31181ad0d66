"""The endemic-epidemic model of counts in areas: what returns by itself, what comes from next door, what stays.

Owns the likelihood, its maximum and the standard errors. Never forecasts and never raises an alarm.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.optimize import minimize
from scipy.special import digamma, gammaln, ndtri

from tongzhou.core.errors import EstimationFailed, InputError
from tongzhou.core.estimates import Provenance
from tongzhou.epi.detect.detection import WHOLE_COUNTS, choose_option, describe, read_counts, require_at_least
from tongzhou.epi.results import Chart, Language, Result, Trace, choose_text, find_series
from tongzhou.epi.series import FloatMatrix, SeriesMatrix

REFERENCE = "Held, Hoehle and Hofmann (2005), Statistical Modelling 5: 187-199; Paul and Held (2011)."
FAMILIES = ("NegBin1", "Poisson")
WEIGHTS = ("first", "powerlaw", "given")
MOST_DISPERSION = 20.0
STEP = 1e-5


@dataclass(frozen=True, kw_only=True)
class EndemicEpidemicFit(Result):
    """Coefficients with standard errors, and the fitted mean by part.

    names, estimate, se : of the P coefficients, as the peer names them; `ar` and `ne` are logarithms
    fitted, autoregressive, neighbour, endemic : float64 (S, T), counts — NaN at the first time step
    """

    matrix: SeriesMatrix
    names: tuple[str, ...]
    estimate: FloatMatrix
    se: FloatMatrix
    log_likelihood: float
    fitted: FloatMatrix
    autoregressive: FloatMatrix
    neighbour: FloatMatrix
    endemic: FloatMatrix
    provenance: Provenance

    @property
    def aic(self) -> float:
        """Akaike's criterion."""
        return 2 * self.estimate.size - 2 * self.log_likelihood

    def to_frame(self) -> pl.DataFrame:
        """Return a row per coefficient: ``param, estimate, se, q025, q975``."""
        half = float(ndtri(0.975)) * self.se
        return pl.DataFrame(
            {
                "param": self.names,
                "estimate": self.estimate,
                "se": self.se,
                "q025": self.estimate - half,
                "q975": self.estimate + half,
            }
        )

    def fitted_frame(self) -> pl.DataFrame:
        """Return a row per series and time step: the mean and its three parts."""
        n_series, n_times = self.fitted.shape
        parts = {
            "observed": self.matrix.values,
            "fitted": self.fitted,
            "autoregressive": self.autoregressive,
            "neighbour": self.neighbour,
            "endemic": self.endemic,
        }
        columns: dict[str, pl.Series] = {
            "series": pl.Series(
                [name for name in self.matrix.names for _ in range(n_times)], dtype=pl.String
            ),
            "t": pl.Series(np.tile(np.arange(1, n_times + 1, dtype=np.int64), n_series)),
        }
        columns |= {name: pl.Series(values.ravel(), nan_to_null=True) for name, values in parts.items()}
        return pl.DataFrame(columns)

    def chart(self, series: str | None = None, language: Language = "en") -> Chart:
        """Return counts and the parts of the fitted mean of one series."""
        row = find_series(self.matrix.names, series)
        return Chart(
            title=f"{self.provenance.method}: {self.matrix.names[row]}",
            x=np.arange(1.0, self.fitted.shape[1] + 1).tolist(),
            x_label=choose_text(language, "time", "时间"),
            y_label=choose_text(language, "cases", "病例数"),
            traces=(
                Trace(choose_text(language, "observed", "观测"), self.matrix.values[row], "bars"),
                Trace(choose_text(language, "fitted", "拟合"), self.fitted[row]),
                Trace(choose_text(language, "endemic", "本底"), self.endemic[row]),
                Trace(choose_text(language, "from neighbours", "邻区输入"), self.neighbour[row]),
            ),
        )


@dataclass(frozen=True, slots=True)
class Model:
    """The model at one set of counts: y, last counts, order of adjacency, design of the endemic part, offset."""

    y: FloatMatrix
    last: FloatMatrix
    order: FloatMatrix | None
    weights: str
    maxlag: int
    normalize: bool
    design: FloatMatrix
    offset: FloatMatrix
    has_ar: bool
    family: str
    names: tuple[str, ...]

    def weigh(self, decay: float) -> tuple[FloatMatrix, FloatMatrix]:
        """Return neighbour weights from row to column, and their derivative in the decay."""
        order = np.zeros((0, 0)) if self.order is None else self.order
        if self.weights == "given":
            return order, np.zeros_like(order)
        if self.weights == "first":
            return (order == 1).astype(np.float64), np.zeros_like(order)
        is_near = (order > 0) & (order <= self.maxlag)
        logs = np.log(np.where(is_near, order, 1.0))
        raw = np.where(is_near, np.exp(-decay * logs), 0.0)
        slope = -logs * raw
        if not self.normalize:
            return raw, slope
        sums = np.maximum(raw.sum(axis=1, keepdims=True), 1e-300)
        return raw / sums, (slope - raw * slope.sum(axis=1, keepdims=True) / sums) / sums

    def parts(self, theta: FloatMatrix) -> tuple[list[FloatMatrix], list[FloatMatrix]]:
        """Return the three parts of the mean, each (S, T - 1), and the derivatives of the mean by coefficient."""
        place, gradient = 0, []
        own = near = np.zeros_like(self.y)
        if self.has_ar:
            own = np.exp(theta[place]) * self.last
            gradient.append(own)
            place += 1
        n_end = self.design.shape[1]
        if self.order is not None:
            decay = float(theta[place + 1 + n_end]) if self.weights == "powerlaw" else 0.0
            weight, slope = self.weigh(decay)
            near = np.exp(theta[place]) * (weight.T @ self.last)
            gradient.append(near)
            place += 1
        endemic = self.offset * np.exp(self.design @ theta[place : place + n_end])[None, :]
        gradient += [endemic * column[None, :] for column in self.design.T]
        if self.order is not None and self.weights == "powerlaw":
            gradient.append(np.exp(theta[place - 1]) * (slope.T @ self.last))
        return [own, near, endemic], gradient

    def score(self, theta: FloatMatrix) -> tuple[float, FloatMatrix]:
        """Return the log likelihood and its gradient."""
        parts, slopes = self.parts(theta)
        mu = np.maximum(parts[0] + parts[1] + parts[2], 1e-300)
        y = self.y
        if self.family == "Poisson":
            value = float(np.sum(y * np.log(mu) - mu - gammaln(y + 1)))
            pull = y / mu - 1
            return value, np.array([np.sum(pull * slope) for slope in slopes])
        size = np.exp(-theta[-1])
        log_share = np.log(size) - np.log(size + mu)
        terms = gammaln(y + size) - gammaln(size) - gammaln(y + 1) + size * log_share
        value = float(np.sum(terms + y * (np.log(mu) - np.log(size + mu))))
        pull = y / mu - (y + size) / (size + mu)
        by_size = digamma(y + size) - digamma(size) + log_share + 1 - (y + size) / (size + mu)
        return value, np.array([*(np.sum(pull * slope) for slope in slopes), -size * np.sum(by_size)])


def hhh4(
    counts: object,
    *,
    ar: bool = True,
    neighbourhood: npt.ArrayLike | None = None,
    weights: str = "first",
    maxlag: int = 5,
    normalize: bool = True,
    season: int = 1,
    trend: bool = False,
    offset: npt.ArrayLike | None = None,
    family: str = "NegBin1",
    freq: int = 52,
    dates: object = None,
) -> EndemicEpidemicFit:
    """Fit mean = exp(ar) last count + exp(ne) weighted last counts next door + offset x seasonal endemic mean.

    Parameters
    ----------
    counts : whole numbers, one series or one per area
    ar : bool — a part that feeds on the area's last count
    neighbourhood : shape (S, S), optional — order of adjacency (0 itself, 1 next door ...), or weights themselves
    weights : {"first", "powerlaw", "given"} — next door only; order to the power of minus a decay, estimated, up to
        `maxlag`; the matrix as it is, from row to column
    normalize : bool — power law: each area spreads a total weight of one
    season : int — pairs of harmonics of the endemic part
    trend : bool — a linear trend of the endemic part
    offset : shape (S,) or (S, T), optional — for example shares of the population
    family : {"NegBin1", "Poisson"} — variance mu (1 + overdispersion mu), or mu
    freq : int — time steps a year
    dates : sequence of T dates, optional

    Returns
    -------
    EndemicEpidemicFit

    Raises
    ------
    InputError
        ``series.*``, ``detect.option``, ``hhh4.shape``
    EstimationFailed
        ``hhh4.no_maximum`` — the likelihood has no inner maximum

    References
    ----------
    Held, Hoehle and Hofmann (2005); Paul and Held (2011), Statistics in Medicine 30: 1118; Meyer and Held (2014),
    Annals of Applied Statistics 8: 1612 (power law); as ``surveillance::hhh4`` with common coefficients.
    """
    choose_option("family", family, FAMILIES)
    choose_option("weights", weights, WEIGHTS)
    require_at_least("season", season, 0)
    matrix = read_counts(counts, dates, WHOLE_COUNTS)
    if not (matrix.is_good.all() and matrix.values.sum() > 0):
        problem = next((p for p in matrix.problems if p), "None has a case.")
        raise InputError(
            "series.bad", f"The areas are fitted together. {problem}", "Correct or leave out the area."
        )
    model = _build(
        matrix, neighbourhood, offset, _Shape(ar, weights, maxlag, normalize, season, trend, family, freq)
    )
    theta = _maximise(model)
    value, _ = model.score(theta)
    covariance = np.linalg.inv(-_hessian(model, theta))
    if not np.all(np.diag(covariance) > 0):
        raise _no_maximum()
    estimate, se = theta.copy(), np.sqrt(np.diag(covariance))
    if family == "NegBin1":
        estimate[-1] = np.exp(theta[-1])
        se[-1] *= estimate[-1]
    parts, _ = model.parts(theta)
    full = [np.concatenate([np.full((matrix.n_series, 1), np.nan), part], axis=1) for part in parts]
    options = {
        "ar": ar,
        "weights": weights,
        "maxlag": maxlag,
        "season": season,
        "trend": trend,
        "family": family,
    }
    return EndemicEpidemicFit(
        matrix=matrix,
        names=model.names,
        estimate=estimate,
        se=se,
        log_likelihood=value,
        fitted=full[0] + full[1] + full[2],
        autoregressive=full[0],
        neighbour=full[1],
        endemic=full[2],
        provenance=describe("Endemic-epidemic", matrix, options | {"freq": freq}, REFERENCE),
    )


@dataclass(frozen=True, slots=True)
class _Shape:
    ar: bool
    weights: str
    maxlag: int
    normalize: bool
    season: int
    trend: bool
    family: str
    freq: int


def _build(matrix: SeriesMatrix, neighbourhood: object, offset: object, shape: _Shape) -> Model:
    values = matrix.values
    if matrix.n_times < 10:
        raise InputError("hhh4.shape", f"There are {matrix.n_times} time steps.", "Give ten or more.")
    order = None if neighbourhood is None else np.asarray(neighbourhood, dtype=np.float64)
    if order is not None and (order.shape != (matrix.n_series,) * 2 or not np.all(order >= 0)):
        raise InputError(
            "hhh4.shape",
            f"neighbourhood has the shape {order.shape} or a negative entry; there are {matrix.n_series} areas.",
            "Give a square matrix in the order of the areas.",
        )
    people = np.ones((matrix.n_series, 1)) if offset is None else np.asarray(offset, dtype=np.float64)
    people = people[:, None] if people.ndim == 1 else people
    if people.shape not in ((matrix.n_series, 1), values.shape) or not np.all(people > 0):
        raise InputError(
            "hhh4.shape",
            f"offset has the shape {people.shape} or a value not above 0; counts have {values.shape}.",
            "Give one positive number per area, or per area and time step.",
        )
    t = np.arange(1, matrix.n_times, dtype=np.float64)
    columns, names = [np.ones(t.size)], ["end.1"]
    if shape.trend:
        columns.append(t)
        names.append("end.t")
    for s in range(1, shape.season + 1):
        label = f"{2 * s} * pi * t/{shape.freq}"
        columns += [np.sin(2 * s * np.pi * t / shape.freq), np.cos(2 * s * np.pi * t / shape.freq)]
        names += [f"end.sin({label})", f"end.cos({label})"]
    names = ["ar.1"] * shape.ar + ["ne.1"] * (order is not None) + names
    names += ["neweights.d"] * (order is not None and shape.weights == "powerlaw")
    names += ["overdisp"] * (shape.family == "NegBin1")
    spread = np.broadcast_to(people, values.shape)[:, 1:]
    return Model(
        y=values[:, 1:], last=values[:, :-1], order=order, weights=shape.weights, maxlag=shape.maxlag,
        normalize=shape.normalize, design=np.column_stack(columns), offset=np.ascontiguousarray(spread),
        has_ar=shape.ar, family=shape.family, names=tuple(names),
    )  # fmt: skip


def _maximise(model: Model) -> FloatMatrix:
    start = np.zeros(len(model.names))
    level = np.log(max(float(model.y.mean() / model.offset.mean()), 1e-3) / 2)
    for place, name in enumerate(model.names):
        start[place] = {"ar.1": -1.0, "ne.1": -2.0, "end.1": level, "neweights.d": 1.0}.get(name, 0.0)
    scale = np.where(np.array(model.names) == "end.t", 1 / model.y.shape[1], 1.0)

    def loss(scaled: FloatMatrix) -> tuple[float, FloatMatrix]:
        with np.errstate(all="ignore"):
            value, gradient = model.score(scaled * scale)
        if not np.isfinite(value):
            return 1e12, np.zeros_like(scaled)
        return -value, -gradient * scale

    found = minimize(loss, start / scale, jac=True, method="BFGS", options={"gtol": 1e-6, "maxiter": 2000})
    theta = np.asarray(found.x * scale)
    for _ in range(20):
        _, gradient = model.score(theta)
        step = np.linalg.solve(_hessian(model, theta), gradient)
        if not np.all(np.isfinite(step)) or np.max(np.abs(step)) > 1:
            break
        theta = theta - step
        if np.max(np.abs(step)) < 1e-10:
            break
    if not np.all(np.isfinite(theta)) or np.max(np.abs(theta)) > MOST_DISPERSION:
        raise _no_maximum()
    return theta


def _hessian(model: Model, theta: FloatMatrix) -> FloatMatrix:
    """Return second derivatives by central differences of the gradient."""
    n = theta.size
    out = np.zeros((n, n))
    for place in range(n):
        shift = np.zeros(n)
        shift[place] = STEP * (1 / model.y.shape[1] if model.names[place] == "end.t" else 1.0)
        out[place] = (model.score(theta + shift)[1] - model.score(theta - shift)[1]) / (2 * shift[place])
    return (out + out.T) / 2


def _no_maximum() -> EstimationFailed:
    return EstimationFailed(
        "hhh4.no_maximum",
        "The likelihood has no inner maximum: a part of the model vanishes or grows without bound.",
        "Leave out a part (ar, neighbourhood, season), or use family='Poisson'.",
    )
