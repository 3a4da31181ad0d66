"""A pathogen's parameters, read from a sourced file, checked, and tabulated for the kernels.

Owns the file format and `load_disease`. Never draws a number. Each distribution becomes 1,024 quantiles.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from tongzhou.core.errors import InputError, list_offenders
from tongzhou.core.estimates import digest_arrays

FloatArray = np.ndarray[Any, np.dtype[np.float64]]

N_QUANTILES = 1024
LAYERS = ("household", "school", "work", "community")
DELAYS = ("onset_to_admission", "admission_to_icu", "stay", "icu_stay", "onset_to_death")
_EDGE = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class Disease:
    """One pathogen and variant.

    r0 : float — infections by one typical case among the susceptible, without measures
    dispersion_k : float — of the gamma distribution of individual infectiousness (mean 1); 0 for none
    incubation : float64, shape (1024,), days — quantiles from infection to onset
    transmission : float64, shape (1024,) — quantiles of when a case infects: days from onset, or, with
        `infectious_days`, the part of the infectious period
    infectious_days : float64, shape (1024,), days, or None — quantiles of the infectious period from onset
        + `start`
    start : float, days — when the infectious period begins, from onset
    min_latent : float, days — nobody infects earlier after their own infection: the profile of each case is cut there
    layers : float64, shape (4,) — contact by `LAYERS`
    symptomatic, admitted, icu, died : float64, shape (101,) — probabilities by age, per infection
    susceptibility : float64, shape (101,) — by age, relative, at most 1
    delays : float64, shape (5, 1024), days — quantiles by `DELAYS`
    positive : float64, shape (2, K) — days from onset, rising, and the share of those infected whom a test finds
        then, relative to the best day; linear between, 0 outside
    immune_days, half_days : float, days — full immunity after infection, then half-life; infinite for
        life-long
    severity_again : float — severe outcomes of a further infection, relative to the first
    place_k : float — of the gamma distribution of infectious contact by site (mean 1 over persons); 0 for none
    vaccines : by product, effectiveness by dose against infection and severe outcomes, and how it wanes
    season : (float, float) — amplitude of transmission over the year, and the day of the year it peaks
    """

    name: str
    r0: float
    dispersion_k: float
    incubation: FloatArray
    transmission: FloatArray
    infectious_days: FloatArray | None
    start: float
    min_latent: float
    layers: FloatArray
    own_team: float
    near: float
    same_city: float
    symptomatic: FloatArray
    admitted: FloatArray
    icu: FloatArray
    died: FloatArray
    susceptibility: FloatArray
    asymptomatic_relative: float
    delays: FloatArray
    positive: FloatArray
    immune_days: float
    half_days: float
    severity_again: float = 1.0
    place_k: float = 0.0
    vaccines: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    season: tuple[float, float] = (0.0, 0.0)

    def generation_intervals(self, n: int = 100_000) -> FloatArray:
        """Return a sample of times from infection to infection, days, of a case that meets people evenly."""
        at = (np.arange(n) + 0.5) / n
        rng = np.random.default_rng(n)
        u, v = rng.permutation(at), rng.permutation(at)
        place = (np.arange(N_QUANTILES) + 0.5) / N_QUANTILES
        onset = np.interp(at, place, self.incubation)
        if self.infectious_days is not None:
            length = np.interp(v, place, self.infectious_days)
            # Who is infectious for longer infects more.
            length = length[rng.choice(n, n, p=length / length.sum())]
            return np.asarray(np.maximum(onset + self.start, self.min_latent) + u * length)
        early = np.interp(self.min_latent - onset, self.transmission, place, left=0.0)
        return np.asarray(onset + np.interp(early + u * (1 - early), place, self.transmission))

    def share_positive(self, since_onset: FloatArray) -> FloatArray:
        """Return the share of those infected whom a test finds, by days from onset, relative to the best day."""
        return np.asarray(np.interp(since_onset, self.positive[0], self.positive[1], left=0.0, right=0.0))

    def digest(self) -> str:
        """Return the SHA-256 of all entries."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        arrays = [np.asarray(v) for v in values.values() if isinstance(v, np.ndarray)]
        rest = repr([(k, v) for k, v in values.items() if not isinstance(v, np.ndarray)])
        return digest_arrays(np.frombuffer(rest.encode(), np.uint8), *arrays)


def quantiles(spec: Mapping[str, Any], where: str) -> FloatArray:
    """Return 1,024 quantiles of a distribution written as a table (kind and parameters).

    >>> float(quantiles({"kind": "constant", "value": 3.0}, "x")[0])
    3.0
    """
    u = np.clip((np.arange(N_QUANTILES) + 0.5) / N_QUANTILES, _EDGE, 1 - _EDGE)
    kind = spec.get("kind")
    positive = {
        k: v for k, v in spec.items() if k in ("mean", "sd", "sd_log", "shape", "rate", "scale", "value")
    }
    bad = {k: v for k, v in positive.items() if v < 0}
    if bad:
        raise InputError(
            "disease.negative", f"{where} has {bad}; all must be at least 0.", "Correct the file."
        )
    if kind == "constant":
        return np.full(N_QUANTILES, float(spec["value"]))
    if kind == "exponential":
        return np.asarray(stats.expon.ppf(u) * spec["mean"])
    if kind == "gamma":
        shape = (spec["mean"] / spec["sd"]) ** 2
        return np.asarray(stats.gamma.ppf(u, shape, scale=spec["mean"] / shape))
    if kind == "lognormal":
        return np.asarray(np.exp(spec["mean_log"] + spec["sd_log"] * stats.norm.ppf(u)))
    if kind == "weibull":
        return np.asarray(stats.weibull_min.ppf(u, spec["shape"], scale=spec["scale"]))
    raise InputError(
        "disease.bad_distribution",
        f"{where} has the distribution {kind!r}.",
        "Write constant, exponential, gamma, lognormal or weibull.",
    )


def disease_names() -> list[str]:
    """Return the pathogens and variants that ship with the project, as ``pathogen/variant``."""
    folder = files(__package__) / "tables" / "diseases"
    names: list[str] = []
    for item in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if item.name.endswith(".toml"):
            table = tomllib.loads(item.read_text(encoding="utf-8"))
            names.extend(f"{item.name.removesuffix('.toml')}/{variant}" for variant in table["variants"])
    return names


@cache
def load_disease(name: str | Path) -> Disease:
    """Return a disease by ``pathogen/variant`` or from a file of one's own (``Path``, its first variant).

    Raises
    ------
    InputError
        ``disease.unknown``, ``disease.unreadable``, ``disease.bad_probability``, ``disease.bad_groups``,
        ``disease.negative``.

    Examples
    --------
    >>> load_disease("sars-cov-2/wild-type").r0
    2.5
    """
    if isinstance(name, Path):
        return _read_file(name)
    if name not in disease_names():
        raise InputError(
            "disease.unknown", f"No disease {name!r}.", f"Choose from {', '.join(disease_names())}."
        )
    pathogen, variant = name.split("/")
    text = (files(__package__) / "tables" / "diseases" / f"{pathogen}.toml").read_text(encoding="utf-8")
    return read_disease(tomllib.loads(text), variant, name)


def _read_file(path: Path) -> Disease:
    """Read the first variant of a file of one's own."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        return read_disease(table, next(iter(table["variants"])), str(path))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        why = str(error)
    except KeyError as error:
        why = f"the entry {error} is missing"
    raise InputError(
        "disease.unreadable",
        f"{path} cannot be read as a disease: {why}.",
        "Begin with a copy of one that ships with the project.",
    )


def read_disease(table: Mapping[str, Any], variant: str, name: str) -> Disease:
    """Read one variant of a disease table; a variant's own entries override the common ones."""
    common, own = table["common"], table["variants"][variant]
    part = {key: {**common.get(key, {}), **own.get(key, {})} for key in ("layers", "delays", "severity")}
    severity, layers = part["severity"], part["layers"]
    relative = _value(own.get("severity_relative", 1.0))
    by_age = {
        key: _by_age(common["age_from"], severity[key], f"{name}: severity.{key}")
        for key in ("symptomatic", "admitted", "icu_of_admitted", "died")
    }
    admitted = np.minimum(by_age["admitted"] * relative, by_age["symptomatic"])
    susceptible = {**common["susceptibility"], **own.get("susceptibility", {})}
    raw = _by_age(susceptible["age_from"], susceptible["relative"], f"{name}: susceptibility", limit=np.inf)
    transmission, days, start = _transmission(own["infectious"], name)
    immunity = {**common["immunity"], **own.get("immunity", {})}
    season = {**common["season"], **own.get("season", {})}
    weights = np.asarray([layers[layer] for layer in LAYERS], float)
    weights[0] *= layers.get("household_relative", 1.0)
    disease = Disease(
        name=name,
        r0=_value(own["r0"]),
        dispersion_k=_value(own["dispersion_k"]),
        incubation=quantiles(own["incubation"], f"{name}: incubation"),
        transmission=transmission,
        infectious_days=days,
        start=start,
        min_latent=_value(own.get("min_latent", common["min_latent"])),
        layers=weights,
        own_team=float(layers["own_team"]),
        near=float(layers["near"]),
        same_city=float(layers["same_city"]),
        symptomatic=by_age["symptomatic"],
        admitted=admitted,
        icu=admitted * by_age["icu_of_admitted"],
        died=np.minimum(by_age["died"] * relative, by_age["symptomatic"]),
        susceptibility=raw / raw.max(),
        asymptomatic_relative=float(severity["asymptomatic_relative"]),
        delays=np.stack([quantiles(part["delays"][key], f"{name}: delays.{key}") for key in DELAYS]),
        positive=_positive(own.get("positive", common["positive"]), f"{name}: positive"),
        immune_days=float(immunity["full_days"]),
        half_days=float(immunity["half_days"]),
        severity_again=float(immunity["severity_again"]),
        place_k=_value(layers.get("place_k", 0.0)),
        vaccines=table.get("vaccines", {}),
        season=(float(season["amplitude"]), float(season["peak_day"])),
    )
    check_disease(disease)
    return disease


def _value(entry: Any) -> float:
    """Return a number written alone or as a table with its source."""
    return float(entry["value"] if isinstance(entry, Mapping) else entry)


def _transmission(spec: Mapping[str, Any], name: str) -> tuple[FloatArray, FloatArray | None, float]:
    """Return quantiles of when a case infects, the infectious period if any, and its start from onset."""
    if spec["kind"] == "around_onset":
        u = np.clip((np.arange(N_QUANTILES) + 0.5) / N_QUANTILES, _EDGE, 1 - _EDGE)
        return (
            np.asarray(stats.gamma.ppf(u, spec["shape"], scale=1 / spec["rate"]) - spec["shift"]),
            None,
            0.0,
        )
    if spec["kind"] == "period":
        days = quantiles(spec["duration"], f"{name}: infectious.duration")
        return (np.arange(N_QUANTILES) + 0.5) / N_QUANTILES, days, float(spec["start"])
    raise InputError(
        "disease.bad_profile",
        f"{name}: infectious.kind is {spec['kind']!r}.",
        "Write around_onset or period.",
    )


def _positive(spec: Mapping[str, Any], where: str) -> FloatArray:
    """Return when tests are positive as `Disease.positive` holds it."""
    days, share = np.asarray(spec["days"], float), np.asarray(spec["share"], float)
    if len(days) != len(share) or np.any(np.diff(days) <= 0):
        raise InputError(
            "disease.bad_groups",
            f"{where}: {len(share)} shares for the days {spec['days']}.",
            "Give one share a day; days rise.",
        )
    return np.stack([days, share])


def _by_age(age_from: list[int], values: list[float], where: str, limit: float = 1.0) -> FloatArray:
    """Spread values of age groups over single years."""
    if len(age_from) != len(values) or age_from[0] != 0 or sorted(set(age_from)) != list(age_from):
        raise InputError(
            "disease.bad_groups",
            f"{where}: {len(values)} values for groups from {age_from}.",
            "Give one value a group; groups grow from 0.",
        )
    if min(values) < 0 or max(values) > limit:
        raise InputError(
            "disease.bad_probability", f"{where}: {values} leave 0..{limit}.", "Correct the file."
        )
    return np.asarray(values, float)[np.searchsorted(age_from, np.arange(101), side="right") - 1]


_AT_LEAST_0 = (
    "dispersion_k", "place_k", "min_latent", "immune_days", "half_days", "severity_again", "asymptomatic_relative",
)  # fmt: skip
_BY_AGE = ("symptomatic", "admitted", "icu", "died", "susceptibility")
_WITHIN = (("admitted", "symptomatic"), ("died", "symptomatic"), ("icu", "admitted"))


def check_disease(disease: Disease) -> None:
    """Refuse a disease that cannot be, naming every entry: also one changed with `dataclasses.replace`.

    Raises
    ------
    InputError
        ``disease.negative``, ``disease.bad_probability``.
    """
    d = disease
    bad = [f"{name} {getattr(d, name)}" for name in _AT_LEAST_0 if not getattr(d, name) >= 0]
    bad += _bad_times(d)
    bad += [] if 0 < d.r0 < np.inf else [f"r0 {d.r0}"]
    bad += [] if np.all(d.layers >= 0) else [f"layers {d.layers.tolist()}"]
    if bad:
        raise InputError(
            "disease.negative",
            f"{d.name}: {list_offenders(bad)}.",
            "r0 must be above 0, the others at least 0; times are numbers, quantiles rise.",
        )
    odd = [name for name in _BY_AGE if not np.all((getattr(d, name) >= 0) & (getattr(d, name) <= 1))]
    odd += [
        f"{part} above {whole}"
        for part, whole in _WITHIN
        if np.any(getattr(d, part) > getattr(d, whole) + _EDGE)
    ]
    odd += [f"{name} {getattr(d, name)}" for name in ("near", "same_city") if not 0 <= getattr(d, name) <= 1]
    odd += [] if 0 <= d.near + d.same_city <= 1 else [f"near + same_city {d.near + d.same_city}"]
    odd += [] if 0 <= d.own_team <= 1 else [f"own_team {d.own_team}"]
    odd += [] if np.all((d.positive[1] >= 0) & (d.positive[1] <= 1)) else ["positive"]
    odd += [] if 0 <= d.season[0] < 1 else [f"season {d.season[0]}"]
    if odd:
        raise InputError(
            "disease.bad_probability",
            f"{d.name}: {list_offenders(odd)}.",
            "Shares lie in 0..1, alone and summed.",
        )


def _bad_times(d: Disease) -> list[str]:
    """Return the quantiles of times that are below 0, no numbers, or do not rise."""
    bad = []
    for name, least in (
        ("incubation", 0.0),
        ("transmission", -np.inf),
        ("infectious_days", 0.0),
        ("delays", 0.0),
    ):
        table = getattr(d, name)
        if table is not None and not (
            np.all(np.isfinite(table)) and np.all(table >= least) and np.all(np.diff(table, axis=-1) >= 0)
        ):
            bad.append(name)
    return bad
