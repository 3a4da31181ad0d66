"""What the desks of the demonstration do: reviews, rounds of tests in zones, the close of the day, its bulletin."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from tongzhou.server.cases.actions import end_case
from tongzhou.server.cases.models import Case, CaseOutcome
from tongzhou.server.duties.actions import do_duty
from tongzhou.server.duties.closing import close_day, unsettled_on
from tongzhou.server.duties.models import Duty
from tongzhou.server.kernel import clock
from tongzhou.server.measures.models import Order, Zone
from tongzhou.server.movement.announcing import announce_trips
from tongzhou.server.portal.actions import BulletinOrder, publish_bulletin
from tongzhou.server.portal.carried_trips import carried_trips

if TYPE_CHECKING:
    from tongzhou.cli.demo.outbreak import Story

CITY = "4403"
DESK_DUTIES = ("review_order", "zone_round")
ILL_FOR = timedelta(days=13)
"""From then on a review finds that the tests of a case are negative."""
LEFT_TO_ANNOUNCE = timedelta(days=14)
"""Trips of these last days wait for the visitor to announce them."""
WHY_LATE = (
    "敲门无人应答，已电话联系",
    "居民外出就医，回来后补做",
    "人手不足，次日补做",
    "检测点排队，过时完成",
)


def settle(story: Story, duty: Duty) -> None:
    """Settle a duty that asks for a decision at a desk."""
    if duty.kind == "zone_round":
        zone = Zone.objects.everything("the demonstration").get(id=duty.subject_id)
        answer = {"outcome": "all_negative", "n_tested": round(zone.n_persons * 0.98)}
        do_duty(story.actor("city"), duty, answer)
        return
    order = Order.objects.everything("the demonstration").select_related("case").get(id=duty.subject_id)
    is_over = order.case is not None and clock.now() - order.case.diagnosed_at > ILL_FOR
    do_duty(story.actor("investigator"), duty, {"outcome": "ends" if is_over else "goes_on"})
    if is_over and order.case.person_id == order.person_id and not order.case.outcome:
        end_case(story.actor("investigator"), order.case, CaseOutcome.RECOVERED, clock.now())


def announce(story: Story) -> None:
    """Make the trips of cases public, but for the newest: those are the visitor's to decide."""
    trips = [trip for trip in carried_trips(CITY) if trip.until_at < story.now - LEFT_TO_ANNOUNCE]
    if trips:
        announce_trips(story.actor("city"), trips, CITY)


def end_day(story: Story, today: date) -> None:
    """Close yesterday of the city, each duty left explained, and publish its bulletin, once there are cases."""
    if not Case.objects.everything("the demonstration").exists():
        return
    officer, day = story.actor("city"), today - timedelta(days=1)
    left = unsettled_on(CITY, day)
    reasons = {str(duty.id): WHY_LATE[duty.id.int % len(WHY_LATE)] for duty in left}
    close_day(officer, CITY, day, reasons)
    publish_bulletin(officer, BulletinOrder(CITY, day))
