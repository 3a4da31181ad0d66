"""Register many persons in one transaction: people of a published list, known by its numbers and by no document."""

from __future__ import annotations

from collections.abc import Sequence

from tongzhou.core.access import Actor
from tongzhou.server.access.actions import acting
from tongzhou.server.access.rules import Permission
from tongzhou.server.people.actions import PersonEntry, build_person
from tongzhou.server.people.models import Person, Place

CHUNK = 1000
PlaceKey = tuple[str, str, str]
"""Area code, name, setting."""


def register_people(
    actor: Actor, area_code: str, entries: Sequence[PersonEntry], permission: Permission
) -> list[Person]:
    """Register persons, in order. The caller sees to it that nobody is registered twice.

    Needs: `permission` in the area that holds them all. Writes: Person. Records: person.register_many.
    """
    with acting(actor, permission, area_code, "person.register_many") as record:
        people = [build_person(entry) for entry in entries]
        Person.objects.bulk_create(people, batch_size=CHUNK)
        record.detail = {"n": len(people)}
    return people


def register_places(
    actor: Actor,
    area_code: str,
    wanted: dict[PlaceKey, tuple[float | None, float | None]],
    permission: Permission,
) -> dict[PlaceKey, int]:
    """Return the number of each place, registering those that are new.

    Needs: `permission` in the area that holds them all. Writes: Place. Records: place.register_many.
    Idempotent by area, name and setting.

    Parameters
    ----------
    wanted : place -> longitude and latitude in degrees, WGS-84, or ``None``
    """
    known = _known_places({area for area, _, _ in wanted})
    fresh = [
        Place(area_code=area, name_zh=name, setting=setting, longitude=at[0], latitude=at[1])
        for (area, name, setting), at in wanted.items()
        if (area, name, setting) not in known
    ]
    if fresh:
        with acting(actor, permission, area_code, "place.register_many") as record:
            Place.objects.bulk_create(fresh, batch_size=CHUNK)
            record.detail = {"n": len(fresh)}
    known.update({(place.area_code, place.name_zh, place.setting): place.id for place in fresh})
    return {key: known[key] for key in wanted}


def _known_places(areas: set[str]) -> dict[PlaceKey, int]:
    listed, known = sorted(areas), {}
    for start in range(0, len(listed), 500):
        places = Place.objects.everything("is it registered already").filter(
            area_code__in=listed[start : start + 500]
        )
        rows = places.order_by("-id").values_list("area_code", "name_zh", "setting", "id")
        known.update({(area, name, setting): number for area, name, setting, number in rows})
    return known
