"""From one positive result to orders, duties and release: the main flow through every app."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.cast import Cast
from tests.server.world import DOCUMENTS, World, build_world
from tongzhou.server.audit.queries import verify_chain
from tongzhou.server.cases.models import Case, Contact, Decided, ExposureRecord
from tongzhou.server.duties.models import Duty
from tongzhou.server.kernel import outbox
from tongzhou.server.labs.actions import ResultEntry, link_result, record_result
from tongzhou.server.labs.models import Outcome, PositiveResult, UnlinkedResult
from tongzhou.server.measures.actions import confirm_order, release_order
from tongzhou.server.measures.confirming import confirm_orders
from tongzhou.server.measures.models import Order, OrderState
from tongzhou.server.movement.ledger_door import get_ledger
from tongzhou.server.people.models import Person

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(cast: Cast, now: datetime, settings: object, tmp_path: object) -> World:
    settings.LEDGER_ROOT = tmp_path / "ledger"
    return build_world(now)


def entry(now: datetime, **changes: object) -> ResultEntry:
    fields = {
        "document": DOCUMENTS["wang"], "name": "wang", "sample": "T-0001", "sampled_at": now - timedelta(hours=9),
        "resulted_at": now - timedelta(minutes=10), "outcome": Outcome.POSITIVE,
    }  # fmt: skip
    return ResultEntry(**{**fields, **changes})


def all_of(model: type) -> object:
    return model.objects.everything("test")


@pytest.fixture
def case(world: World, cast: Cast, now: datetime) -> Case:
    record_result(cast.actor("lab_clerk"), world.laboratory, entry(now))
    return all_of(Case).get()


def grades(case: Case) -> dict[str, str]:
    return {c.person.name: c.grade for c in all_of(Contact).filter(case=case).select_related("person")}


def test_a_positive_result_opens_a_case_with_clocks_contacts_and_drafts(case: Case, cast: Cast) -> None:
    assert case.investigator == cast.account("investigator")
    assert grades(case) == {"zhao": "close", "qian": "close", "sun": "general", "zhou": "close"}
    assert all_of(Duty).filter(kind="case_clock").count() == 4
    drafted = {order.person.name for order in all_of(Order).filter(state="draft").select_related("person")}
    assert {"wang", "zhao", "qian", "zhou"} <= drafted
    assert verify_chain().is_intact


def test_the_same_result_twice_changes_nothing(case: Case, world: World, cast: Cast, now: datetime) -> None:
    before = [all_of(m).count() for m in (Case, Contact, ExposureRecord, Order, PositiveResult, Duty)]
    record_result(cast.actor("lab_clerk"), world.laboratory, entry(now))
    outbox.sweep()
    assert [all_of(m).count() for m in (Case, Contact, ExposureRecord, Order, PositiveResult, Duty)] == before


def test_a_result_without_a_match_becomes_a_duty_and_never_a_person(
    world: World, cast: Cast, now: datetime
) -> None:
    n_people = all_of(Person).count()
    clerk = cast.actor("lab_clerk")
    made = record_result(clerk, world.laboratory, entry(now, document="440305199912310016", name="nobody"))
    assert isinstance(made, UnlinkedResult)
    assert all_of(Person).count() == n_people
    assert all_of(Duty).get(kind="link_result").holder == cast.account("lab_clerk")
    link_result(clerk, made, world.people["wang"])
    assert all_of(Case).get().person == world.people["wang"]
    assert all_of(Duty).get(kind="link_result").cancelled_at


def test_confirmed_orders_make_duties_and_released_ones_end_them(case: Case, cast: Cast) -> None:
    investigator = cast.actor("investigator")
    done, refused = confirm_orders(investigator, list(all_of(Order).filter(state="draft")))
    assert not refused
    order = next(o for o in done if o.contact and o.contact.person.name == "zhao")
    kinds = set(all_of(Duty).filter(subject_id=str(order.id)).values_list("kind", flat=True))
    assert {"inform_person", "health_check", "test_due"} <= kinds
    release_order(investigator, order, "test of release")
    assert not all_of(Duty).filter(subject_id=str(order.id), cancelled_at=None, done_at=None).exists()
    order.contact.refresh_from_db()
    assert order.contact.released_at


def test_confirming_twice_makes_no_second_duty(case: Case, cast: Cast) -> None:
    order = all_of(Order).filter(state="draft").first()
    confirm_order(cast.actor("investigator"), order)
    n_duties = all_of(Duty).count()
    confirm_order(cast.actor("investigator"), order)
    assert all_of(Duty).count() == n_duties
    order.refresh_from_db()
    assert order.state == OrderState.IN_FORCE


def test_a_negative_result_settles_the_test_duties_it_answers(
    case: Case, world: World, cast: Cast, now: datetime
) -> None:
    confirm_orders(cast.actor("investigator"), list(all_of(Order).filter(state="draft")))
    duties = all_of(Duty).filter(kind="test_due", person_number=world.people["zhao"].id)
    n_open = duties.filter(done_at=None, starts_at__lte=now).count()
    negative = entry(
        now,
        document=DOCUMENTS["zhao"],
        sample="T-0002",
        outcome=Outcome.NEGATIVE,
        sampled_at=now,
        resulted_at=now,
    )
    record_result(cast.actor("lab_clerk"), world.laboratory, negative)
    assert n_open > 0
    assert duties.filter(done_at=None, starts_at__lte=now).count() == 0


def test_every_exposure_keeps_its_reason_and_evidence(case: Case) -> None:
    for exposure in all_of(ExposureRecord).filter(case=case):
        assert exposure.reason_zh
        assert exposure.reason_en
        assert exposure.evidence
        assert exposure.decision == Decided.PROPOSED


def test_a_second_positive_of_a_person_opens_no_second_case(
    case: Case, world: World, cast: Cast, now: datetime
) -> None:
    record_result(cast.actor("lab_clerk"), world.laboratory, entry(now, sample="T-0009"))
    outbox.sweep()
    assert all_of(Case).count() == 1
    assert all_of(PositiveResult).count() == 2


def test_a_linked_result_supersedes_its_row_without_a_person(world: World, cast: Cast, now: datetime) -> None:
    clerk = cast.actor("lab_clerk")
    made = record_result(clerk, world.laboratory, entry(now, document="440305199912310016", name="nobody"))
    link_result(clerk, made, world.people["wang"])
    rows = get_ledger().select("results").filter(sample="T-0001")
    assert rows["person"].to_list() == [world.people["wang"].id]
