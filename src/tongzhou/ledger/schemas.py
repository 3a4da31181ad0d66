"""The tables of the ledger: their columns, ranges, day and orderings. Owns meaning; stores nothing.

Every table begins with ``row_id`` and ends with ``recorded_s``: the ledger gives both, the caller the rest.
"""

from __future__ import annotations

from collections.abc import Iterable

from tongzhou.core.errors import InputError
from tongzhou.core.exposures import Conveyance
from tongzhou.core.tables import Column, ColumnType, TableSchema

EARLIEST_S = -2_208_988_800
"""1900-01-01T00:00:00Z; an instant before it is a mistake of unit or year."""
LATEST_S = 4_102_444_800
"""2100-01-01T00:00:00Z."""

GIVEN_BY_LEDGER = ("row_id", "recorded_s")
ORDERING = "ordered_by"
DAY = "on_day"


def _number(name: str, meaning: str, *, is_required: bool = True, minimum: float = 1) -> Column:
    return Column(name, ColumnType.INT64, meaning, is_required, minimum=minimum)


def _instant(name: str, meaning: str, *, is_required: bool = True) -> Column:
    return Column(name, ColumnType.INSTANT, meaning, is_required, EARLIEST_S, LATEST_S)


def _text(name: str, meaning: str, *, is_required: bool = True, allowed: Iterable[str] = ()) -> Column:
    return Column(name, ColumnType.TEXT, meaning, is_required, allowed=tuple(allowed))


def _word(name: str, meaning: str, *, is_required: bool = True, allowed: Iterable[str] = ()) -> Column:
    return Column(name, ColumnType.WORD, meaning, is_required, allowed=tuple(allowed))


def _amount(
    name: str, meaning: str, *, is_required: bool = True, low: float = 0, high: float | None = None
) -> Column:
    return Column(name, ColumnType.FLOAT64, meaning, is_required, low, high)


def _small(name: str, meaning: str, low: int = 0, high: int = 32_767, *, is_required: bool = False) -> Column:
    return Column(name, ColumnType.INT16, meaning, is_required, low, high)


PERSON = _number("person", "ledger number of the person")
PLACE = _number("place", "ledger number of the place")
SOURCE = _word("source", "where the fact comes from (feed, form, interview)")
FROM = _instant("from_s", "first second")
UNTIL = _instant("until_s", "end, exclusive")


def _table(
    name: str, meaning: str, columns: tuple[Column, ...], day_of: str, orderings: tuple[tuple[str, ...], ...]
) -> TableSchema:
    names = {column.name for column in columns}
    return TableSchema(
        name=name,
        meaning=meaning,
        columns=(
            _number("row_id", "number of the row, unique in the ledger"),
            *columns,
            SOURCE,
            _instant("recorded_s", "when the ledger learned it"),
        ),
        day_of=day_of,
        person_column="person" if "person" in names else None,
        orderings=orderings,
        ordered_pairs=(("from_s", "until_s"),) if {"from_s", "until_s"} <= names else (),
    )


STAYS = _table(
    "stays",
    "a person was in a place",
    (PERSON, PLACE, FROM, UNTIL),
    "from_s",
    (("place", "from_s"), ("person", "from_s")),
)
TRIPS = _table(
    "trips",
    "a person travelled on a vehicle",
    (
        PERSON,
        _word("conveyance", "kind of vehicle", allowed=Conveyance),
        _text("vehicle", "flight, train or plate number"),
        Column("trip_day", ColumnType.DAY, "local day the vehicle set out"),
        _text("carriage", "carriage number", is_required=False),
        _small("row", "seat row", 1),
        _text("seat", "seat letter or number in its row", is_required=False),
        _text("compartment", "compartment or cabin", is_required=False),
        _small("bay", "bay of an open carriage", 1),
        _word("seat_class", "class of seat", is_required=False),
        _small("is_crew", "1 for crew, 0 for passengers", 0, 1, is_required=True),
        FROM,
        UNTIL,
    ),
    "from_s",
    (("vehicle", "from_s"), ("person", "from_s")),
)
SCREENINGS = _table(
    "screenings",
    "a person passed a checkpoint",
    (
        PERSON,
        PLACE,
        _instant("at_s", "moment of the screening"),
        _amount("temperature", "body temperature, degrees Celsius", is_required=False, low=30, high=45),
        _word("outcome", "what came of it", allowed=("passed", "referred", "refused")),
        _text("vehicle", "vehicle of arrival", is_required=False),
    ),
    "at_s",
    (("person", "at_s"),),
)
SAMPLES = _table(
    "samples",
    "a sample was taken",
    (
        PERSON,
        _text("sample", "number on the tube"),
        _text("pool", "number of the pool", is_required=False),
        _number("place", "where it was taken", is_required=False),
        _instant("taken_s", "moment of sampling"),
        _word("kind", "kind of specimen"),
    ),
    "taken_s",
    (("person", "taken_s"),),
)
RESULTS = _table(
    "results",
    "a laboratory gave a result",
    (
        _number("person", "ledger number of the person; empty until linked", is_required=False),
        _text("link_key", "blind index of the document of an unlinked result", is_required=False),
        _text("sample", "number on the tube or pool"),
        _word("laboratory", "laboratory code"),
        _word("method", "method of the test"),
        _word("outcome", "result", allowed=("positive", "negative", "inconclusive", "invalid")),
        _amount("ct", "cycle threshold", is_required=False, high=60),
        _instant("taken_s", "moment of sampling", is_required=False),
        _instant("tested_s", "moment of the result"),
    ),
    "tested_s",
    (("person", "tested_s"),),
)
DECLARATIONS = _table(
    "declarations",
    "a person declared health or travel",
    (
        PERSON,
        _text("area", "area code of the declaration"),
        _word("kind", "kind of declaration"),
        _instant("at_s", "moment of the declaration"),
        _text("from_area", "area code they came from", is_required=False),
        _text("symptoms", "declared symptoms, comma separated", is_required=False),
        _amount("temperature", "body temperature, degrees Celsius", is_required=False, low=30, high=45),
    ),
    "at_s",
    (("person", "at_s"),),
)
_ON_DAY = Column("day", ColumnType.DAY, "local day")
PRODUCTION = _table(
    "production",
    "an enterprise reported production and stock",
    (
        _number("enterprise", "number of the enterprise"),
        _word("item", "item code"),
        _ON_DAY,
        _amount("quantity", "produced on the day, in `unit`"),
        _amount("stock", "in stock at the end of the day, in `unit`", is_required=False),
        _word("unit", "unit of measure"),
    ),
    "day",
    (("item", "enterprise"),),
)
PRICES = _table(
    "prices",
    "a price was observed",
    (
        _text("area", "area code"),
        _word("item", "item code"),
        _ON_DAY,
        _amount("price", "yuan per `unit`"),
        _word("unit", "unit of measure"),
        _text("market", "market or shop", is_required=False),
    ),
    "day",
    (("item", "area"),),
)
SIGNALS = _table(
    "signals",
    "a count of a watched stream",
    (
        _text("area", "area code"),
        _word("stream", "name of the stream"),
        _ON_DAY,
        _amount("value", "count or rate of the day"),
    ),
    "day",
    (("stream", "area"),),
)
WITHDRAWALS = _table(
    "withdrawals",
    "a row is no longer held to be true",
    (
        _word("of_table", "table of the row"),
        _number("of_row", "row that is withdrawn"),
        _text("reason", "why; without personal words"),
        _number("replaced_by", "row that stands instead", is_required=False),
        _instant("withdrawn_s", "moment of the withdrawal"),
    ),
    "withdrawn_s",
    (("of_table", "of_row"),),
)

TABLES = {
    schema.name: schema
    for schema in (
        STAYS, TRIPS, SCREENINGS, SAMPLES, RESULTS, DECLARATIONS, PRODUCTION, PRICES, SIGNALS, WITHDRAWALS
    )
}  # fmt: skip


def schema_of(table: str) -> TableSchema:
    """Return the schema of a table by its name.

    Raises
    ------
    InputError — ``ledger.unknown_table``

    Examples
    --------
    >>> schema_of("stays").names
    ('row_id', 'person', 'place', 'from_s', 'until_s', 'source', 'recorded_s')
    """
    if table not in TABLES:
        raise InputError(
            "ledger.unknown_table",
            f"There is no ledger table {table!r}.",
            f"Use one of: {', '.join(TABLES)}.",
        )
    return TABLES[table]


def given_columns(schema: TableSchema) -> tuple[Column, ...]:
    """Return the columns a caller gives when appending."""
    return tuple(column for column in schema.columns if column.name not in GIVEN_BY_LEDGER)


def counted_columns(schema: TableSchema) -> tuple[str, ...]:
    """Return the columns whose range in each file is kept in the log: numbers that name no person."""
    kinds = {ColumnType.INT64, ColumnType.INSTANT}
    personal = {schema.person_column, "of_row", "replaced_by"}
    return tuple(c.name for c in schema.columns if c.type in kinds and c.name not in personal)
