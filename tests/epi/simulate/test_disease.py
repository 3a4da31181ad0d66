"""Disease files are complete and sourced; bad ones are refused by name."""

from __future__ import annotations

import tomllib
from copy import deepcopy
from dataclasses import replace
from importlib.resources import files
from typing import Any

import numpy as np
import polars as pl
import pytest

from tongzhou.core.errors import InputError
from tongzhou.epi.simulate import run, synthesize
from tongzhou.epi.simulate.disease import disease_names, load_disease, quantiles, read_disease

FOLDER = files("tongzhou.epi.simulate") / "tables" / "diseases"


@pytest.fixture
def table() -> dict[str, Any]:
    return tomllib.loads((FOLDER / "sars-cov-2.toml").read_text(encoding="utf-8"))


def test_pathogens_that_differ_ship_with_the_project():
    pathogens = {name.split("/")[0] for name in disease_names()}
    assert {"sars-cov-2", "measles", "ebola", "influenza-a-h5n1"} <= pathogens
    assert {"sars-cov-2/wild-type", "sars-cov-2/delta", "sars-cov-2/omicron"} <= set(disease_names())


@pytest.mark.parametrize("name", disease_names())
def test_disease_runs_in_a_city(name):
    outcome = run(synthesize(["4403"], 3000, seed=1), name, days=40, seed=1, introductions={"4403": 10})
    assert outcome.summary()["infections"] >= 10


@pytest.mark.parametrize("pathogen", sorted({name.split("/")[0] for name in disease_names()}))
def test_every_part_of_a_disease_names_its_source(pathogen):
    whole = tomllib.loads((FOLDER / f"{pathogen}.toml").read_text(encoding="utf-8"))
    parts = [part for part in whole["common"].values() if isinstance(part, dict)]
    parts += [entry for variant in whole["variants"].values() for entry in variant.values()]
    assert all(part.get("source") for part in parts)


def test_incubation_of_the_wild_type_has_the_published_mean():
    assert load_disease("sars-cov-2/wild-type").incubation.mean() == pytest.approx(5.8, abs=0.1)


def test_delta_has_the_published_generation_time():
    disease = load_disease("sars-cov-2/delta")
    assert disease.generation_intervals().mean() == pytest.approx(4.7, abs=0.1)


def test_wild_type_has_the_serial_interval_and_early_transmission_of_the_time_before_measures():
    disease = load_disease("sars-cov-2/wild-type")
    assert disease.generation_intervals().mean() == pytest.approx(7.8, abs=0.15)
    lines = run(
        synthesize(["4403"], 60_000, seed=1), disease, days=60, seed=1, introductions={"4403": 300}
    ).line_list
    pairs = lines.join(lines.select(infector="person", onset="onset_at", at="infected_at"), on="infector")
    early = pairs.filter(pl.col("at") < 20)
    # Homes and teams run out of people to infect, so that more of what is realised is early.
    assert 0.34 < (early["infected_at"] < early["onset"]).mean() < 0.46
    assert (early["infected_at"] - early["at"]).min() >= 1.5 - 1 / 64
    assert 6.3 < (early["infected_at"] - early["at"]).mean() < 7.9


@pytest.mark.parametrize("name", disease_names())
def test_generation_intervals_do_not_pile_up_at_their_least(name):
    intervals = load_disease(name).generation_intervals()
    least = intervals.min()
    assert (intervals < least + 0.05).mean() < 0.02


@pytest.mark.parametrize(
    ("spec", "mean", "sd"),
    [
        ({"kind": "gamma", "mean": 5.0, "sd": 2.0}, 5.0, 2.0),
        ({"kind": "exponential", "mean": 3.0}, 3.0, 3.0),
        ({"kind": "weibull", "shape": 2.0, "scale": 4.0}, 4.0 * 0.886227, 4.0 * 0.463251),
        ({"kind": "constant", "value": 7.0}, 7.0, 0.0),
    ],
)
def test_quantiles_have_the_moments_asked_for(spec, mean, sd):
    table = quantiles(spec, "x")
    assert table.mean() == pytest.approx(mean, rel=0.01)
    assert table.std() == pytest.approx(sd, rel=0.02, abs=1e-9)


def change(table: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    changed = deepcopy(table)
    part = changed
    *parents, last = path.split(".")
    for name in parents:
        part = part[name]
    part[last] = value
    return changed


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("variants.delta.r0", -1, "disease.negative"),
        ("variants.delta.incubation", {"kind": "gamma", "mean": -4.0, "sd": 1.0}, "disease.negative"),
        ("variants.delta.incubation", {"kind": "normal"}, "disease.bad_distribution"),
        ("variants.delta.infectious", {"kind": "always"}, "disease.bad_profile"),
        ("common.severity.died", [1.5] * 9, "disease.bad_probability"),
        ("common.severity.died", [0.1], "disease.bad_groups"),
        ("common.layers.near", 0.9, "disease.bad_probability"),
    ],
)
def test_bad_entry_of_a_disease_is_refused(table, path, value, code):
    with pytest.raises(InputError) as error:
        read_disease(change(table, path, value), "delta", "mine")
    assert error.value.code == code
    assert "mine" in str(error.value)


def test_severity_grows_with_age():
    disease = load_disease("sars-cov-2/wild-type")
    assert np.all(np.diff(disease.died) >= 0)
    assert np.all(disease.admitted <= disease.symptomatic)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"r0": -1.0}, "r0 -1.0"),
        ({"r0": float("nan")}, "r0 nan"),
        ({"half_days": -3.0}, "half_days -3.0"),
        ({"layers": np.asarray([1.0, -1.0, 0.0, 0.0])}, "layers"),
        ({"near": 0.9, "same_city": 0.9}, "near \\+ same_city 1.8"),
        ({"died": np.full(101, 1.2)}, "died"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_changed_disease_that_cannot_be_is_named_before_anything_runs(changes, says):
    disease = replace(load_disease("sars-cov-2/wild-type"), **changes)
    with pytest.raises(InputError, match=says):
        run(synthesize(["4403"], 500, seed=1), disease, days=5)


def test_outcome_digest_tells_changed_diseases_apart():
    population, disease = synthesize(["4403"], 500, seed=1), load_disease("sars-cov-2/wild-type")
    later = replace(disease, incubation=disease.incubation + 1)
    one, two = (run(population, d, days=5).summary()["inputs_digest"] for d in (disease, later))
    assert one != two
