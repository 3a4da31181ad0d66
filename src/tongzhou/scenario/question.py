"""What is asked of a comparison, as one value that can be written down, digested and asked again.

Owns the wording of a question (areas, seeds, scenarios, horizon, runs) and its form in JSON. Never runs anything:
`scenario.whatif` answers.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cache, partial
from importlib.resources import files
from tomllib import loads
from typing import Any

import polars as pl

from tongzhou.core.area_codes import normalise_code
from tongzhou.core.errors import InputError, list_offenders
from tongzhou.core.measures import Capacities, ContactLayer, Measures, Span, UnitCosts
from tongzhou.epi.simulate.disease import load_disease
from tongzhou.policy import Pack, load_pack
from tongzhou.scenario.compile import Intensity, compile_measures, load_intensity, zone_span

FORMAT = 1
MAX_SCENARIOS = 6
MAX_RUNS = 500
MAX_DAYS = 1000


@dataclass(frozen=True, slots=True)
class ScenarioSpec:
    """One scenario: a pack carried out at an intensity, and what differs from it.

    pack : str — empty for no measures at all
    tracing : float in 0..1 or None — share of the contacts found, of those the intensity would find
    kept : mapping of layer to share — contacts that remain, in place of the intensity's (0 closes schools, say)
    tests_per_day, tracers : int — bounds; 0 lets everything be done that the rules ask
    from_day : int — closures and other limits on contacts begin then
    in_zones : bool — limits and rounds of testing hold only in areas with cases, as long as the pack's zones last
    """

    pack: str = ""
    intensity: str = "active"
    label: str = ""
    tracing: float | None = None
    kept: Mapping[str, float] = field(default_factory=dict)
    tests_per_day: int = 0
    tracers: int = 0
    from_day: int = 0
    in_zones: bool = False

    @property
    def name(self) -> str:
        """The label, or what the scenario is made of."""
        if self.label:
            return self.label
        where = ":zones" if self.in_zones else ""
        return f"{self.pack}:{self.intensity}{where}" if self.pack else "none"


@dataclass(frozen=True, slots=True)
class Question:
    """Everything that decides the outcome of a comparison, and nothing else.

    residents : mapping of area code to persons, or to None where the census of the project knows them
    n_persons : int or None — size of the simulated population; every resident when None
    introductions : mapping of area code to persons infected on the first day
    ready : mapping of ``beds``, ``icu_beds``, ``quarantine_rooms`` to what all areas have together; absent is unknown
    seed : int — of the first run; run k has seed + k in every scenario
    """

    residents: Mapping[str, int | None]
    introductions: Mapping[str, int]
    scenarios: tuple[ScenarioSpec, ...]
    disease: str = "sars-cov-2/omicron"
    days: int = 60
    n_runs: int = 20
    seed: int = 0
    level: float = 0.9
    n_persons: int | None = None
    population_seed: int = 1
    ready: Mapping[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the question as plain values, in a fixed order."""
        plain = asdict(self)
        return {"format": FORMAT, **json.loads(json.dumps(plain, sort_keys=True))}

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Question:
        """Read what `to_json` wrote.

        Raises
        ------
        InputError
            ``scenario.bad_question`` for another format or fields that do not belong.
        """
        known = {f.name for f in fields(cls)}
        strange = sorted(set(given) - known - {"format"})
        if given.get("format") != FORMAT or strange or not isinstance(given.get("scenarios"), list):
            raise InputError(
                "scenario.bad_question",
                f"This is no question of format {FORMAT}"
                + (f": unknown fields {list_offenders(strange)}." if strange else "."),
                "Give a file that `tongzhou whatif --save` or the console wrote.",
            )
        rest = {name: value for name, value in given.items() if name not in ("format", "scenarios")}
        return cls(**rest, scenarios=tuple(ScenarioSpec(**one) for one in given["scenarios"]))

    def digest(self) -> str:
        """Return the SHA-256 of the question with the digests of its packs."""
        named = {spec.pack: load_pack(spec.pack).digest for spec in self.scenarios if spec.pack}
        text = json.dumps([self.to_json(), named], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def population_key(self) -> str:
        """Return what names the population of the question: equal keys, equal populations."""
        made_of = [sorted(self.residents.items()), self.n_persons, self.population_seed]
        return hashlib.sha256(json.dumps(made_of).encode()).hexdigest()[:20]

    def areas(self) -> Sequence[str] | pl.DataFrame:
        """Return the areas as `simulate.synthesize` takes them."""
        if all(n is None for n in self.residents.values()):
            return list(self.residents)
        rows = sorted(self.residents.items())
        return pl.DataFrame(rows, {"code": pl.String, "population": pl.Int64}, orient="row")


def check_question(question: Question) -> None:
    """Refuse what cannot be asked, naming the value.

    Raises
    ------
    InputError
        ``scenario.none``, ``scenario.too_many``, ``scenario.twice``, ``scenario.bad_share``, ``scenario.no_seed``
        and those of packs and intensities.
    """
    names = [spec.name for spec in question.scenarios]
    if len(names) > MAX_SCENARIOS or question.n_runs > MAX_RUNS:
        raise InputError(
            "scenario.too_many",
            f"{len(names)} scenarios with {question.n_runs} runs each.",
            f"Ask for at most {MAX_SCENARIOS} scenarios and {MAX_RUNS} runs.",
        )
    if len(set(names)) < len(names):
        raise InputError("scenario.twice", f"Scenarios {names} share a name.", "Label each differently.")
    if not names or question.n_runs < 1:
        raise InputError(
            "scenario.none", f"{len(names)} scenarios, {question.n_runs} runs.", "Give at least one of each."
        )
    load_disease(question.disease)
    if not 1 <= question.days <= MAX_DAYS:
        raise InputError(
            "scenario.bad_days", f"{question.days} days are asked for.", f"Choose 1 to {MAX_DAYS}."
        )
    _check_introductions(question)
    for spec in question.scenarios:
        shares = {"tracing": spec.tracing if spec.tracing is not None else 0.0, **spec.kept}
        bad = [f"{spec.name}: {key} = {share}" for key, share in shares.items() if not 0 <= share <= 1]
        if bad:
            raise InputError("scenario.bad_share", f"{list_offenders(bad)}.", "Give shares between 0 and 1.")
        measures_of(spec, question.ready)


def _check_introductions(question: Question) -> None:
    """Refuse infections of nobody, of places that no resident lives in, and of more people than there are."""
    if sum(question.introductions.values()) < 1:
        raise InputError(
            "scenario.no_seed", "Nobody is infected on the first day.", "Give at least one infection to start from."
        )  # fmt: skip
    areas = [str(code) for code in question.residents]
    lost = [
        code
        for code in question.introductions
        if not any(area.startswith(normalise_code(code)) for area in areas)
    ]
    if lost:
        raise InputError(
            "scenario.unknown_area",
            f"Nobody of the question lives in {list_offenders(lost)}.",
            f"Residents live in {list_offenders(areas)}.",
        )
    known = [n for n in question.residents.values() if n is not None]
    most = question.n_persons or (sum(known) if len(known) == len(areas) else None)
    if most is not None and sum(question.introductions.values()) > most:
        raise InputError(
            "scenario.too_many_seeds",
            f"{sum(question.introductions.values())} of {most} residents are infected on the first day.",
            "Give at most one infection a resident.",
        )


def measures_of(spec: ScenarioSpec, ready: Mapping[str, int] | None = None) -> Measures | None:
    """Return the measures of a scenario; none for no pack.

    Raises
    ------
    InputError, PolicyError
        for an unknown pack, intensity or layer
    """
    if not spec.pack:
        return None
    intensity = _adjusted(load_intensity(spec.intensity), spec)
    known = {name: n for name, n in (ready or {}).items() if name in ("beds", "icu_beds", "quarantine_rooms")}
    capacities = Capacities(tests_per_day=spec.tests_per_day, tracers=spec.tracers, **known)
    pack = load_pack(spec.pack)
    compiled = partial(compile_measures, pack, intensity, capacities=capacities, costs=unit_costs())
    if spec.in_zones:
        return compiled(span=zone_span(pack, spec.from_day))
    measures = compiled()
    if not spec.from_day:
        return measures
    later = tuple(replace(limit, span=Span(from_day=spec.from_day)) for limit in measures.limits)
    return replace(measures, limits=later)


def _adjusted(intensity: Intensity, spec: ScenarioSpec) -> Intensity:
    """Return the intensity with what the scenario does otherwise."""
    known = {layer.value for layer in ContactLayer}
    strange = sorted(set(spec.kept) - known)
    if strange:
        raise InputError(
            "scenario.unknown_layer",
            f"No contacts are called {list_offenders(strange)}.",
            f"Choose from {', '.join(sorted(known))}.",
        )
    tracing = intensity.tracing
    if spec.tracing is not None:
        tracing = {layer: share * spec.tracing for layer, share in tracing.items()}
    return replace(intensity, tracing=tracing, kept={**intensity.kept, **spec.kept})


def source_of(spec: ScenarioSpec) -> str:
    """Return what the measures follow: pack, version, digest."""
    if not spec.pack:
        return ""
    pack: Pack = load_pack(spec.pack)
    return f"{pack.name} {pack.version} {pack.digest}"


@cache
def _costs() -> dict[str, Any]:
    return loads((files(__package__) / "costs.toml").read_text(encoding="utf-8"))


def unit_costs() -> UnitCosts:
    """Return the sourced costs of `costs.toml`, in yuan."""
    return UnitCosts(**{name: float(entry["yuan"]) for name, entry in _costs().items()})


def cost_sources(column: str = "source") -> dict[str, tuple[float, str]]:
    """Return the cost of each unit in yuan with its source; in Chinese by the column ``source_zh``."""
    return {name: (float(entry["yuan"]), str(entry[column])) for name, entry in _costs().items()}


__all__ = [
    "Question",
    "ScenarioSpec",
    "check_question",
    "cost_sources",
    "measures_of",
    "source_of",
    "unit_costs",
]
