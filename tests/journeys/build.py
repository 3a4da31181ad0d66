"""Build the records of the browser journeys in ``TONGZHOU_HOME``: ``python -m tests.journeys.build``.

Four families live apart, one for each journey: a person who falls ill, a housemate, a colleague, the stays of both
days. Everybody of the cast has a post. One older case has duties that nobody settled in time.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from tongzhou.cli.records import open_records

FAMILIES = ("zh1440", "zh390", "en1440", "en390")
NAMES = {"ill": "王建国", "housemate": "赵小兰", "colleague": "钱学文"}
PASSWORD = "correct-horse-battery"


def document_of(number: int) -> str:
    """Return a number with its check digit, under an area part that nobody has issued."""
    from tongzhou.core.identifiers import document_check_digit

    stem = f"99000019900101{number:03d}"
    return stem + document_check_digit(stem)


def build() -> None:
    """Write everything, through the actions that people use where there is one."""
    open_records("the journeys")
    from tests.cast import COMMUNITY, build_areas, build_cast
    from tongzhou.server.areas.models import Area
    from tongzhou.server.kernel import clock

    now = datetime.now(UTC)
    build_areas()
    Area.objects.filter(code=COMMUNITY).update(population=8000, population_on=date(2020, 11, 1))
    with clock.fixed(now - timedelta(days=3)):
        cast = build_cast()
        _staff(cast)
        laboratory = _laboratory()
        people = [_family(number, name, now) for number, name in enumerate(FAMILIES)]
    _older_case(cast, laboratory, now)
    for number, name in enumerate(FAMILIES):
        _resident(name, people[number]["housemate"])
    _figures()


def _staff(cast: Any) -> None:
    """Let the cast hold every post that duties of the county look for."""
    from tests.cast import COUNTY, GRID, SETUP
    from tongzhou.server.access.actions import appoint, open_post

    for post in ("community_doctor", "community_cadre", "police_officer"):
        appoint(SETUP, cast.account("grid_worker"), open_post(SETUP, GRID, post))
    appoint(SETUP, cast.account("county_officer"), open_post(SETUP, COUNTY, "commander"))


def _laboratory() -> Any:
    from tests.cast import CITY, SETUP
    from tongzhou.server.labs.actions import open_laboratory

    return open_laboratory(SETUP, CITY, "SZ-CDC", "深圳疾控实验室", "Shenzhen CDC laboratory")


def _family(number: int, name: str, now: datetime) -> dict[str, Any]:
    from tests.cast import GRID
    from tongzhou.core.exposures import Setting
    from tongzhou.server.people.actions import PersonEntry, build_person
    from tongzhou.server.people.models import Household, Place, Unit

    unit = f"440305007001-C{number}"
    Unit.objects.create(
        code=unit, kind="compound", parent_code="440305007001", area_code=GRID, name_zh=f"荔园{number}区",
        name_en=f"Liyuan {number}", population=1200 + number, population_on=date(2022, 6, 30),
        longitude=113.95, latitude=22.54,
    )  # fmt: skip
    place = {"area_code": GRID, "longitude": 113.95, "latitude": 22.54}
    home = Place.objects.create(
        **place,
        setting=Setting.HOUSEHOLD.value,
        name_zh=f"荔园{number}区住宅",
        name_en="Home",
        unit_code=unit,
    )
    office = Place.objects.create(
        **place, setting=Setting.WORK.value, name_zh=f"科兴大厦{number}座", name_en=f"Kexing tower {number}"
    )
    household = Household.objects.create(area_code=GRID, home=home)
    people = {}
    for index, (role, text) in enumerate(NAMES.items()):
        entry = PersonEntry(area_code=GRID, name=text + name[0], document=document_of(number * 10 + index))
        people[role] = build_person(entry)
        people[role].household = household if role != "colleague" else None
        people[role].save()
    _write_stays(name, people, home.id, office.id, now)
    return people


def _write_stays(name: str, people: dict[str, Any], home: int, office: int, now: datetime) -> None:
    import polars as pl

    from tongzhou.server.movement.ledger_door import get_ledger

    rows = []
    midnight = now.replace(hour=16, minute=0, second=0, microsecond=0) - timedelta(days=2)
    for day in (0, 1):
        start = midnight + timedelta(days=day)
        for who, place, first, last in (
            ("ill", home, 0, 8), ("housemate", home, 0, 8), ("ill", office, 9, 17), ("colleague", office, 9, 17),
        ):  # fmt: skip
            from_at, until_at = start + timedelta(hours=first), start + timedelta(hours=last)
            if until_at < now:
                rows.append(
                    {
                        "person": people[who].id, "place": place, "from_s": int(from_at.timestamp()),
                        "until_s": int(until_at.timestamp()), "source": "registered",
                    }
                )  # fmt: skip
    get_ledger().append("stays", pl.DataFrame(rows), batch_id=f"journey:{name}", recorded_at=now)


def _older_case(cast: Any, laboratory: Any, now: datetime) -> None:
    """Let a case of two days ago leave duties of yesterday undone."""
    from tests.cast import GRID
    from tongzhou.server.kernel import clock, outbox
    from tongzhou.server.labs.actions import ResultEntry, record_result
    from tongzhou.server.labs.models import Outcome
    from tongzhou.server.people.actions import PersonEntry, build_person

    build_person(PersonEntry(area_code=GRID, name="孙早", document=document_of(900))).save()
    at = now - timedelta(days=2)
    with clock.fixed(at):
        entry = ResultEntry(
            document=document_of(900), name="孙早", sample="OLD-1", sampled_at=at - timedelta(hours=5),
            resulted_at=at - timedelta(minutes=5), outcome=Outcome.POSITIVE,
        )  # fmt: skip
        record_result(cast.actor("lab_clerk"), laboratory, entry)
        outbox.sweep()


def _resident(name: str, person: Any) -> None:
    from tests.cast import GRID, SETUP
    from tongzhou.core.access import Purpose
    from tongzhou.server.access.actions import create_account, grant_role

    account = create_account(SETUP, f"resident_{name}", PASSWORD, display_name="居民")
    account.person_number = person.id
    account.save()
    grant_role(SETUP, account, "resident", GRID, Purpose.OWN_RECORD)


def _figures() -> None:
    """Import the figures of 1 February 2020, which the bulletins of the journeys state."""
    from tests.cast import SETUP
    from tongzhou.cli.demo.province import FIGURES
    from tongzhou.server.exchange.actions import run_import

    run_import(SETUP, "city-daily", [FIGURES])


if __name__ == "__main__":
    build()
