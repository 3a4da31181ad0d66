"""A tree that is not China's: load, posts, a result, its case, whose duty it is, a zone, the bulletin."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from tests.cast import SETUP
from tongzhou.core.access import Purpose, system_actor
from tongzhou.core.exposures import Setting
from tongzhou.server.access.actions import appoint, create_account, grant_role, open_post
from tongzhou.server.access.models import Account
from tongzhou.server.access.queries import actor_of
from tongzhou.server.areas.actions import load_area_file
from tongzhou.server.areas.models import Area
from tongzhou.server.areas.queries import code_lengths
from tongzhou.server.cases.models import Case, Contact
from tongzhou.server.duties.models import Duty
from tongzhou.server.exchange.actions import run_import
from tongzhou.server.labs.actions import ResultEntry, open_laboratory, record_result
from tongzhou.server.labs.models import Outcome
from tongzhou.server.measures.models import Zone
from tongzhou.server.movement.ledger_door import get_ledger
from tongzhou.server.people.actions import PersonEntry, build_person
from tongzhou.server.people.models import Place, Unit
from tongzhou.server.portal.figures import compose_figures
from tongzhou.server.portal.wording import text_of

pytestmark = pytest.mark.django_db(transaction=True)
TREE = """code,name,level
KEN,Kenya,country
KEN-A,Nairobi,county
KEN-A1,Westlands,subcounty
KEN-A1-07,Parklands,community
KEN-A1-08,Kitisuru,community
KEN-B,Mombasa,county
"""
COUNTY, SUBCOUNTY, WARD, NEXT_WARD = "KEN-A", "KEN-A1", "KEN-A1-07", "KEN-A1-08"


def all_of(model: type) -> object:
    return model.objects.everything("test")


def hire(name: str, role: str, area: str, post: str = "") -> Account:
    account = create_account(SETUP, name, "correct-horse-battery", display_name=name)
    grant_role(SETUP, account, role, area, Purpose.RESPONSE)
    if post:
        appoint(SETUP, account, open_post(SETUP, area, post))
    return account


@pytest.fixture
def country(db: None, now: datetime, settings: object, tmp_path: Path) -> None:
    settings.ROOT_AREA, settings.LEDGER_ROOT = "KEN", tmp_path / "ledger"
    file = tmp_path / "tree.csv"
    file.write_text(TREE, encoding="utf-8")
    load_area_file(file)
    yield
    code_lengths.cache_clear()


@pytest.fixture
def staff(country: None) -> dict[str, Account]:
    return {
        "investigator": hire("investigator", "investigator", COUNTY, "investigator"),
        "worker": hire("worker", "grid_worker", WARD, "grid_worker"),
        "clerk": hire("clerk", "lab_clerk", COUNTY),
        "nurse": hire("nurse", "area_officer", COUNTY, "medical_worker"),
    }


@pytest.fixture
def case(staff: dict[str, Account], now: datetime) -> Case:
    Area.objects.filter(code=NEXT_WARD).update(population=300, population_on=now.date())
    Unit.objects.create(code=f"{WARD}-E1", kind="compound", parent_code=WARD, area_code=WARD, name_zh="Estate 1",
                        population=400, population_on=now.date())  # fmt: skip
    home = Place.objects.create(
        area_code=WARD, setting=Setting.HOUSEHOLD.value, name_zh="Flat 3", unit_code=f"{WARD}-E1"
    )
    shop = Place.objects.create(area_code=NEXT_WARD, setting=Setting.WORK.value, name_zh="Duka")
    people = [
        build_person(PersonEntry(area_code=area, name=name, document=document))
        for area, name, document in (
            (WARD, "Amina Otieno", "A1234567"), (WARD, "Joseph Otieno", "A7654321"), (NEXT_WARD, "Grace Wanjiru", "B2"),
        )
    ]  # fmt: skip
    for person in people:
        person.save()
    start = int((now - timedelta(days=1)).timestamp())
    stays = [(0, home, 0, 8), (1, home, 0, 8), (0, shop, 9, 17), (2, shop, 9, 17)]
    rows = [
        {"person": people[who].id, "place": where.id, "from_s": start + first * 3600,
         "until_s": start + last * 3600, "source": "registered"}
        for who, where, first, last in stays
    ]  # fmt: skip
    get_ledger().append("stays", pl.DataFrame(rows), batch_id="world", recorded_at=now)
    laboratory = open_laboratory(system_actor("setup"), COUNTY, "KEMRI", "Kemri")
    record_result(
        actor_of(staff["clerk"]),
        laboratory,
        ResultEntry(
            document="A1234567", name="Amina Otieno", sample="S1", sampled_at=now - timedelta(hours=9),
            resulted_at=now - timedelta(minutes=10), outcome=Outcome.POSITIVE,
        ),
    )  # fmt: skip
    return all_of(Case).get()


def test_a_result_opens_a_case_with_contacts_and_the_right_investigator(
    case: Case, staff: dict[str, Account]
) -> None:
    assert (case.area_code, case.investigator) == (WARD, staff["investigator"])
    found = {contact.person.name for contact in all_of(Contact).select_related("person")}
    assert found == {"Joseph Otieno", "Grace Wanjiru"}


def test_a_duty_finds_its_holder_by_walking_up(case: Case, staff: dict[str, Account]) -> None:
    clocks = all_of(Duty).filter(kind="case_clock").select_related("holder")
    held = {duty.post_kind: duty.holder for duty in clocks}
    assert held["medical_worker"] == staff["nurse"]


def test_the_evidence_gives_a_zone_of_the_unit(case: Case, staff: dict[str, Account]) -> None:
    assert dict(all_of(Zone).values_list("unit_code", "n_persons")) == {f"{WARD}-E1": 400, NEXT_WARD: 300}


def test_the_bulletin_counts_by_county(case: Case, now: datetime) -> None:
    figures = compose_figures("KEN", now.date())
    assert {line.name: line.counts["confirmed"] for line in figures.areas} == {"Nairobi": 1}
    assert "Kenya had reported 1 confirmed case" in text_of(figures, "en")


def test_reported_counts_are_read_with_its_names(country: None, tmp_path: Path) -> None:
    file = tmp_path / "counts.csv"
    file.write_text(
        "date,province,area,measure,count\n2022-07-11,Kenya,Nairobi,confirmed,7\n"
        "2022-07-11,Kenya,Mombasa,confirmed,2\n2022-07-11,Kenya,Kenya,confirmed,9\n",
        encoding="utf-8",
    )
    [run] = run_import(system_actor("test"), "city-daily", [file])
    figures = compose_figures("KEN", datetime(2022, 7, 11).date())  # noqa: DTZ001
    assert run.n_rejected == 0
    assert {line.code: line.counts["confirmed"] for line in figures.areas} == {"KEN-A": 7, "KEN-B": 2}
    assert figures.total.counts["confirmed"] == 9
    assert compose_figures("KEN-A", figures.on).total.counts["confirmed"] == 7
