"""How fast the simulation is: synthesis, days of agents, memory; beside the peers when asked."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from bench.machine import machine, peak_rss_bytes
from tongzhou.cli.output import json_option, print_result
from tongzhou.cli.parameters import COUNT

if TYPE_CHECKING:
    from tongzhou.epi.simulate.disease import Disease


@click.command(name="simulate")
@click.option(
    "--agents",
    type=COUNT,
    multiple=True,
    default=(1_000_000,),
    show_default=True,
    help="Repeat for several sizes.",
)
@click.option("--days", type=COUNT, default=100, show_default=True)
@click.option("--threads", type=COUNT, default=2, show_default=True)
@click.option("--r0", type=float, help="Reproduction number; the disease's own when left out.")
@click.option("--disease", default="sars-cov-2/wild-type", show_default=True)
@click.option(
    "--introduce", type=COUNT, default=100, show_default=True, help="Persons infected on the first day."
)
@click.option("--contained", is_flag=True, help="With tracing and isolation that hold the outbreak.")
@click.option(
    "--patches", is_flag=True, help="SEIR with random mixing alone, the kind of scenario of laser-generic."
)
@click.option(
    "--peers", is_flag=True, help="Also run covasim and laser-generic, in an environment made for them."
)
@json_option
def command(as_json: bool, agents: tuple[int, ...], **options: Any) -> None:
    """Simulate the province one to one: agent-days a second with all layers on."""
    results = [measure_beside(size, **options) for size in agents]
    result = results[0] if len(results) == 1 else {"sizes": results}
    print_result(result, as_json, lambda _: "\n\n".join(as_text(one) for one in results))


def as_text(result: dict[str, Any]) -> str:
    """Return the figures of one size as lines."""
    return "\n".join(f"{k:24} {v}" for k, v in result.items())


def measure_beside(agents: int, peers: bool, **options: Any) -> dict[str, Any]:
    """Return the figures of one size, those of the random-mixing kind and of the peers beside them when asked."""
    if not peers:
        return measure(agents, **options)
    from bench.simulate.peers import measure_peers

    in_patches = measure(agents, **{**options, "patches": True})
    result = measure(agents, **options)
    kept = ("agent_days_per_second", "run_s", "cpu_s", "share_infected", "peak_day")
    result["patches"] = {key: in_patches[key] for key in kept}
    result["peers"] = measure_peers(agents, options["days"])
    return result


def measure(agents: int, days: int, **chosen_options: Any) -> dict[str, Any]:
    """Return the figures of one run; the options are those of the command."""
    threads, r0, disease = chosen_options["threads"], chosen_options["r0"], chosen_options["disease"]
    contained, introduce = chosen_options["contained"], chosen_options["introduce"]
    from tongzhou.epi.simulate import EngineOptions, run, synthesize
    from tongzhou.epi.simulate.disease import load_disease

    _compile(contained)
    chosen = load_disease(disease) if r0 is None else replace(load_disease(disease), r0=r0)
    if chosen_options["patches"]:
        chosen = _seir(chosen)
    started = time.perf_counter()
    population = synthesize(["44"], agents, seed=1, n_threads=threads)
    synthesis_s = time.perf_counter() - started
    started, busy = time.perf_counter(), time.process_time()
    outcome = run(
        population,
        chosen,
        _containment() if contained else None,
        days,
        seed=1,
        introductions={"44": introduce},
        options=EngineOptions(n_threads=threads, keeps_line_list=False),
    )
    run_s, cpu_s = time.perf_counter() - started, time.process_time() - busy
    summary, daily = outcome.summary(), outcome.daily.group_by("day").sum().sort("day")
    return {
        "agents": agents,
        "days": days,
        "agent_days_per_second": agents * days / run_s,
        "synthesis_s": round(synthesis_s, 3),
        "run_s": round(run_s, 3),
        "peak_rss_bytes": peak_rss_bytes(),
        "share_infected": summary["share_infected"],
        "infections": summary["infections"],
        "peak_day": int(daily["infections"].arg_max()),
        "bytes_per_person": round(population.bytes_per_person, 1),
        "threads": threads,
        "cpu_s": round(cpu_s, 3),
        "machine": machine(),
    }


def _seir(disease: Disease) -> Disease:
    """Return a disease of R0 2.5 with gamma periods of 4 and 5 days and random contact alone."""
    from tongzhou.epi.simulate.disease import N_QUANTILES, quantiles

    return replace(
        disease,
        name="seir",
        r0=2.5,
        dispersion_k=0.0,
        incubation=quantiles({"kind": "gamma", "mean": 4.0, "sd": 2.0}, "latent"),
        transmission=(np.arange(N_QUANTILES) + 0.5) / N_QUANTILES,
        infectious_days=quantiles({"kind": "gamma", "mean": 5.0, "sd": 5.0**0.5}, "infectious"),
        start=0.0,
        symptomatic=np.ones(101),
        susceptibility=np.ones(101),
        admitted=np.zeros(101),
        icu=np.zeros(101),
        died=np.zeros(101),
        place_k=0.0,
        layers=np.asarray([0.0, 0.0, 0.0, 1.0]),
    )


def _compile(contained: bool) -> None:
    """Run a small case first, so that compilation is not measured."""
    from tongzhou.epi.simulate import run, synthesize

    population = synthesize(["4403", "4419"], 5000)
    run(population, measures=_containment() if contained else None, days=30, introductions={"4403": 50})


def _containment() -> Any:
    """Return measures strong enough to hold an outbreak of the wild type."""
    from tongzhou.core.measures import (
        CaseIsolation,
        ContactLayer,
        ContactTracing,
        Measures,
        SymptomaticTesting,
    )

    return Measures(
        testing=SymptomaticTesting(0.9, 2.0, 1.0),
        isolation=CaseIsolation(1.0, 0.0, days=14),
        tracing=ContactTracing(
            dict.fromkeys(ContactLayer, 0.9), 1.0, 14, degrees=2, is_backward=True, test_days=(0, 3, 6, 13)
        ),
    )
