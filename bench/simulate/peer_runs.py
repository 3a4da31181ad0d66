"""Runs the peers, in an interpreter that has them; prints one JSON object a line. Knows nothing of the project."""

import json
import sys
import time


def covasim(agents: int, days: int) -> dict:
    """Return the figures of Covasim: households, schools, work, community (its `hybrid` population)."""
    import covasim as cv

    started = time.perf_counter()
    sim = cv.Sim(pop_size=agents, n_days=days, pop_type="hybrid", pop_infected=100, rand_seed=1, verbose=0)
    sim.initialize()
    synthesis_s = time.perf_counter() - started
    started = time.perf_counter()
    sim.run()
    run_s = time.perf_counter() - started
    share = float(sim.results["cum_infections"].values[-1]) / agents
    return figures("covasim", cv.__version__, agents, days, synthesis_s=synthesis_s, run_s=run_s, share=share)


def covasim_seir(agents: int, days: int) -> dict:
    """Return Covasim on the scenario of `laser`: 20 new random contacts a day, nobody differs, R0 2.5, 4 and 5 days."""
    import covasim as cv

    started = time.perf_counter()
    never, always = {"dist": "uniform", "par1": 0, "par2": 0}, {"dist": "uniform", "par1": 1, "par2": 1}
    latent = {"dist": "lognormal_int", "par1": 4, "par2": 2}
    infectious = {"dist": "lognormal_int", "par1": 5, "par2": 5**0.5}
    sim = cv.Sim(
        pop_size=agents, n_days=days, pop_type="random", pop_infected=100, rand_seed=1, verbose=0, use_waning=False,
        contacts={"a": 20}, dynam_layer={"a": 1}, beta=2.5 / (20 * 5), beta_dist=always, asymp_factor=1.0,
        viral_dist={"frac_time": 0.3, "load_ratio": 1, "high_cap": 4}, prog_by_age=False,
        rel_symp_prob=0.0,
    )  # fmt: skip
    sim["dur"] = dict.fromkeys(
        ("inf2sym", "sym2sev", "sev2crit", "mild2rec", "sev2rec", "crit2rec", "crit2die"), never
    ) | {"exp2inf": latent, "asym2rec": infectious}
    sim.initialize()
    sim.people.rel_sus[:] = 1.0
    synthesis_s = time.perf_counter() - started
    started = time.perf_counter()
    sim.run()
    run_s = time.perf_counter() - started
    share = float(sim.results["cum_infections"].values[-1]) / agents
    row = figures(
        "covasim-seir", cv.__version__, agents, days, synthesis_s=synthesis_s, run_s=run_s, share=share
    )
    return row | {"peak_day": int(sim.results["new_infections"].values.argmax())}


def laser(agents: int, days: int) -> dict:
    """Return the figures of laser-generic: SEIR in 25 patches, no households."""
    import importlib.metadata

    import numpy as np
    from laser.core import PropertySet
    from laser.core import distributions as dists
    from laser.core.utils import grid
    from laser.generic import SEIR, Model

    def model(n: int, ticks: int) -> object:
        scenario = grid(M=5, N=5, population_fn=lambda row, column: n // 25)
        scenario["E"], scenario["R"] = 0, 0
        scenario["I"] = 4
        scenario["S"] = scenario.population - scenario["I"]
        made = Model(scenario, PropertySet({"nticks": ticks, "beta": 2.5 / 5.0, "seed": 1}))
        expose, infect = dists.gamma(shape=4.0, scale=1.0), dists.gamma(shape=5.0, scale=1.0)
        made.components = [
            SEIR.Susceptible(made),
            SEIR.Recovered(made),
            SEIR.Infectious(made, infect),
            SEIR.Exposed(made, expose, infect),
            SEIR.Transmission(made, expose),
        ]
        return made

    model(2500, 3).run()
    started = time.perf_counter()
    made = model(agents, days)
    synthesis_s = time.perf_counter() - started
    started = time.perf_counter()
    made.run()
    run_s = time.perf_counter() - started
    share = 1 - float(np.asarray(made.nodes.S)[-1].sum()) / agents
    version = importlib.metadata.version("laser-generic")
    row = figures("laser-generic", version, agents, days, synthesis_s=synthesis_s, run_s=run_s, share=share)
    susceptible = np.asarray(made.nodes.S).sum(axis=1)
    return row | {"peak_day": int(np.diff(susceptible.astype(float)).argmin())}


def figures(
    name: str, version: str, agents: int, days: int, *, synthesis_s: float, run_s: float, share: float
) -> dict:
    """Return one row."""
    import resource

    return {
        "name": name,
        "version": version,
        "agents": agents,
        "days": days,
        "agent_days_per_second": agents * days / run_s,
        "synthesis_s": round(synthesis_s, 2),
        "run_s": round(run_s, 2),
        "share_infected": round(share, 3),
        "peak_rss_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }


if __name__ == "__main__":
    peer, n_agents, n_days = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    runs = {"covasim": covasim, "covasim_seir": covasim_seir, "laser": laser}
    print(json.dumps(runs[peer](n_agents, n_days)))
