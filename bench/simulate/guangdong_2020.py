"""Guangdong, January to February 2020, by simulation: fit to the series, check by city, predict what was measured.

The fit uses the province's weekly reported cases, and each city's share of early cases for where infections were
brought in; everything else about Shenzhen is a prediction. How many travelled together, and how long before they had
been infected, is read from cases of other places (`bench.simulate.arrivals`). A run is recorded in
`docs/studies/guangdong_2020.ipynb`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import polars as pl

from tongzhou.core.arrivals import Arrivals
from tongzhou.core.measures import (
    CaseIsolation,
    ContactLayer,
    ContactLimit,
    ContactTracing,
    Measures,
    Span,
    SymptomaticTesting,
)
from tongzhou.epi.simulate import Population, Run, run, synthesize
from tongzhou.epi.simulate.calibrate import Fit, Prior, fit_by_rejection
from tongzhou.epi.simulate.disease import load_disease

FIRST_DAY = date(2020, 1, 1)
FIRST_WEEK, N_WEEKS = date(2020, 1, 19), 6
N_DAYS = 66
LOCKDOWN, KNOWN = 23, 18
"""Days of January 2020: first-level response of the province; first reported case."""
GROWTH = 0.15
"""Growth a day of infections brought in until the lockdown of Wuhan (Li et al. 2020: doubling in 5 to 7 days)."""
PRIORS = {
    "imports": Prior(300, 5000, is_log=True),
    "r0": Prior(0.8, 3.5),
    "kept": Prior(0.02, 0.6),
    "delay": Prior(3.0, 12.0),
    "share": Prior(0.4, 1.0),
}
CONTACTS = (686, 600)
"""Contacts of the 391 cases within and outside the household (Bi et al. 2020): an input, not a prediction."""
N_CASES = 391
BROUGHT_IN = (0.54, 0.83)
"""Share of the cases of Shenzhen infected elsewhere: in Wuhan (Huang et al. 2020, doi 10.1101/2020.05.09.20084202), at
all (Chong et al. 2020, doi 10.1101/2020.03.15.20036541). It tells seeding from transmission; a curve alone does not."""
PARTY, DAYS_SINCE = (59 / 79, 17 / 79, 2 / 79, 1 / 79), 1.2
"""Who came from Hubei together, and days from infection to arrival: 79 parties of 1 to 4 cases in Guangdong outside
Shenzhen; incubation of 5.8 d less the 4.6 d from leaving Hubei to onset of 484 cases outside Shenzhen (public case
records of January and February 2020, `python -m bench.simulate.arrivals`)."""
TEST_SENSITIVITY, QUARANTINE_DAYS = 0.8, 14
"""On the best day (Kucirka et al. 2020); contacts were tested when they entered and before they left."""


def read_series(path: str) -> tuple[np.ndarray, dict[str, float]]:
    """Return weekly new cases of the province, and each city's share of cases up to 31 January."""
    frame = _read(path)
    total = frame.group_by("date").agg(pl.col("confirmed").sum()).sort("date")
    known = dict(total.iter_rows())
    weeks = []
    for k in range(N_WEEKS):
        last = FIRST_WEEK + timedelta(days=7 * k + 6)
        weeks.append(known[last] - (known.get(last - timedelta(days=7), 0) if k else 0))
    early = frame.filter(pl.col("date") == date(2020, 1, 31))
    shares = {str(code)[:4]: n for code, n in early.select("cityCode", "confirmed").iter_rows() if n}
    return np.asarray(weeks, float), {code: n / sum(shares.values()) for code, n in shares.items()}


def traced_shares(population: Population) -> dict[ContactLayer, float]:
    """Return the shares of contacts found that give as many a case as were published, within and outside the home."""
    adults = np.flatnonzero((population.age >= 20) & (population.age < 70))
    others = float((population.home[adults] >> 4).mean() - 1)
    team = population.team[adults]
    mates = float(np.where(team >= 0, np.diff(population.team_start)[team] - 1, 0).mean())
    inside, outside = (n / N_CASES for n in CONTACTS)
    shares = dict.fromkeys(ContactLayer, min(outside / mates, 1.0))
    return shares | {ContactLayer.HOUSEHOLD: min(inside / others, 1.0)}


def measures_of(draw: dict[str, float], traced: dict[ContactLayer, float]) -> Measures:
    """Return the measures of early 2020 for one draw."""
    kept = dict.fromkeys(
        (ContactLayer.WORK, ContactLayer.NEIGHBOURHOOD, ContactLayer.CITY, ContactLayer.TRAVEL), draw["kept"]
    )
    tracing = ContactTracing(
        traced, 1.0, QUARANTINE_DAYS, is_backward=True, test_days=(0, QUARANTINE_DAYS - 1),
        sensitivity=TEST_SENSITIVITY, span=Span(KNOWN + 2),
    )  # fmt: skip
    return Measures(
        limits=(
            ContactLimit("winter holiday", {ContactLayer.SCHOOL: 0.0}, span=Span(14)),
            ContactLimit("first-level response", kept, span=Span(LOCKDOWN)),
        ),
        testing=SymptomaticTesting(draw["share"], draw["delay"], 0.7 * draw["delay"], Span(KNOWN)),
        isolation=CaseIsolation(1.0, 0.0, days=14),
        tracing=tracing,
    )


def imports_of(draw: dict[str, float], shares: dict[str, float], seed: int) -> dict[str, list[int]]:
    """Return infections that arrive by city and day: growing until the lockdown of Wuhan, then ending."""
    days = np.arange(N_DAYS)
    weight = np.where(days <= LOCKDOWN, np.exp(GROWTH * (days - LOCKDOWN)), np.exp(-0.5 * (days - LOCKDOWN)))
    rng = np.random.default_rng([seed, 1])
    weight = draw["imports"] * weight / weight.sum()
    return {code: rng.poisson(weight * share).tolist() for code, share in shares.items()}


def simulate(population: Population, draw: dict[str, float], shares: dict[str, float], seed: int) -> Run:
    """Return one epidemic."""
    disease = replace(load_disease("sars-cov-2/wild-type"), r0=draw["r0"])
    arrivals = Arrivals(imports_of(draw, shares, seed), PARTY, DAYS_SINCE)
    return run(population, disease, measures_of(draw, traced_shares(population)), N_DAYS, seed, arrivals)


def weekly_cases(outcome: Run) -> np.ndarray:
    """Return reported cases by week from the first week."""
    cases = outcome.daily.group_by("day").agg(pl.col("cases").sum()).sort("day")["cases"].to_numpy()
    cases = np.append(cases, np.zeros(N_DAYS - len(cases)))
    begin = (FIRST_WEEK - FIRST_DAY).days
    return cases[begin : begin + 7 * N_WEEKS].reshape(N_WEEKS, 7).sum(axis=1)


def share_brought_in(outcome: Run) -> float:
    """Return the share of the cases of Shenzhen that were infected elsewhere; 0 without a case."""
    cases = outcome.line_list.filter(pl.col("report_on").is_not_null() & (pl.col("area") == 4403))
    return (cases["setting"] == "introduced").sum() / max(len(cases), 1)


def cases_by_city(outcome: Run) -> dict[str, int]:
    """Return cases reported in each city up to the end of the last week."""
    last = (FIRST_WEEK - FIRST_DAY).days + 7 * N_WEEKS
    totals = outcome.daily.filter(pl.col("day") < last).group_by("area").agg(pl.col("cases").sum())
    return {str(code): int(n) for code, n in totals.iter_rows()}


def shenzhen(outcome: Run) -> dict[str, float]:
    """Return what Bi et al. (2020) measured, for cases of Shenzhen reported from 14 January to 12 February.

    `observed_r` counts pairs as investigators could name them (`name_pairs`), `..._among_travellers` those whose second
    was infected elsewhere too; `r_of_all` counts who infected whom among reported cases, which nobody could see.
    Serial intervals leave out travellers, whose infector is not clear. A contact is isolated when put into quarantine.
    """
    lines = outcome.line_list.filter(pl.col("report_on").is_not_null())
    population = outcome.simulation.population
    lines = lines.with_columns(home=pl.Series(population.home_of(lines["person"].to_numpy())))
    cases = lines.filter((pl.col("area") == 4403) & pl.col("report_on").is_between(13, 42))
    pairs = name_pairs(lines, cases)
    travelled = pairs["setting"] == "introduced"
    ill = pairs.filter(~travelled & pl.col("is_symptomatic") & pl.col("infector_ill"))
    entered = outcome.simulation.orders.quarantined_on(cases["person"].to_numpy())
    reported = cases["report_on"].to_numpy()
    apart = np.where(
        (cases["found_by"] == "contact").to_numpy() & (entered >= 0), np.minimum(entered, reported), reported
    )
    wait = np.maximum(apart + 0.5 - cases["onset_at"].to_numpy(), 0.0)
    waits = cases.with_columns(wait=pl.Series(wait)).filter("is_symptomatic")
    by = dict(waits.group_by("found_by").agg(pl.col("wait").mean()).iter_rows())
    n_cases = max(len(cases), 1)
    return {
        "cases": float(len(cases)),
        "share_brought_in": (cases["setting"] == "introduced").sum() / n_cases,
        "share_found_by_contact": (cases["found_by"] == "contact").sum() / n_cases,
        "household_secondary_attack_rate": _household_attack(outcome, cases, lines),
        "observed_r": len(pairs) / n_cases,
        "observed_r_among_travellers": travelled.sum() / n_cases,
        "r_of_all": lines["infector"].is_in(cases["person"].implode()).sum() / n_cases,
        "serial_interval": float((ill["onset_at"] - ill["infector_onset"]).mean() or np.nan),
        "isolation_after_onset_by_symptoms": float(by.get("symptoms", np.nan)),
        "isolation_after_onset_by_contact": float(by.get("contact", np.nan)),
    }


def name_pairs(lines: pl.DataFrame, cases: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs that investigators could name: infected persons, with onset and symptoms of the `infector`.

    Within a home whoever fell ill first (or, never ill, was reported) is taken to have infected the others; elsewhere a
    case found as a contact names who infected it. Only pairs with an infector among `cases` count.
    """
    known = lines.with_columns(known_at=pl.when("is_symptomatic").then("onset_at").otherwise("report_on"))
    first = pl.col("person").sort_by("known_at").first().over("home")
    known = known.with_columns(first=first)
    at_home = known.filter(pl.col("person") != pl.col("first")).with_columns(infector="first")
    others = known.filter((pl.col("person") == pl.col("first")) & (pl.col("found_by") == "contact"))
    ends = cases.select(infector="person", infector_onset="onset_at", infector_ill="is_symptomatic")
    return pl.concat([at_home, others]).join(ends, on="infector")


def _household_attack(outcome: Run, cases: pl.DataFrame, lines: pl.DataFrame) -> float:
    """Return the share of the contacts found in the homes of first cases who are reported.

    Whoever was reported before being found is a case of its own, no contact: 6.6 % of the 1,286 contacts are 85, and 87
    cases were found as contacts, so that the published rates count no others.
    """
    population = outcome.simulation.population
    first = cases.sort("report_on", "infected_at").unique("home", keep="first")
    homes = first["home"].to_numpy()
    size = population.home[homes].astype(np.int64) >> 4
    lived = np.repeat(homes, size) + np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
    others = pl.DataFrame({"person": np.setdiff1d(lived, first["person"].to_numpy())})
    found = others.with_columns(
        entered=pl.Series(outcome.simulation.orders.quarantined_on(others["person"].to_numpy()))
    ).filter(pl.col("entered") >= 0)
    reports = lines.group_by("person").agg(pl.col("report_on").min())
    contacts = found.join(reports, on="person", how="left").filter(
        pl.col("report_on").is_null() | (pl.col("report_on") >= pl.col("entered"))
    )
    return float(contacts["report_on"].is_not_null().sum() / max(len(contacts), 1))


def read_cities(path: str) -> dict[str, int]:
    """Return the cases reported in each city up to the end of the last week."""
    last = FIRST_WEEK + timedelta(days=7 * N_WEEKS - 1)
    frame = _read(path).filter(pl.col("date") <= last).group_by("cityCode").agg(pl.col("confirmed").max())
    return {str(code)[:4]: int(n) for code, n in frame.iter_rows()}


def _read(path: str) -> pl.DataFrame:
    text = {"cityCode": pl.String, "provinceCode": pl.String}
    frame = pl.read_csv(path, schema_overrides=text).with_columns(pl.col("date").str.to_date())
    return frame.filter(pl.col("city").is_not_null() & pl.col("cityCode").str.contains(r"^44\d\d00$"))


@dataclass(frozen=True)
class Calibration:
    """A fit, and what it says of cities and of Shenzhen.

    weeks : observed cases; cities : observed and 5, 50, 95 % fitted by city; predictions : 5, 50, 95 % by figure
    """

    fit: Fit
    weeks: np.ndarray
    cities: pl.DataFrame
    predictions: dict[str, list[float]]

    def weekly_quantiles(self) -> np.ndarray:
        """Return 5, 50 and 95 % of the kept runs by week, shape (3, weeks)."""
        return np.asarray(np.quantile(self.fit.summaries[:, :N_WEEKS] ** 2, [0.05, 0.5, 0.95], axis=0))


def calibrate(path: str, n_runs: int, n_kept: int, scale: int) -> Calibration:
    """Fit, check and predict; `scale` is the number of residents that one simulated person stands for."""
    weeks, shares = read_series(path)
    population = synthesize(["44"], 126_012_510 // scale, seed=1)
    by_city: dict[int, dict[str, int]] = {}

    def summaries(draw: dict[str, float], number: int) -> np.ndarray:
        outcome = simulate(population, draw, shares, number)
        by_city[number] = cases_by_city(outcome)
        share = share_brought_in(outcome)
        return np.append(np.sqrt(weekly_cases(outcome)), share - np.clip(share, *BROUGHT_IN))

    known = np.append(np.sqrt(weeks), 0.0)
    fit = fit_by_rejection(summaries, PRIORS, known, n_runs=n_runs, n_kept=n_kept, seed=1)
    figures = []
    for row in fit.draws.iter_rows(named=True):
        draw = {name: row[name] for name in PRIORS}
        figures.append(shenzhen(simulate(population, draw, shares, 50_000 + row["run"])))
    observed = read_cities(path)
    kept = [by_city[run] for run in fit.raw["run"].to_list()]
    rows = [
        (c, n, *np.quantile([k.get(c, 0) for k in kept], [0.05, 0.5, 0.95]))
        for c, n in sorted(observed.items())
    ]
    cities = pl.DataFrame(rows, ["city", "observed", "low", "median", "high"], orient="row")
    return Calibration(fit, weeks, cities, quantiles_of(figures))


def quantiles_of(rows: list[dict[str, float]]) -> dict[str, list[float]]:
    """Return the 5 %, 50 % and 95 % quantiles of each figure."""
    return {
        key: [round(float(q), 3) for q in np.nanquantile([r[key] for r in rows], [0.05, 0.5, 0.95])]
        for key in rows[0]
    }
