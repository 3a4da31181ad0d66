"""Announce trips that confirmed cases of the system took, for everybody who asks about one; take a notice back."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from tongzhou.core.access import Actor
from tongzhou.server.access.actions import acting
from tongzhou.server.access.queries import not_visible
from tongzhou.server.access.rules import Permission, is_allowed
from tongzhou.server.areas.queries import get_area
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.records import ScopedQuerySet, prefix_range
from tongzhou.server.movement.models import TripNotice
from tongzhou.server.movement.notices import OWN, own_number
from tongzhou.server.movement.queries import normalise_vehicle


@dataclass(frozen=True, slots=True)
class CarriedTrip:
    """One trip of one carriage that carried cases. Nobody's seat, nobody's name."""

    conveyance: str
    vehicle: str
    trip_on: date
    carriage: str
    from_at: datetime
    until_at: datetime
    n_cases: int

    @property
    def key(self) -> str:
        """What makes it the same trip, as the notice keeps it."""
        parts = (
            OWN,
            self.conveyance,
            normalise_vehicle(self.vehicle),
            self.trip_on.isoformat(),
            self.carriage,
        )
        return f"{hashlib.sha256('|'.join(parts).encode()).hexdigest()[:56]}:0"


def not_yet_public(trips: Sequence[CarriedTrip]) -> list[CarriedTrip]:
    """Return the trips that no notice of the system names, whichever area announced it."""
    stored = TripNotice.objects.everything("what is public already")
    known = set(
        stored.filter(dedupe_key__in={trip.key for trip in trips}).values_list("dedupe_key", flat=True)
    )
    return [trip for trip in trips if trip.key not in known]


def announce_trips(actor: Actor, trips: Sequence[CarriedTrip], area_code: str) -> int:
    """Make trips public; return how many were not before.

    Needs: bulletin.publish in the area. Writes: TripNotice. Records: notices.announce. Idempotent by trip.
    """
    fresh = not_yet_public(trips)
    with acting(actor, Permission.BULLETIN_PUBLISH, area_code, "notices.announce") as record:
        record.detail = {"written": len(fresh)}
        publisher = get_area(area_code).name_zh
        notices = [_notice(trip, area_code, publisher) for trip in fresh]
        TripNotice.objects.bulk_create(notices, ignore_conflicts=True)
    return len(fresh)


def _notice(trip: CarriedTrip, area_code: str, publisher: str) -> TripNotice:
    return TripNotice(
        area_code=area_code,
        conveyance=trip.conveyance,
        vehicle=normalise_vehicle(trip.vehicle)[:80],
        vehicle_shown=own_number(trip.conveyance, trip.vehicle)[:120],
        trip_on=trip.trip_on,
        from_at=trip.from_at,
        until_at=trip.until_at,
        note=f"{trip.carriage}号车厢" if trip.carriage else "",
        source=OWN,
        source_name=publisher[:160],
        is_verified=True,
        published_at=clock.now(),
        dedupe_key=trip.key,
    )


def announced_trips(area_code: str) -> ScopedQuerySet:
    """Return the own notices of an area, latest trip first. Public records."""
    own = TripNotice.objects.everything("public notices").filter(source=OWN)
    return own.filter(prefix_range("area_code", area_code)).order_by("-trip_on", "vehicle")


def withdraw_notice(actor: Actor, notice_id: object) -> None:
    """Take an own notice back, for example of a case that was discarded.

    Needs: bulletin.publish in the notice's area. Writes: TripNotice. Records: notices.withdraw.
    """
    notice = announced_trips("").filter(id=notice_id).first()
    if notice is None or not is_allowed(actor, Permission.BULLETIN_PUBLISH, notice.area_code):
        raise not_visible(actor, Permission.BULLETIN_PUBLISH, "notice", notice_id)
    subject = ("notice", str(notice.id))
    with acting(actor, Permission.BULLETIN_PUBLISH, notice.area_code, "notices.withdraw", subject) as record:
        record.detail = {"vehicle": notice.vehicle_shown, "on": notice.trip_on.isoformat()}
        notice.delete()
