"""One step of the measurement, in its own process: records of a large outbreak, written in bulk."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.pages.course import even_course, simulated_course
from bench.pages.home import open_home
from bench.pages.outbreak import write_outbreak
from bench.pages.records import write_records

N_GRIDS, HOUSEHOLD = 400, 3
CITY = "4403"


def build(home: Path, sizes: tuple[int, int, int], *, is_simulated: bool) -> dict[str, Any]:
    """Write as many persons, contacts and cases, and what follows from them; return the seconds.

    The persons live three in a home and fall ill evenly, or live and fall ill as in a simulated city.
    """
    open_home(home)
    began = time.perf_counter()
    if is_simulated:
        homes, course = simulated_course(*sizes)
    else:
        homes, course = [number // HOUSEHOLD + 1 for number in range(sizes[0])], even_course(*sizes)
    grids = _grids()
    _people(grids, homes)
    grid = grids[homes[course.contacts[0][1] - 1] % len(grids)]
    _accounts(grid)
    write_outbreak(grids, homes, course)
    write_records(home, grid, len(course.persons))
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE"
        )  # as autovacuum would
    return {"seconds": time.perf_counter() - began}


def _grids() -> list[str]:
    from tongzhou.server.areas.actions import load_areas
    from tongzhou.server.areas.models import Area

    counties = list(Area.objects.filter(level="county", code__startswith=CITY).values_list("code", flat=True))
    rows: list[dict[str, Any]] = []
    for number in range(N_GRIDS):
        county = counties[number % len(counties)]
        street, community = (
            f"{county}90{number % 4 + 1}",
            f"{county}90{number % 4 + 1}{number // 8 % 10 + 1:03d}",
        )
        rows += [
            {"code": street, "level": "street", "name_zh": f"街道{street[-3:]}"},
            {"code": community, "level": "community", "name_zh": f"社区{community[-3:]}"},
            {"code": f"{community}{number + 1:03d}", "level": "grid", "name_zh": f"网格{number + 1}"},
        ]
    load_areas(list({row["code"]: row for row in rows}.values()))
    return sorted(row["code"] for row in rows if row["level"] == "grid")


def _people(grids: list[str], homes: list[int]) -> None:
    from tongzhou.core.access import system_actor
    from tongzhou.server.people.bulk import Registers, register_many

    registers = Registers(
        places=_places(grids, sorted(set(homes))),
        households=_households(grids, sorted(set(homes))),
        persons=_persons(grids, homes),
    )
    register_many(system_actor("setup"), CITY, registers)


def _places(grids: list[str], homes: list[int]) -> Iterator[tuple[Any, ...]]:
    from tongzhou.server.people.bulk import recorded_now

    now = recorded_now()
    for home in homes:
        yield (
            home, now, grids[home % len(grids)], "", "household", f"住宅{home}", f"Home {home}", 114.0, 22.6, "WGS-84",
            HOUSEHOLD,
        )  # fmt: skip


def _households(grids: list[str], homes: list[int]) -> Iterator[tuple[Any, ...]]:
    from tongzhou.server.people.bulk import recorded_now

    now = recorded_now()
    for home in homes:
        yield (home, now, grids[home % len(grids)], home)


def _persons(grids: list[str], homes: list[int]) -> Iterator[tuple[Any, ...]]:
    from tongzhou.server.people.bulk import indexes_of, recorded_now, sealed

    now = recorded_now()
    for number, home in enumerate(homes, 1):
        name, document, phone = f"人{number % 5000}", f"M{number:09d}", f"100{number:08d}"
        by_name, by_document, by_phone = indexes_of(name, document, phone)
        yield (
            number, now, grids[home % len(grids)], home, sealed(name, "name"), by_name, sealed(document, "document"),
            by_document, sealed(phone, "phone"), by_phone, "", "female" if number % 2 else "male",
            1930 + number % 90, "",
        )  # fmt: skip


def _accounts(grid: str) -> None:
    """Make one account for each part that opens pages, named as in tests/cast.py."""
    from tongzhou.core.access import Purpose, system_actor
    from tongzhou.server.access.actions import appoint, create_account, grant_role, open_post

    setup = system_actor("setup")
    roles = {
        "province_officer": ("duty_officer", "44"), "city_officer": ("duty_officer", CITY),
        "county_officer": ("area_officer", grid[:6]), "investigator": ("investigator", CITY),
        "grid_worker": ("grid_worker", grid), "lab_clerk": ("lab_clerk", CITY),
    }  # fmt: skip
    others = {
        "analyst": ("44", Purpose.ANALYSIS), "auditor": ("44", Purpose.AUDIT),
        "resident": (grid, Purpose.OWN_RECORD),
    }  # fmt: skip
    for name, (role, area) in roles.items():
        account = create_account(setup, name, "a-long-enough-password", display_name=name)
        grant_role(setup, account, role, area)
        appoint(setup, account, open_post(setup, area, role))
    for name, (area, purpose) in others.items():
        account = create_account(setup, name, "a-long-enough-password", display_name=name)
        account.person_number = 1 if name == "resident" else None
        account.save()
        grant_role(setup, account, name, area, purpose)


if __name__ == "__main__":
    counts = tuple(map(int, sys.argv[2:5]))
    print(json.dumps(build(Path(sys.argv[1]), counts, is_simulated=sys.argv[5] == "True")))
