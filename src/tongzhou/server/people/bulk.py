"""Register a whole population at once: places, units, households and persons under their own numbers.

Rows are plain tuples of database values: a million model objects would cost minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any, TypeVar

from django.core.management.color import no_style
from django.db import connection, models
from django.db.models import Avg, Count

from tongzhou.core.access import Actor
from tongzhou.core.coordinates import to_gcj02
from tongzhou.server.access.actions import acting
from tongzhou.server.access.rules import Permission
from tongzhou.server.areas.actions import centre_areas
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.records import prefix_range
from tongzhou.server.people.models import Household, Person, Place, Unit
from tongzhou.server.people.queries import DOCUMENT, NAME, PHONE
from tongzhou.server.vault.crypto import blind_index, encrypt, encrypt_many

T = TypeVar("T")
Row = tuple[Any, ...]
Tell = Callable[[str, int], None]
CHUNK = 5000

UNIT = ("code", "kind", "parent_code", "area_code", "name_zh", "name_en", "population", "population_on")
UNIT += ("longitude", "latitude")
PLACE = (
    "id",
    "recorded_at",
    "area_code",
    "unit_code",
    "setting",
    "name_zh",
    "name_en",
    "longitude",
    "latitude",
)
PLACE += ("coordinate_system", "capacity")
HOUSEHOLD = ("id", "recorded_at", "area_code", "home_id")
PERSON = (
    "id",
    "recorded_at",
    "area_code",
    "household_id",
    "name",
    "name_index",
    "document",
    "document_index",
)
PERSON += ("phone", "phone_index", "address", "sex", "birth_year", "population_group")


@dataclass(frozen=True, slots=True)
class Registers:
    """What to register: rows with the columns `UNIT`, `PLACE`, `HOUSEHOLD` and `PERSON`."""

    units: Iterable[Row] = ()
    places: Iterable[Row] = ()
    households: Iterable[Row] = ()
    persons: Iterable[Row] = ()


def register_many(
    actor: Actor, area_code: str, registers: Registers, tell: Tell = lambda what, n: None
) -> dict[str, int]:
    """Write records that carry their own numbers; one that is there already stays as it is.

    Needs: import.run in the area. Writes: Unit, Place, Household, Person, and the centres of areas that had none.
    Records: people.register_many. Idempotent by number. `tell` hears what is written and how many so far.
    """
    parts: tuple[tuple[str, type[models.Model], Sequence[str], Iterable[Row]], ...] = (
        ("units", Unit, UNIT, registers.units),
        ("places", Place, PLACE, registers.places),
        ("households", Household, HOUSEHOLD, registers.households),
        ("persons", Person, PERSON, registers.persons),
    )
    with acting(actor, Permission.IMPORT_RUN, area_code, "people.register_many") as record:
        for name, model, columns, rows in parts:
            record.detail[name] = _write(name, model, columns, rows, tell)
        _move_sequences()
        centre_areas(_mean_points(area_code))
    return dict(record.detail)


def _mean_points(area_code: str) -> Iterator[tuple[str, float, float, int]]:
    """Return the mean point of the places of each smallest area, in GCJ-02."""
    places = Place.objects.everything("centres are public facts").filter(prefix_range("area_code", area_code))
    means = places.exclude(longitude=None).order_by().values_list("area_code", "coordinate_system")
    for code, system, east, north, n in means.annotate(
        east=Avg("longitude"), north=Avg("latitude"), n=Count("area_code")
    ):
        yield code, *to_gcj02(east, north, system), n


def _write(
    name: str, model: type[models.Model], columns: Sequence[str], rows: Iterable[Row], tell: Tell
) -> int:
    quoted = ", ".join(connection.ops.quote_name(column) for column in columns)
    marks = ", ".join(["%s"] * len(columns))
    table = connection.ops.quote_name(model._meta.db_table)
    statement = f"INSERT INTO {table} ({quoted}) VALUES ({marks}) ON CONFLICT DO NOTHING"  # noqa: S608
    n_rows = 0
    with connection.cursor() as cursor:
        for chunk in _chunks(rows, CHUNK):
            cursor.executemany(statement, chunk)
            n_rows += len(chunk)
            tell(name, n_rows)
    return n_rows


def _chunks(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    walk = iter(rows)
    while chunk := list(islice(walk, size)):
        yield chunk


def recorded_now() -> Any:
    """Return the present instant as the database stores it."""
    return connection.ops.adapt_datetimefield_value(clock.now())


def stored_day(day: date) -> Any:
    """Return a day as the database stores it."""
    return connection.ops.adapt_datefield_value(day)


def sealed(text: str, column: str) -> str:
    """Return a personal value as it is stored; `column` of `Person`: ``name``, ``document``, ``phone``, ``address``."""
    return encrypt(text, f"people.person.{column}") if text else ""


def indexes_of(name: str, document: str, phone: str) -> tuple[str, str, str]:
    """Return the blind indexes of a person's name, document and phone."""
    return blind_index(name, NAME), blind_index(document, DOCUMENT), blind_index(phone, PHONE)


def protected(texts: Sequence[str], column: str) -> tuple[list[str], list[str]]:
    """Return many values of a column of `Person` as they are stored, and their blind indexes (none of an address)."""
    label = {"name": NAME, "document": DOCUMENT, "phone": PHONE}.get(column)
    indexes = {text: blind_index(text, label) for text in set(texts)} if label else {}
    return encrypt_many(texts, f"people.person.{column}"), [indexes.get(text, "") for text in texts]


def _move_sequences() -> None:
    """Let the database number the next record after those that brought their own numbers."""
    statements = connection.ops.sequence_reset_sql(no_style(), [Place, Household, Person])
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
