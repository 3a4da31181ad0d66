"""A resident states a journey, takes it back, and is forgotten after it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings

from tongzhou.core.access import system_actor
from tongzhou.core.errors import InputError
from tongzhou.server.access.actions import acting
from tongzhou.server.access.rules import Permission
from tongzhou.server.areas.queries import get_area
from tongzhou.server.duties.actions import cancel_duties, cancel_duties_of
from tongzhou.server.kernel import clock
from tongzhou.server.travel.duties import JOURNEY
from tongzhou.server.travel.models import Means, TravelDirection, TravelRegistration
from tongzhou.server.vault.crypto import blind_index

DESK = system_actor("travel registration")
NOBODY = {"name": "", "phone": "", "phone_index": "", "address": ""}
FARTHEST = timedelta(days=120)
MOST_PEOPLE = 20
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
_WHY = "the journey that its author states"


@dataclass(frozen=True, slots=True)
class Journey:
    """What a resident states."""

    area_code: str
    direction: str
    on: date
    other: str
    means: str
    n_people: int
    name: str
    phone: str
    stays_in: str = ""
    address: str = ""


def register_journey(journey: Journey) -> str:
    """Keep a journey that a resident states with consent; return the code that takes it back.

    Needs: nothing, anybody may state their own. Writes: TravelRegistration; one of the same phone, day and direction is
    superseded. Records: journey.register, without who it is.

    Raises
    ------
    InputError : a day over or too far, an unknown area or means, too many people
    """
    _check(journey)
    code = "".join(secrets.choice(_LETTERS) for _ in range(10))
    phone = blind_index(journey.phone, "travel.phone")
    same = TravelRegistration.objects.everything(_WHY).filter(
        phone_index=phone, on=journey.on, direction=journey.direction, is_superseded=False
    )
    with acting(DESK, Permission.CAPACITY_WRITE, journey.area_code, "journey.register") as record:
        cancel_duties_of(DESK, JOURNEY, [str(n) for n in same.values_list("id", flat=True)], "Stated anew.")
        same.update(is_superseded=True, erased_at=clock.now(), **NOBODY)
        kept = TravelRegistration.objects.create(
            **{name: getattr(journey, name) for name in Journey.__dataclass_fields__},
            phone_index=phone,
            code_index=blind_index(code, "travel.code"),
            consented_at=clock.now(),
        )
        record.subject = (JOURNEY, str(kept.id))
    return code


def _check(journey: Journey) -> None:
    today = clock.today()
    if not today <= journey.on <= today + FARTHEST:
        raise InputError(
            "travel.bad_day",
            f"{journey.on} is over, or too far ahead.",
            f"Give a day until {today + FARTHEST}.",
        )
    if journey.direction not in TravelDirection.values or journey.means not in Means.values:
        raise InputError(
            "travel.bad_word", f"{journey.direction!r} or {journey.means!r} is unknown.", "Choose from the lists."
        )  # fmt: skip
    if not 1 <= journey.n_people <= MOST_PEOPLE:
        raise InputError(
            "travel.bad_number", f"{journey.n_people} people travel.", f"Give 1 to {MOST_PEOPLE}."
        )  # fmt: skip
    get_area(journey.area_code)
    get_area(journey.other)
    if journey.stays_in and not get_area(journey.stays_in).code.startswith(journey.area_code):
        raise InputError(
            "travel.stays_elsewhere",
            f"{journey.stays_in} lies outside {journey.area_code}.",
            "Choose a street or community of your city.",
        )
    if journey.other == journey.area_code:
        raise InputError(
            "travel.same_place", "The journey begins where it ends.", "Choose two different places."
        )


def withdraw_journey(code: str) -> None:
    """Take a journey back by the code its author was given; who it is is erased at once.

    Needs: the code. Writes: TravelRegistration. Records: journey.withdraw. Idempotent by the code.

    Raises
    ------
    InputError : no journey has the code
    """
    rows = TravelRegistration.objects.everything(_WHY)
    found = rows.filter(code_index=blind_index(code, "travel.code"), is_superseded=False).first()
    if found is None:
        raise InputError("travel.unknown_code", "No journey has this code.", "Write it as you were given it.")
    if found.withdrawn_at is not None:
        return
    subject = (JOURNEY, found.id)
    with acting(DESK, Permission.CAPACITY_WRITE, found.area_code, "journey.withdraw", subject):
        now = clock.now()
        rows.filter(id=found.id).update(withdrawn_at=now, erased_at=now, **NOBODY)
        cancel_duties(DESK, (JOURNEY, str(found.id)), "Taken back by its author.")


def forget_travellers() -> int:
    """Erase who travelled once the journey lies `settings.TRAVEL_KEPT_DAYS` back; return of how many.

    Needs: nothing, a step of the worker. Writes: TravelRegistration. Records: journey.forget, the number alone.
    """
    before = clock.today() - timedelta(days=settings.TRAVEL_KEPT_DAYS)
    rows = TravelRegistration.objects.everything("journeys long over").filter(on__lt=before, erased_at=None)
    if not rows.exists():
        return 0
    with acting(DESK, Permission.CAPACITY_WRITE, "", "journey.forget") as record:
        ids = [str(journey) for journey in rows.filter(handed_at__isnull=False).values_list("id", flat=True)]
        cancel_duties_of(DESK, JOURNEY, ids, "Long over: who it was is erased.")
        n = rows.update(erased_at=clock.now(), **NOBODY)
        record.detail = {"n": n}
    return n
