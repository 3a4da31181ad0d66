"""What cannot be is named before anything is made or runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from tongzhou.core.errors import InputError
from tongzhou.core.measures import (
    Capacities,
    ContactLayer,
    ContactLimit,
    ContactTracing,
    MassScreening,
    Measures,
    SymptomaticTesting,
    UnitCosts,
    Vaccination,
)
from tongzhou.epi.simulate import EngineOptions, Population, run, synthesize
from tongzhou.epi.simulate.disease import load_disease

NAN, INF = float("nan"), float("inf")
WILD = load_disease("sars-cov-2/wild-type")
WORK = {ContactLayer.WORK: 0.5}


@pytest.fixture(scope="module")
def town() -> Population:
    return synthesize(["4403"], 2000, seed=1)


def area(**columns: object) -> pl.DataFrame:
    return pl.DataFrame({"code": ["5101"], "population": [1000], **{k: [v] for k, v in columns.items()}})


SYNTHESES: dict[str, tuple[Callable[[], object], str]] = {
    "one code instead of a list": (lambda: synthesize("4403"), "4403"),
    "a number instead of a list": (lambda: synthesize(4403), "4403"),  # type: ignore[arg-type]
    "a name instead of a code": (lambda: synthesize(["Shenzhen"]), "Shenzhen"),
    "a frame without codes": (lambda: synthesize(pl.DataFrame({"population": [10]})), "No area"),
    "persons in parts": (lambda: synthesize(["4403"], 10.5), "n_persons 10.5"),  # type: ignore[arg-type]
    "persons that are no number": (lambda: synthesize(["4403"], NAN), "n_persons nan"),  # type: ignore[arg-type]
    "more persons than residents": (lambda: synthesize(area(), 5000), "5000 persons"),
    "residents that are no number": (lambda: synthesize(area(population=NAN)), "population nan"),
    "a share that is no number": (lambda: synthesize(area(share_0_14=NAN)), "share_0_14 nan"),
    "a negative radius": (lambda: synthesize(area(radius_km=-3.0)), "radius_km -3.0"),
    "a longitude beyond the earth": (lambda: synthesize(area(longitude=999.0)), "longitude 999.0"),
    "a negative seed": (lambda: synthesize(["4403"], 10, seed=-1), "seed -1"),
    "no threads": (lambda: synthesize(["4403"], 10, n_threads=0), "n_threads 0"),
    "cells of nobody": (lambda: synthesize(["4403"], 10, cell_persons=0), "cell_persons 0"),
}  # fmt: skip


@pytest.mark.parametrize("name", SYNTHESES)
def test_a_population_that_cannot_be_is_named(name):
    call, says = SYNTHESES[name]
    with pytest.raises(InputError, match=says):
        call()


def vaccinated(coverage: dict[int, float], ages: tuple[int, int] = (0, 99)) -> dict[str, object]:
    return {"measures": Measures(vaccinations=(Vaccination("inactivated", *ages, coverage),))}


def traced(**options: object) -> dict[str, object]:
    return {"measures": Measures(tracing=ContactTracing(WORK, 1.0, 14, **options))}  # type: ignore[arg-type]


ROOMS = Measures(capacities=Capacities(quarantine_rooms=3000))
PUB = Measures(limits=(ContactLimit("x", {"pub": 0.1}),))  # type: ignore[dict-item]
ROUNDS = Measures(screenings=(MassScreening(2.5, 0.9, 0.9, 1.0),))  # type: ignore[arg-type]
ENDLESS = Measures(testing=SymptomaticTesting(0.5, INF, 1.0))

RUNS: dict[str, tuple[dict[str, object], str]] = {
    "days in parts": ({"days": 1.5}, "1.5 days"),
    "days that are no number": ({"days": NAN}, "nan days"),
    "a negative seed": ({"seed": -1}, "seed -1"),
    "introductions that are no number": ({"introductions": {"4403": NAN}}, "Introductions of 4403"),
    "introductions in words": ({"introductions": {"4403": "many"}}, "Introductions of 4403"),
    "introductions without numbers": ({"introductions": ["4403"]}, "introductions list"),
    "introductions after the end": ({"introductions": {"4403": [0, 0, 0, 1]}, "days": 3}, "after the 3 days"),
    "an area twice": ({"introductions": {"4403": 1, "440300": 1}}, "4403 stand twice"),
    "measures of another kind": ({"measures": {"limits": ()}}, "measures dict"),
    "a day in words": ({"first_day": "2020-01-10"}, "first_day str"),
    "no threads": ({"options": EngineOptions(n_threads=0)}, "n_threads 0"),
    "shards beyond all memory": ({"options": EngineOptions(shard_bits=40)}, "shard_bits 40"),
    "a scale that is no number": ({"options": EngineOptions(scale=NAN)}, "scale nan"),
    "an infinite R0": ({"disease": replace(WILD, r0=INF)}, "r0 inf"),
    "onset before infection": ({"disease": replace(WILD, incubation=-WILD.incubation)}, "incubation"),
    "an incubation that is no number": ({"disease": replace(WILD, incubation=NAN * WILD.incubation)}, "incubation"),
    "a profile that is no number": ({"disease": replace(WILD, transmission=NAN * WILD.delays[0])}, "transmission"),
    "negative delays": ({"disease": replace(WILD, delays=-WILD.delays)}, "delays"),
    "more in intensive care than admitted": ({"disease": replace(WILD, icu=WILD.admitted + 0.1)}, "icu above"),
    "more deaths than cases": ({"disease": replace(WILD, died=WILD.symptomatic + 0.1)}, "died above symptomatic"),
    "more rooms than people": ({"measures": ROOMS}, "3000 beds or rooms"),
    "a layer nobody knows": ({"measures": PUB}, "pub"),
    "rounds at parts of days": ({"measures": ROUNDS}, "every_days = 2.5"),
    "an endless delay": ({"measures": ENDLESS}, "delay_mean = inf"),
    "a cost that is no number": ({"measures": Measures(costs=UnitCosts(test=NAN))}, "costs.test = nan"),
    "tracing to the seventh degree": (traced(degrees=7), "degrees = 7"),
    "tests before quarantine": (traced(test_days=(-1,)), r"test_days\[1\] = -1"),
    "ages upside down": (vaccinated({1: 0.5}, (60, 10)), "ages 60 to 10"),
    "a seventh dose": (vaccinated({7: 0.5}), "no 7"),
    "more second doses than first": (vaccinated({1: 0.2, 2: 0.9}), "later dose"),
}  # fmt: skip


@pytest.mark.parametrize("name", RUNS)
def test_a_run_that_cannot_be_is_named(town, name):
    arguments, says = RUNS[name]
    with pytest.raises(InputError, match=says):
        run(town, **arguments)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "No such file"),
        ("x = [", "cannot be read"),
        ("[common]\n[variants.a]\n", "entry 'age_from' is missing"),
    ],
)
def test_a_file_that_is_no_disease_is_named(tmp_path: Path, text, says):
    path = tmp_path / "mine.toml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError, match=says):
        load_disease(path)
