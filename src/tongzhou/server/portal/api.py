"""Public figures over the API: bulletins and same trips. No sign-in, no person."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema

from tongzhou.server.movement.notices import find_shared_trips, shown_trip
from tongzhou.server.portal import queries

router = Router(tags=["public"], auth=None)


class TripAnswer(Schema):
    """Whether a trip carried a confirmed case, with every notice that says so."""

    number: str
    on: date
    is_found: bool
    trips: list[dict[str, Any]]


class BulletinLine(Schema):
    """One published bulletin."""

    id: UUID
    area_code: str
    cutoff_at: Any
    published_at: Any
    corrects_id: UUID | None


class BulletinOut(BulletinLine):
    """A bulletin with its figures, each with its source, and its texts."""

    figures: dict[str, Any]
    text_zh: str
    text_en: str
    digest: str


@router.get("same-trip", response=TripAnswer, summary="Ask about one trip")
def get_same_trip(
    request: HttpRequest, q: Annotated[str, Query(min_length=1, max_length=40)], on: Annotated[date, Query()]
) -> Any:
    """Answer whether a flight, train or vehicle of a day carried a confirmed case."""
    trips = [shown_trip(trip) for trip in find_shared_trips(q, on)]
    return {"number": q, "on": on, "is_found": bool(trips), "trips": trips}


@router.get("bulletins", response=list[BulletinLine], summary="List bulletins")
def get_bulletins(
    request: HttpRequest,
    area: Annotated[str, Query(max_length=24)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Any:
    """Return published bulletins, latest first."""
    return list(queries.published_bulletins(area).defer("figures", "text_zh", "text_en")[:limit])


@router.get("bulletins/{uuid:bulletin_id}", response=BulletinOut, summary="Read one bulletin")
def get_bulletin(request: HttpRequest, bulletin_id: UUID) -> Any:
    """Return one published bulletin."""
    return queries.get_bulletin(bulletin_id)
