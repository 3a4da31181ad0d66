"""Orders: one person under several cases, second persons, ends, reviews, and ground that goes away."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.cast import Cast
from tests.server.test_spine import all_of
from tests.server.world import World
from tongzhou.core.errors import Conflict, Denied, InputError
from tongzhou.server.cases.actions import CaseEntry, correct_case, decide_contact, open_case
from tongzhou.server.cases.models import Case, Contact, Decided
from tongzhou.server.duties.actions import do_duty
from tongzhou.server.duties.models import Duty
from tongzhou.server.kernel import clock
from tongzhou.server.measures import actions, rechecks
from tongzhou.server.measures.advancing import advance_order
from tongzhou.server.measures.confirming import confirm_orders
from tongzhou.server.measures.drafting import draft_for_case
from tongzhou.server.measures.models import Order, OrderState
from tongzhou.server.measures.order_clock import poll_orders

pytestmark = pytest.mark.django_db(transaction=True)


def order_of(world: World, name: str, **where: object) -> Order:
    return all_of(Order).get(person=world.people[name], **where)


def open_of(order: Order, kind: str) -> object:
    return all_of(Duty).filter(
        subject_id=str(order.id), kind=kind, done_at=None, cancelled_at=None, refused_at=None
    )


def other_case(world: World, cast: Cast, now: datetime, met_at: datetime, who: str = "zhao") -> Case:
    """Open a case of Li, with somebody as a close contact met at an instant."""
    entry = CaseEntry(person=world.people["li"], diagnosed_at=now, first_sampled_at=now - timedelta(hours=2))
    made = open_case(cast.actor("investigator"), entry)
    Contact.objects.create(
        case=made, person=world.people[who], area_code=world.people[who].area_code, grade="close",
        last_exposure_at=met_at, decision=Decided.ACCEPTED,
    )  # fmt: skip
    draft_for_case(cast.actor("investigator"), made)
    return made


@pytest.fixture
def held(case: Case, world: World, cast: Cast) -> Order:
    return actions.confirm_order(cast.actor("investigator"), order_of(world, "zhao"))


def test_a_later_exposure_extends_and_takes_the_place_of_the_order(
    held: Order,
    world: World,
    cast: Cast,
    now: datetime,
) -> None:
    later = other_case(world, cast, now, now)
    draft = order_of(world, "zhao", case=later)
    new = actions.confirm_order(cast.actor("investigator"), draft)
    held.refresh_from_db()
    assert (held.state, new.state) == (OrderState.RELEASED, OrderState.IN_FORCE)
    assert new.ends_at > held.ends_at
    assert new.number in held.release_reason
    assert not open_of(held, "health_check").exists()
    assert held.contact.released_at is None


def test_an_earlier_exposure_never_doubles_or_shortens(
    held: Order,
    world: World,
    cast: Cast,
    now: datetime,
) -> None:
    earlier = other_case(world, cast, now, now - timedelta(days=3))
    assert not all_of(Order).filter(case=earlier, person=world.people["zhao"]).exists()
    held.refresh_from_db()
    assert held.state == OrderState.IN_FORCE


def test_two_drafts_of_one_person_cannot_both_start(
    case: Case,
    world: World,
    cast: Cast,
    now: datetime,
) -> None:
    first = order_of(world, "zhao")
    earlier = other_case(world, cast, now, now - timedelta(days=3))
    second = order_of(world, "zhao", case=earlier)
    done, refused = confirm_orders(cast.actor("investigator"), [first, second])
    assert done == [first]
    assert "reaches as far" in refused[0][1]
    assert all_of(Order).filter(person=world.people["zhao"], state="in_force").count() == 1


def test_orders_side_by_side_owe_one_check_a_day(
    case: Case,
    world: World,
    cast: Cast,
    now: datetime,
) -> None:
    actor = cast.actor("investigator")
    longer = actions.confirm_order(actor, order_of(world, "sun"))
    other = other_case(world, cast, now, now - timedelta(days=5), who="sun")
    stricter = actions.confirm_order(actor, order_of(world, "sun", case=other))
    assert stricter.ends_at < longer.ends_at
    assert all_of(Order).filter(person=world.people["sun"], state="in_force").count() == 2
    days = [duty.starts_at for order in (longer, stricter) for duty in open_of(order, "health_check")]
    assert len(days) == len(set(days)) > 0
    actions.release_order(actor, longer, "wrong person")
    assert open_of(stricter, "health_check").count() == 6


def test_drafting_again_changes_nothing_and_keeps_what_a_person_changed(
    case: Case,
    world: World,
    cast: Cast,
) -> None:
    actor, order = cast.actor("investigator"), order_of(world, "zhao")
    changed = actions.change_draft(actor, order, ends_at=order.ends_at - timedelta(days=1))
    draft_for_case(actor, case)
    again = order_of(world, "zhao")
    assert (again.id, again.ends_at) == (order.id, changed.ends_at)


def test_an_order_starts_when_it_is_confirmed(case: Case, world: World, cast: Cast, now: datetime) -> None:
    drafted = order_of(world, "zhao")
    with clock.fixed(now + timedelta(days=2)):
        order = actions.confirm_order(cast.actor("investigator"), drafted)
    assert (order.starts_at, order.ends_at) == (now + timedelta(days=2), drafted.ends_at)
    assert all(datetime.fromisoformat(test["until_at"]) > order.starts_at for test in order.tests)


def test_a_longer_order_waits_for_a_second_person_with_a_reason(
    case: Case,
    world: World,
    cast: Cast,
) -> None:
    actor, order = cast.actor("county_officer"), order_of(world, "zhao")
    order = actions.change_draft(actor, order, ends_at=order.ends_at + timedelta(days=5))
    assert order.findings[0]["clause"] == 5
    assert "7月26日" in order.facts["told"]["until"][0]
    order = actions.confirm_order(actor, order)
    assert order.state == OrderState.AWAITING_SECOND
    with pytest.raises(Denied):
        actions.approve_order(actor, order, "a reason that is long enough")
    with pytest.raises(InputError):
        actions.approve_order(cast.actor("city_officer"), order, "short")
    done = actions.approve_order(cast.actor("city_officer"), order, "new variant, notice 7")
    assert (done.state, done.approved_by) == ("in_force", cast.actor("city_officer").account_id)
    assert all_of(Duty).get(kind="approve_stricter").done_at


def test_a_carer_lets_central_quarantine_be_spent_at_home(case: Case, world: World, cast: Cast) -> None:
    order = actions.change_draft(
        cast.actor("investigator"), order_of(world, "zhao"), conditions=["needs_carer"]
    )
    assert (order.kind, order.findings) == ("home_quarantine", [])
    with pytest.raises(InputError, match="is no condition"):
        actions.change_draft(cast.actor("investigator"), order, conditions=["rich"])


def test_a_rejection_can_be_taken_back(case: Case, world: World, cast: Cast) -> None:
    actor, order = cast.actor("investigator"), order_of(world, "zhao")
    with pytest.raises(InputError):
        actions.reject_order(actor, order, " ")
    order = actions.reject_order(actor, order, "wrong person")
    assert order_of(world, "zhao").state == OrderState.REJECTED
    assert actions.redraft_order(actor, order).state == OrderState.DRAFT


def test_isolation_is_checked_daily_and_looked_at_again_until_its_conditions_are_met(
    case: Case,
    world: World,
    cast: Cast,
    now: datetime,
) -> None:
    order = actions.confirm_order(cast.actor("investigator"), order_of(world, "wang"))
    assert order.next_at == now + timedelta(days=7)
    assert open_of(order, "health_check").count() == 8
    with clock.fixed(order.next_at):
        assert poll_orders() == 1
        assert poll_orders() == 0
    assert open_of(order, "health_check").count() == 15
    reviews = open_of(order, "review_order").order_by("due_at")
    assert [duty.due_at - now for duty in reviews] == [timedelta(days=7), timedelta(days=14)]
    with clock.fixed(now + timedelta(days=8)):
        do_duty(cast.actor("investigator"), reviews[0], {"outcome": "ends"})
    order.refresh_from_db()
    assert (order.state, order.kind) == (OrderState.IN_FORCE, "home_health_monitoring")


@pytest.fixture
def isolated(case: Case, world: World, cast: Cast) -> Order:
    return actions.confirm_order(cast.actor("investigator"), order_of(world, "wang"))


def test_health_monitoring_at_home_follows_isolation_and_ends_by_itself(
    isolated: Order, cast: Cast, now: datetime
) -> None:
    met_at = now + timedelta(days=9)
    with clock.fixed(met_at):
        order = advance_order(cast.actor("investigator"), isolated, "two tests negative")
        again = advance_order(cast.actor("investigator"), order, "two tests negative")
        assert rechecks.drift_of_order(order) == []
    assert [phase["kind"] for phase in order.phases] == ["isolation", "home_health_monitoring"]
    assert [phase["ends_at"] for phase in order.phases] == [met_at.isoformat(), order.ends_at.isoformat()]
    assert (order.ends_at - met_at).days == 7
    assert again.phases == order.phases
    assert "conditions to end the isolation were met" in order.reason_en
    assert all_of(Duty).filter(subject_id=str(order.id), kind="inform_person").count() == 2
    assert not open_of(order, "review_order").exists()
    assert open_of(order, "health_check").latest("due_at").due_at == order.ends_at - timedelta(hours=12)
    with clock.fixed(order.ends_at):
        poll_orders()
    order.refresh_from_db()
    assert order.state == OrderState.RELEASED


def test_an_order_that_ends_by_a_date_has_no_conditions_to_meet(held: Order, cast: Cast) -> None:
    with pytest.raises(Conflict, match="ends by a date"):
        advance_order(cast.actor("investigator"), held, "two tests negative")


def test_every_order_in_force_has_an_instant_at_which_the_clock_looks(
    case: Case,
    cast: Cast,
) -> None:
    confirm_orders(cast.actor("investigator"), list(all_of(Order)))
    in_force = all_of(Order).filter(state="in_force")
    assert in_force.count() == 5
    assert not in_force.filter(next_at=None).exists()
    assert all_of(Duty).filter(kind="health_check").values("subject_id").distinct().count() == 5


def test_a_contact_of_a_discarded_case_is_released(
    held: Order,
    case: Case,
    cast: Cast,
) -> None:
    correct_case(cast.actor("investigator"), case, {"classification": "discarded"})
    held.refresh_from_db()
    assert (held.state, held.release_reason) == ("released", "the case was discarded")
    assert not all_of(Order).filter(case=case, state="draft").exists()
    held.contact.refresh_from_db()
    assert held.contact.released_at


def test_a_rejected_contact_is_released(held: Order, cast: Cast) -> None:
    decide_contact(cast.actor("investigator"), held.contact, Decided.REJECTED, "was abroad")
    held.refresh_from_db()
    assert (held.state, held.release_reason) == ("released", "the contact was rejected")


def test_a_person_of_another_case_keeps_an_order_when_one_ground_goes(
    held: Order,
    world: World,
    cast: Cast,
    now: datetime,
) -> None:
    other = other_case(world, cast, now, now - timedelta(days=3))
    decide_contact(cast.actor("investigator"), held.contact, Decided.REJECTED, "was abroad")
    assert order_of(world, "zhao", case=other).state == OrderState.DRAFT


def test_an_order_ends_by_itself(held: Order, now: datetime) -> None:
    with clock.fixed(held.ends_at):
        poll_orders()
    held.refresh_from_db()
    assert (held.state, held.released_at) == (OrderState.RELEASED, held.ends_at)


def test_releasing_needs_a_reason(held: Order, cast: Cast) -> None:
    with pytest.raises(InputError):
        actions.release_order(cast.actor("investigator"), held, "")


def test_confirming_a_settled_order_is_a_conflict(held: Order, cast: Cast) -> None:
    actions.release_order(cast.actor("investigator"), held, "wrong person")
    with pytest.raises(Conflict):
        actions.confirm_order(cast.actor("investigator"), held)


def test_drift_from_the_pack_is_found_and_owed_to_somebody_once(held: Order) -> None:
    rechecks.start_over()
    assert rechecks.recheck_measures() == 0
    later = held.ends_at + timedelta(days=30)
    phases = [*held.phases[:-1], {**held.phases[-1], "ends_at": later.isoformat()}]
    all_of(Order).filter(id=held.id).update(phases=phases, ends_at=later)
    rechecks.start_over()
    assert rechecks.recheck_measures() == 1
    rechecks.start_over()
    assert rechecks.recheck_measures() == 0
    assert all_of(Duty).get(kind="check_drift").subject_id == str(held.id)
