"""Shared trips: who was on the same vehicle at the same time, and how they sat by the seat rules.

A rule's scope decides from what is known. A seat that is not known leaves the relation ``unknown``, which the
policy grades by its own choice; nobody on the vehicle is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import polars as pl

from tongzhou.core.exposures import InfectiousWindow, SeatRule, SeatScope, Setting
from tongzhou.epi.contact.merging import merge
from tongzhou.epi.contact.places import clip_to_windows
from tongzhou.epi.contact.table import SEAT_FIELDS
from tongzhou.ledger import Ledger

_TRIP = ("row_id", "person", "conveyance", "vehicle", "trip_day", *SEAT_FIELDS, "from_s", "until_s")
_PAIR = ["case_person", "other_person", "where"]
_VEHICLE = ["conveyance", "vehicle", "trip_day"]


class SeatRelation(StrEnum):
    """How two people sat, in order of caution."""

    INSIDE = "inside"
    UNKNOWN = "unknown"
    OUTSIDE = "outside"
    NO_RULE = "no_rule"


def find_on_trips(
    ledger: Ledger, windows: Sequence[InfectiousWindow], rules: Sequence[SeatRule]
) -> pl.DataFrame | None:
    """Return merged exposures on trips, or ``None`` when no case travelled."""
    persons = sorted({window.person for window in windows})
    first, last = min(w.from_s for w in windows), max(w.until_s for w in windows)
    trips = ledger.select("trips", persons=persons, from_s=first, until_s=last, columns=_TRIP)
    trips = clip_to_windows(trips, windows)
    if not trips.height:
        return None
    others = ledger.select(
        "trips",
        vehicles=trips["vehicle"].unique().to_list(),
        from_s=trips["from_s"].min(),  # type: ignore[arg-type]
        until_s=trips["until_s"].max(),  # type: ignore[arg-type]
        columns=_TRIP,
    )
    shared = _share(trips, others)
    return _merge_trips(relate_seats(shared, rules)) if shared.height else None


def _share(trips: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    shared = trips.join(others, on=_VEHICLE, suffix="_other").filter(
        pl.col("person") != pl.col("person_other")
    )
    return shared.with_columns(
        from_s=pl.max_horizontal("from_s", "from_s_other"),
        until_s=pl.min_horizontal("until_s", "until_s_other"),
    ).filter(pl.col("until_s") > pl.col("from_s"))


def relate_seats(shared: pl.DataFrame, rules: Sequence[SeatRule]) -> pl.DataFrame:
    """Add ``seat_rule`` and ``seat_relation`` to pairs of trips; the other's columns end in ``_other``.

    The rule is the one for the case's class of seat, else the one for every class of the conveyance.
    """
    rule_id, relation = pl.lit(None, pl.String), pl.lit(SeatRelation.NO_RULE.value)
    exact_last = sorted(rules, key=lambda rule: bool(rule.seat_class))
    for rule in exact_last:
        fits = pl.col("conveyance") == rule.conveyance.value
        if rule.seat_class:
            fits &= pl.col("seat_class").fill_null("") == rule.seat_class
        rule_id = pl.when(fits).then(pl.lit(rule.rule_id)).otherwise(rule_id)
        relation = pl.when(fits).then(seat_relation(rule)).otherwise(relation)
    return shared.with_columns(seat_rule=rule_id, seat_relation=relation)


def seat_relation(rule: SeatRule) -> pl.Expr:
    """Return the relation of a pair of trips under a rule, as an expression over their columns.

    Crew whom the rule includes is inside, unless it is known to serve another carriage; a different
    carriage is outside; what is not known is unknown.
    """
    if rule.scope is SeatScope.VEHICLE:
        return pl.lit(SeatRelation.INSIDE.value)
    other_carriage = _known("carriage") & (pl.col("carriage") != pl.col("carriage_other"))
    serves = (pl.col("is_crew_other") == 1) & pl.lit(rule.includes_crew)
    is_known, is_inside = _within(rule)
    return (
        pl.when(other_carriage)
        .then(pl.lit(SeatRelation.OUTSIDE.value))
        .when(serves)
        .then(pl.lit(SeatRelation.INSIDE.value))
        .when(~is_known)
        .then(pl.lit(SeatRelation.UNKNOWN.value))
        .when(is_inside)
        .then(pl.lit(SeatRelation.INSIDE.value))
        .otherwise(pl.lit(SeatRelation.OUTSIDE.value))
    )


def _within(rule: SeatRule) -> tuple[pl.Expr, pl.Expr]:
    if rule.scope is SeatScope.CARRIAGE:
        return _known("carriage"), pl.lit(True)
    if rule.scope in {SeatScope.COMPARTMENT, SeatScope.CABIN}:
        return _known("compartment"), pl.col("compartment") == pl.col("compartment_other")
    column, around = ("row", rule.rows_around) if rule.scope is SeatScope.ROWS else ("bay", rule.bays_around)
    distance = (pl.col(column).cast(pl.Int32) - pl.col(f"{column}_other").cast(pl.Int32)).abs()
    return _known(column), distance <= around


def _known(column: str) -> pl.Expr:
    """Whether both seats tell `column`."""
    here, there = pl.col(column), pl.col(f"{column}_other")
    if column in {"row", "bay"}:
        return here.is_not_null() & there.is_not_null()
    return (here.fill_null("") != "") & (there.fill_null("") != "")


def _merge_trips(shared: pl.DataFrame) -> pl.DataFrame:
    """Merge the meetings of a pair on one vehicle and day; keep the seats of the most cautious relation."""
    vehicles = shared.select(_VEHICLE).unique().sort(_VEHICLE).with_row_index("where")
    caution = {relation.value: rank for rank, relation in enumerate(SeatRelation)}
    pairs = shared.join(vehicles.with_columns(pl.col("where").cast(pl.Int64)), on=_VEHICLE).rename(
        {
            "person": "case_person",
            "person_other": "other_person",
            "row_id": "case_row",
            "row_id_other": "other_row",
        }
    )
    merged = merge(pairs.with_columns(direct_until_s=pl.col("until_s")))
    seated = (
        pairs.with_columns(
            caution=pl.col("seat_relation").replace_strict(caution, return_dtype=pl.Int8),
            case_seat=pl.struct(SEAT_FIELDS),
            other_seat=pl.struct(pl.col(f"{name}_other").alias(name) for name in SEAT_FIELDS),
        )
        .sort("caution", "case_row", "other_row")
        .unique(_PAIR, keep="first", maintain_order=True)
        .select(
            "case_person",
            "other_person",
            "where",
            *_VEHICLE,
            "case_seat",
            "other_seat",
            "seat_rule",
            "seat_relation",
        )
    )
    found = merged.join(seated, on=_PAIR).drop("where")
    return found.with_columns(setting=pl.lit(Setting.TRANSPORT.value))
