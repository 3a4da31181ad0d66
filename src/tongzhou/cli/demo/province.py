"""Build the demonstration province on an empty home, with progress; building it again does nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from tongzhou.cli.demo.cast import SETUP, raise_cast, staff_area
from tongzhou.cli.demo.outbreak import Story, detections, live_through
from tongzhou.cli.demo.register import City, make_city, make_grids, registers_of
from tongzhou.epi.simulate import Role
from tongzhou.epi.simulate.outbreak import OutbreakOptions, spread_on_stays
from tongzhou.server.access.models import Account
from tongzhou.server.areas.actions import load_areas
from tongzhou.server.areas.models import Area
from tongzhou.server.cases.models import Case
from tongzhou.server.exchange.actions import run_import
from tongzhou.server.kernel import clock
from tongzhou.server.labs.actions import open_laboratory
from tongzhou.server.movement.ledger_door import get_ledger
from tongzhou.server.people.bulk import register_many
from tongzhou.server.people.models import Person

Tell = Callable[[str, int], None]
CITY = "4403"
N_PERSONS, N_DAYS, N_CASES = 200_000, 12, 12
MIN_CASES, MAX_SITE = 8, 200
SEED, OUTBREAK_SEED = 20, 28
FIGURES = Path(__file__).with_name("figures-2020-02-01.csv")


def is_built() -> bool:
    """Tell whether the demonstration is there already."""
    return Account.objects.filter(username="province").exists() and Case.objects.everything("demo").exists()


def build_province(tell: Tell, n_persons: int = N_PERSONS, seed: int = SEED) -> dict[str, int]:
    """Build everything; return what was built. Each part may run again after a crash."""
    now = datetime.now(UTC)
    tell("areas", 0)
    grids = _grids()
    tell("population", 0)
    city = make_city(grids, n_persons, seed)
    today = clock.today()
    counts = register_many(SETUP, CITY, registers_of(city, today, seed), tell)
    tell("stays and trips", 0)
    counts |= _record_days(city, now, seed)
    tell("figures of 1 February 2020", 0)
    run_import(SETUP, "city-daily", [FIGURES])
    tell("cast", 0)
    with clock.fixed(now - timedelta(days=N_DAYS + 2)):  # they hold their posts since before the outbreak
        accounts = _raise_everybody(city)
    tell("outbreak", 0)
    counts["cases"] = _break_out(city, accounts, now, seed, tell)
    return counts


def _grids() -> list[str]:
    communities = list(Area.objects.filter(level="community", code__startswith=CITY))
    if not communities:
        communities = _stand_in_communities()
    rows = make_grids(communities)
    load_areas(rows)
    return [str(row["code"]) for row in rows]


def _stand_in_communities() -> list[Area]:
    """Without the package of streets and communities, put ten made-up communities under each county."""
    rows = []
    for county in Area.objects.filter(level="county", code__startswith=CITY):
        street = {"code": f"{county.code}901", "level": "street", "name_zh": f"{county.name_zh}示范街道"}
        rows.append({**street, "name_en": f"{county.name_en} model street"})
        for n in range(1, 11):
            community = {"code": f"{county.code}901{n:03d}", "level": "community"}
            rows.append({**community, "name_zh": f"示范{n}社区", "name_en": f"Model community {n}"})
    load_areas(rows)
    return list(Area.objects.filter(level="community", code__startswith=CITY))


def _record_days(city: City, now: datetime, seed: int) -> dict[str, int]:
    """Append the stays and trips of the last days to the ledger, nothing that lies ahead."""
    first = clock.today() - timedelta(days=N_DAYS)
    limit = int(now.timestamp())
    past = (batch.filter(pl.col("until_s") <= limit) for batch in city.days.stays(first, N_DAYS + 1))
    stays = get_ledger().append_stream("stays", past, batch_id=f"demo:stays:{seed}", recorded_at=now)
    past = (batch.filter(pl.col("until_s") <= limit) for batch in city.days.trips(first, N_DAYS + 1))
    trips = get_ledger().append_stream("trips", past, batch_id=f"demo:trips:{seed}", recorded_at=now)
    return {"stays": stays.n_accepted, "trips": trips.n_accepted}


def _raise_everybody(city: City) -> dict[str, Account]:
    first = index_persons(city)[0]
    grid = str(city.population.area_of(np.array([first]))[0])
    resident = Person.objects.everything("demo").get(id=first + 1)
    areas = {"province": "44", "city": CITY, "county": grid[:6], "community": grid[:12], "grid": grid}
    accounts = raise_cast(areas, resident.id)
    field, officer = accounts["city_field"], accounts["city"]
    staff_area(
        CITY,
        {
            "grid_worker": field,
            "community_doctor": field,
            "community_team": field,
            "medical_worker": accounts["keeper"],
            "area_officer": officer,
            "commander": officer,
        },
    )
    return accounts


def _break_out(city: City, accounts: dict[str, Account], now: datetime, seed: int, tell: Tell) -> int:
    story = Story(
        accounts=accounts,
        laboratory=open_laboratory(
            SETUP, CITY, "SZ-CDC-01", "深圳市疾控中心实验室", "Shenzhen CDC laboratory"
        ),
        now=now,
        rng=np.random.default_rng(seed),
        tell=tell,
    )
    return live_through(story, _fitting_outbreak(city, story), N_CASES)


def _fitting_outbreak(city: City, story: Story) -> pl.DataFrame:
    """Return the first of some outbreaks that fits a demonstration: still running, in circles one can read."""
    first = clock.today() - timedelta(days=N_DAYS)
    options = OutbreakOptions(disease="sars-cov-2/delta", index_persons=index_persons(city), r0=8.0)
    infections = pl.DataFrame()
    for seed in range(OUTBREAK_SEED, OUTBREAK_SEED + 40):
        infections = spread_on_stays(city.days, first, N_DAYS, options, seed=seed)
        found = detections(infections, story, N_CASES)
        if len(found) < MIN_CASES:
            continue
        persons = np.asarray([person - 1 for person, _, _ in found])
        is_running = found[-2][1] > story.now - timedelta(hours=60)
        if is_running and _largest_site(city, persons) <= MAX_SITE:
            break
    return infections


def _largest_site(city: City, persons: np.ndarray) -> int:
    """Return how many people belong to the largest school or workplace of some persons."""
    sites = city.population.site_of(persons)
    return int(_site_sizes(city)[sites[sites >= 0]].max(initial=0))


def _site_sizes(city: City) -> np.ndarray:
    population = city.population
    sites = population.site_of(np.arange(population.n_persons))
    return np.bincount(sites[sites >= 0], minlength=population.n_sites)


def index_persons(city: City, n: int = 2) -> tuple[int, ...]:
    """Return workers of small firms, so that the first circles of contacts can be read on a screen."""
    population = city.population
    persons = np.flatnonzero(
        (population.role == Role.WORKER) & (population.age >= 25) & (population.age < 55)
    )
    sites = population.site_of(persons)
    size = _site_sizes(city)
    small = persons[(sites >= 0) & (size[sites] >= 15) & (size[sites] <= 40)]
    return tuple(int(person) for person in small[:: max(1, len(small) // n)][:n])
