"""How fast the simulation is: synthesis, days of agents, memory; beside the peers when asked."""

from __future__ import annotations

import platform
import resource
import time
from dataclasses import replace
from typing import Any

import click

from tongzhou.cli.output import json_option, print_result
from tongzhou.cli.parameters import COUNT


@click.command(name="simulate")
@click.option("--agents", type=COUNT, default=1_000_000, show_default=True)
@click.option("--days", type=COUNT, default=100, show_default=True)
@click.option("--threads", type=COUNT, default=2, show_default=True)
@click.option("--r0", type=float, help="Reproduction number; the disease's own when left out.")
@click.option("--disease", default="sars-cov-2/wild-type", show_default=True)
@click.option(
    "--introduce", type=COUNT, default=100, show_default=True, help="Persons infected on the first day."
)
@click.option("--contained", is_flag=True, help="With tracing and isolation that hold the outbreak.")
@click.option("--peers", is_flag=True, help="Also run the peers that are installed (covasim, laser-generic).")
@json_option
def command(as_json: bool, peers: bool, **options: Any) -> None:
    """Simulate the province one to one: agent-days a second with all layers on."""
    result = measure(**options)
    if peers:
        from bench.simulate.peers import measure_peers

        result["peers"] = measure_peers(options["agents"], options["days"])
    print_result(result, as_json, lambda r: "\n".join(f"{k:24} {v}" for k, v in r.items()))


def measure(
    agents: int, days: int, *, threads: int, r0: float | None, disease: str, introduce: int, contained: bool
) -> dict[str, Any]:
    """Return the figures of one run."""
    from tongzhou.epi.simulate import EngineOptions, run, synthesize
    from tongzhou.epi.simulate.disease import load_disease

    _compile(contained)
    chosen = load_disease(disease) if r0 is None else replace(load_disease(disease), r0=r0)
    started = time.perf_counter()
    population = synthesize(["44"], agents, seed=1, n_threads=threads)
    synthesis_s = time.perf_counter() - started
    started = time.perf_counter()
    outcome = run(
        population,
        chosen,
        _containment() if contained else None,
        days,
        seed=1,
        introductions={"44": introduce},
        options=EngineOptions(n_threads=threads, keeps_line_list=False),
    )
    run_s = time.perf_counter() - started
    summary = outcome.summary()
    return {
        "agents": agents,
        "days": days,
        "agent_days_per_second": agents * days / run_s,
        "synthesis_s": round(synthesis_s, 3),
        "run_s": round(run_s, 3),
        "peak_rss_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "share_infected": summary["share_infected"],
        "infections": summary["infections"],
        "bytes_per_person": round(population.bytes_per_person, 1),
        "threads": threads,
        "machine": f"{platform.machine()}, {platform.node()}",
    }


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
        tracing=ContactTracing(dict.fromkeys(ContactLayer, 0.9), 1.0, 14, degrees=2, is_backward=True),
    )
