"""One step of the measurement, in its own process: records of a large outbreak, written in bulk."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.pages.home import open_home

N_GRIDS, HOUSEHOLD = 400, 3
CITY = "4403"


def build(home: Path, n_persons: int, n_contacts: int, n_cases: int) -> dict[str, Any]:
    """Write persons, cases, contacts, exposures, orders, duties, zones and links; return the seconds."""
    open_home(home)
    began = time.perf_counter()
    grids = _grids()
    _people(grids, n_persons)
    _accounts(grids)
    from bench.pages.outbreak import write_outbreak

    write_outbreak(grids, n_persons, n_contacts, n_cases)
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


def _people(grids: list[str], n_persons: int) -> None:
    from tongzhou.core.access import system_actor
    from tongzhou.server.people.bulk import Registers, register_many

    registers = Registers(
        places=_places(grids, n_persons),
        households=_households(grids, n_persons),
        persons=_persons(grids, n_persons),
    )
    register_many(system_actor("setup"), CITY, registers)


def _places(grids: list[str], n_persons: int) -> Iterator[tuple[Any, ...]]:
    from tongzhou.server.people.bulk import recorded_now

    now = recorded_now()
    for home in range(1, n_persons // HOUSEHOLD + 2):
        grid = grids[home % len(grids)]
        yield (
            home,
            now,
            grid,
            "",
            "household",
            f"住宅{home}",
            f"Home {home}",
            114.0,
            22.6,
            "WGS-84",
            HOUSEHOLD,
        )


def _households(grids: list[str], n_persons: int) -> Iterator[tuple[Any, ...]]:
    from tongzhou.server.people.bulk import recorded_now

    now = recorded_now()
    for home in range(1, n_persons // HOUSEHOLD + 2):
        yield (home, now, grids[home % len(grids)], home)


def _persons(grids: list[str], n_persons: int) -> Iterator[tuple[Any, ...]]:
    from tongzhou.server.people.bulk import indexes_of, recorded_now, sealed

    now = recorded_now()
    for number in range(1, n_persons + 1):
        home = (number - 1) // HOUSEHOLD + 1
        name, document, phone = f"人{number % 5000}", f"M{number:09d}", f"100{number:08d}"
        by_name, by_document, by_phone = indexes_of(name, document, phone)
        yield (
            number, now, grids[home % len(grids)], home, sealed(name, "name"), by_name, sealed(document, "document"),
            by_document, sealed(phone, "phone"), by_phone, "", "female" if number % 2 else "male",
            1930 + number % 90, "",
        )  # fmt: skip


def _accounts(grids: list[str]) -> None:
    """Make one account for each part that opens pages."""
    from tongzhou.core.access import Purpose, system_actor
    from tongzhou.server.access.actions import appoint, create_account, grant_role, open_post

    setup = system_actor("setup")
    roles = {
        "province": ("duty_officer", "44"), "investigator": ("investigator", CITY), "grid": ("grid_worker", grids[0]),
        "lab": ("lab_clerk", CITY), "analyst": ("analyst", "44"),
    }  # fmt: skip
    for name, (role, area) in roles.items():
        account = create_account(setup, name, "a-long-enough-password", display_name=name)
        grant_role(setup, account, role, area)
        if role != "analyst":
            appoint(setup, account, open_post(setup, area, role))
    resident = create_account(setup, "resident", "a-long-enough-password")
    resident.person_number = 1
    resident.save()
    grant_role(setup, resident, "resident", grids[0], Purpose.OWN_RECORD)


if __name__ == "__main__":
    print(json.dumps(build(Path(sys.argv[1]), *map(int, sys.argv[2:5]))))
