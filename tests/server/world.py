"""A few people with places and stays, for tests of the spine.

Wang (case) lives with Zhao; works beside Qian for eight hours; Sun passed the shop for five minutes; Li was
in the office on another day; Zhou flew with Wang in the next row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import polars as pl

from tests.cast import FAR_GRID, GRID, NEXT_GRID
from tongzhou.core.exposures import Setting
from tongzhou.server.labs.models import Laboratory
from tongzhou.server.movement.ledger_door import get_ledger
from tongzhou.server.people.actions import PersonEntry, build_person
from tongzhou.server.people.models import Household, Person, Place, Unit

DOCUMENTS = {
    "wang": "11010519491231002X",
    "zhao": "440305199001010018",
    "qian": "440305198502020025",
    "sun": "440305197703030030",
    "li": "44030520000404004X",
    "zhou": "44030519660505005X",
}


@dataclass(frozen=True)
class World:
    """People by name, places by name, the laboratory."""

    people: dict[str, Person]
    places: dict[str, Place]
    laboratory: Laboratory


def build_world(now: datetime) -> World:
    """Write people and places, and their stays and trips of the last days, to the records."""
    Unit.objects.create(
        code="440305007001-C1", kind="compound", parent_code="440305007001", area_code=GRID,
        name_zh="荔园小区", name_en="Liyuan compound", population=1200, population_on=date(2022, 6, 30),
    )  # fmt: skip
    places = {
        "home": _place(GRID, Setting.HOUSEHOLD, "荔园小区 住宅", unit="440305007001-C1"),
        "office": _place(NEXT_GRID, Setting.WORK, "科兴大厦 办公室"),
        "shop": _place(NEXT_GRID, Setting.SHOP, "便利店"),
    }
    home = Household.objects.create(area_code=GRID, home=places["home"])
    people = {}
    for name, document in DOCUMENTS.items():
        entry = PersonEntry(
            area_code=FAR_GRID if name == "qian" else GRID,
            name=name,
            document=document,
            household=home if name in ("wang", "zhao") else None,
        )
        people[name] = build_person(entry)
        people[name].save()
    _write_facts(now, people, places)
    laboratory = Laboratory.objects.create(area_code="4403", code="SZ-CDC", name_zh="深圳疾控实验室")
    return World(people, places, laboratory)


def _place(area: str, setting: Setting, name: str, unit: str = "") -> Place:
    return Place.objects.create(
        area_code=area, setting=setting.value, name_zh=name, unit_code=unit, longitude=113.95, latitude=22.54
    )


def _write_facts(now: datetime, people: dict[str, Person], places: dict[str, Place]) -> None:
    day = (now - timedelta(days=1)).replace(hour=0, minute=0)
    hour = timedelta(hours=1)
    stays = [
        ("wang", "home", day - 4 * hour, day + hour),
        ("zhao", "home", day - 4 * hour, day + 2 * hour),
        ("wang", "office", day + hour, day + 9 * hour),
        ("qian", "office", day + hour, day + 9 * hour),
        ("wang", "shop", day + 10 * hour, day + 10 * hour + timedelta(minutes=30)),
        ("sun", "shop", day + 10 * hour, day + 10 * hour + timedelta(minutes=5)),
        ("li", "office", day - 12 * 24 * hour, day - 12 * 24 * hour + 8 * hour),
    ]
    rows = [
        {
            "person": people[who].id, "place": places[where].id, "from_s": int(start.timestamp()),
            "until_s": int(end.timestamp()), "source": "registered",
        }
        for who, where, start, end in stays
    ]  # fmt: skip
    get_ledger().append("stays", pl.DataFrame(rows), batch_id=f"world:{people['wang'].id}", recorded_at=now)
    trips = pl.DataFrame([_seat(people["wang"], 12, day), _seat(people["zhou"], 13, day)])
    get_ledger().append("trips", trips, batch_id=f"trips:{people['wang'].id}", recorded_at=now)


def _seat(person: Person, row: int, day: datetime) -> dict[str, object]:
    start = day - timedelta(hours=8)
    return {
        "person": person.id, "conveyance": "aircraft", "vehicle": "ZH9101", "trip_day": start.date(),
        "carriage": None, "row": row, "seat": "A", "compartment": None, "bay": None, "seat_class": None,
        "is_crew": 0, "from_s": int(start.timestamp()),
        "until_s": int((start + timedelta(hours=3)).timestamp()), "source": "carrier",
    }  # fmt: skip


def utc(*parts: int) -> datetime:
    """Return an aware instant."""
    return datetime(*parts, tzinfo=UTC)
