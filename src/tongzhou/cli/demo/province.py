"""Build the demonstration province on an empty home, with progress; building it again does nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl

from tongzhou.cli.demo.cast import SETUP, raise_cast, staff_area
from tongzhou.cli.demo.epidemic import N_DAYS, Epidemic
from tongzhou.cli.demo.journeys import state_journeys
from tongzhou.cli.demo.outbreak import Story, live_through
from tongzhou.cli.demo.planning import plan_ahead
from tongzhou.cli.demo.register import COMMUNITY_DIGITS, count_residents, make_city, make_grids, registers_of
from tongzhou.epi.simulate import registers
from tongzhou.server.access.models import Account
from tongzhou.server.access.queries import actor_of
from tongzhou.server.areas.actions import load_areas
from tongzhou.server.areas.models import Area
from tongzhou.server.cases.models import Case
from tongzhou.server.exchange.actions import run_import
from tongzhou.server.kernel import clock
from tongzhou.server.labs.actions import open_laboratory
from tongzhou.server.people.bulk import register_many
from tongzhou.server.people.models import Person
from tongzhou.server.planning.actions import CapacityEntry, record_capacities

Tell = Callable[[str, int], None]
CITY = "4403"
N_PERSONS, SEED = 200_000, 20
FIGURES = Path(__file__).with_name("figures-2020-02-01.csv")


def is_built() -> bool:
    """Tell whether the demonstration is there already."""
    return Account.objects.filter(username="province").exists() and Case.objects.everything("demo").exists()


def build_province(tell: Tell, n_persons: int = N_PERSONS, seed: int = SEED) -> dict[str, int]:
    """Build everything; return what was built. Each part may run again after a crash."""
    now = clock.now()
    tell("areas", 0)
    grids = _grids()
    tell("population", 0)
    city = make_city(grids, n_persons, seed)
    today = clock.today()
    load_areas(count_residents(city, today))
    counts = register_many(SETUP, CITY, registers_of(city, today, seed), tell)
    tell("figures of 1 February 2020", 0)
    run_import(SETUP, "city-daily", [FIGURES])
    tell("cast", 0)
    epidemic = Epidemic(city, now, seed)
    with clock.fixed(now - timedelta(days=N_DAYS + 2)):  # they hold their posts since before the outbreak
        accounts = _raise_everybody(epidemic)
        _count_what_stands_ready(epidemic, accounts["city"])
    counts["cases"] = _break_out(epidemic, accounts, tell)
    tell("studies of the days to come", 0)
    counts["journeys"] = state_journeys(CITY, epidemic.seed)
    counts["studies"] = plan_ahead(actor_of(accounts["city"]), CITY)
    return {**counts, **epidemic.counts}


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


def _raise_everybody(epidemic: Epidemic) -> dict[str, Account]:
    """Appoint the cast around the home of one traveller: their grid, community and county."""
    first = epidemic.resident()
    grid = str(epidemic.city.population.area_of(np.array([first]))[0])
    resident = Person.objects.everything("demo").get(id=first + 1)
    areas = {
        "province": "44",
        "city": CITY,
        "county": grid[:6],
        "community": grid[:COMMUNITY_DIGITS],
        "grid": grid,
    }
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


def _count_what_stands_ready(epidemic: Epidemic, officer: Account) -> None:
    """Let the officer enter the rooms of the city's quarantine sites, its isolation beds and tests a day."""
    places = registers.places(epidemic.city.population)
    rooms = int(places.filter(pl.col("kind") == "quarantine_site")["persons"].sum())
    ready = {"quarantine_rooms": rooms, "beds": rooms // 4, "tests_per_day": rooms * 2}
    entries = [
        CapacityEntry(CITY, kind, amount, clock.today(), "示范城市登记") for kind, amount in ready.items()
    ]
    record_capacities(actor_of(officer), CITY, entries)


def _break_out(epidemic: Epidemic, accounts: dict[str, Account], tell: Tell) -> int:
    story = Story(
        accounts=accounts,
        laboratory=open_laboratory(
            SETUP, CITY, "SZ-CDC-01", "深圳市疾控中心实验室", "Shenzhen CDC laboratory"
        ),
        now=epidemic.now,
        rng=np.random.default_rng(epidemic.seed),
        epidemic=epidemic,
        tell=tell,
    )
    return live_through(story)
