"""The outbreak of the demonstration, lived through by its cast: results, decisions, orders, duties, closed days.

Runs in the order of time with the clock held at each step, through the actions that users use.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

import numpy as np

from tongzhou.cli.demo import office
from tongzhou.cli.demo.epidemic import AT_HOME, AWAY, Epidemic, Found
from tongzhou.core.access import Actor
from tongzhou.core.exposures import Setting
from tongzhou.server.access.models import Account
from tongzhou.server.access.queries import actor_of
from tongzhou.server.cases.actions import correct_case
from tongzhou.server.cases.deciding import decide_contacts
from tongzhou.server.cases.models import Case, Decided
from tongzhou.server.cases.record_actions import LinkEntry, add_link
from tongzhou.server.duties.actions import do_duties, do_duty
from tongzhou.server.duties.clock_actions import poll_duties
from tongzhou.server.duties.models import Duty
from tongzhou.server.duties.queries import OPEN
from tongzhou.server.kernel import clock, outbox
from tongzhou.server.labs.actions import ResultEntry, record_result
from tongzhou.server.labs.models import Laboratory, Outcome
from tongzhou.server.measures.confirming import confirm_orders
from tongzhou.server.measures.models import Order, OrderState, Zone, ZoneState
from tongzhou.server.measures.order_clock import poll_orders
from tongzhou.server.measures.rules import phase_at
from tongzhou.server.measures.zone_clock import step_zones
from tongzhou.server.measures.zoning import confirm_zone
from tongzhou.server.people.models import Person, Place

HOUR = timedelta(hours=1)
LEFT_TO_THE_VISITOR = timedelta(hours=10)
"""Cases found later than this before now are left undecided, so that there is something to do."""
FIELD_DUTIES = ("inform_person", "hand_over", "health_check", "test_due")
"""Kinds of duty that the field settles round by round; the others wait for a person's decision."""
FRESH = (timedelta(hours=3), timedelta(minutes=50))
"""How long ago the last cases were found."""
SHARE_DONE = 0.985
"""Share of duties that the cast settles in time; the rest shows up as late."""
OUT = ("isolation", "central_quarantine")
"""Kinds of order that take somebody out of the city's life; the others keep them at home."""


@dataclass(order=True)
class _Step:
    at: datetime
    number: int
    act: Callable[[], None] = field(compare=False)


@dataclass
class Story:
    """The cast, the laboratory, the infection and a queue of what happens when."""

    accounts: dict[str, Account]
    laboratory: Laboratory
    now: datetime
    rng: np.random.Generator
    epidemic: Epidemic
    tell: Callable[[str, int], None] = lambda what, n: None
    queue: list[_Step] = field(default_factory=list)
    numbers: Any = field(default_factory=count)
    actors: dict[str, Actor] = field(default_factory=dict)

    def actor(self, name: str) -> Actor:
        """Return a player as of now."""
        if name not in self.actors:
            self.actors[name] = actor_of(self.accounts[name])
        return self.actors[name]

    def plan(self, at: datetime, act: Callable[[], None]) -> None:
        """Let something happen at an instant, unless that still lies ahead."""
        if at < self.now:
            heapq.heappush(self.queue, _Step(at, next(self.numbers), act))

    def run(self) -> None:
        """Live through everything in the order of time."""
        while self.queue:
            step = heapq.heappop(self.queue)
            with clock.fixed(step.at):
                step.act()


def live_through(story: Story) -> int:
    """Let the cast live through an outbreak; return how many cases were found."""
    for number, day in enumerate(story.epidemic.days):
        story.plan(story.epidemic.midnight(day), lambda day=day, n=number: _begin_day(story, day, n))
        for hours in (6, 12, 18, 23.9):
            story.plan(story.epidemic.midnight(day) + hours * HOUR, lambda: _rounds(story))
        story.plan(story.epidemic.midnight(day) + 9 * HOUR, lambda day=day: office.end_day(story, day))
    for ago in FRESH:
        story.plan(story.now - ago, lambda ago=ago: _find_next(story, story.now - ago))
    story.plan(story.now - LEFT_TO_THE_VISITOR, lambda: office.announce(story))
    story.plan(story.now - timedelta(minutes=2), _clocks)
    story.run()
    story.epidemic.written()
    return len(story.epidemic.found)


def _begin_day(story: Story, day: date, number: int) -> None:
    """People live the day, those under an order apart; some learn in its evening that they are infected."""
    story.tell("outbreak, days", number)
    poll_orders(limit=5000)
    kept = _kept_in(clock.now())
    story.epidemic.live(day, kept)
    for found in story.epidemic.found_on(day, kept):
        story.plan(found.at, lambda found=found: _find(story, found))


def _kept_in(at: datetime) -> dict[int, int]:
    """Return whom the orders in force keep where at an instant."""
    orders = Order.objects.everything("the demonstration").filter(state=OrderState.IN_FORCE)
    kept: dict[int, int] = {}
    for person, phases in orders.values_list("person_id", "phases"):
        phase = phase_at(phases, at)
        if phase is not None:
            kept[person] = max(kept.get(person, 0), AWAY if phase["kind"] in OUT else AT_HOME)
    return kept


def _find_next(story: Story, at: datetime) -> None:
    found = story.epidemic.next_found(at)
    if found is not None:
        _find(story, found)


def _find(story: Story, found: Found) -> None:
    """The laboratory enters a positive result; two hours later the investigator has asked the person."""
    story.epidemic.written()
    known = Person.objects.everything("the demonstration").get(id=found.person)
    record_result(
        story.actor("lab"),
        story.laboratory,
        ResultEntry(
            document=known.document,
            name=known.name,
            sample=f"SZ{found.at:%y%m%d}{found.person:06d}",
            sampled_at=found.at - 7 * HOUR,
            resulted_at=found.at,
            outcome=Outcome.POSITIVE,
        ),
    )
    story.plan(found.at + 2 * HOUR, lambda: _investigate(story, found))


def _investigate(story: Story, found: Found) -> None:
    """The investigator's first hours: onset from the interview, contacts, orders, zones, clocks."""
    story.epidemic.written()
    case = Case.objects.everything("the demonstration").get(person_id=found.person)
    investigator = story.actor("investigator")
    infector, place = story.epidemic.source_of(found.person)
    learned = {"isolated_at": case.diagnosed_at + HOUR, "is_imported_infection": not infector}
    if found.onset is not None:
        learned |= {"onset_on": found.onset.astimezone(clock.zone()).date(), "has_symptoms": True}
    correct_case(investigator, case, learned)
    _link_source(story, case, infector, place)
    outbox.sweep()
    if clock.now() > story.now - LEFT_TO_THE_VISITOR:
        return
    decide_contacts(investigator, case, Decided.ACCEPTED)
    drafts = Order.objects.everything("the demonstration").filter(case=case, state=OrderState.DRAFT)
    confirm_orders(investigator, list(drafts))
    for zone in Zone.objects.everything("the demonstration").filter(state=ZoneState.PROPOSED):
        confirm_zone(investigator, zone)
    clocks = Duty.objects.everything("the demonstration").filter(
        OPEN, subject_kind="case", subject_id=str(case.id), kind="case_clock"
    )
    for duty in clocks:
        do_duty(investigator, duty, {"note": "已完成"})
    outbox.sweep()


def _link_source(story: Story, case: Case, infector: int, place: int) -> None:
    """Record who infected the case, where the interview found it."""
    source = Case.objects.everything("the demonstration").filter(person_id=infector).first()
    if source is not None:
        known = Place.objects.everything("the demonstration").filter(id=place).first()
        setting = Setting(known.setting) if known else None
        add_link(story.actor("investigator"), LinkEntry(source, case, setting, note="流调"))


def _rounds(story: Story) -> None:
    """Six hours of everybody's duties, then the clocks."""
    horizon = clock.now() + 6 * HOUR
    owed = Duty.objects.everything("the demonstration").filter(
        OPEN, due_at__lt=horizon, starts_at__lte=clock.now()
    )
    done = [duty for duty in owed.filter(kind__in=FIELD_DUTIES) if story.rng.random() < SHARE_DONE]
    if done:
        do_duties(
            story.actor("city_field"),
            "4403",
            [(duty, _answer(duty, story.rng), clock.now()) for duty in done],
        )
    for duty in owed.filter(kind__in=office.DESK_DUTIES):
        office.settle(story, duty)
    outbox.sweep(limit=5000)
    _clocks()


def _clocks() -> None:
    """What the worker does all the time: duties move on, orders and zones end."""
    poll_duties(limit=5000)
    poll_orders(limit=5000)
    step_zones()


def _answer(duty: Duty, rng: np.random.Generator) -> dict[str, Any]:
    if duty.kind == "health_check":
        has_fever = rng.random() < 0.01
        temperature = round(float(rng.normal(38.2 if has_fever else 36.5, 0.25)), 1)
        return {"temperature": temperature, "symptoms": "fever" if has_fever else "none"}
    if duty.kind == "test_due":
        return {"sample": f"N{str(duty.id)[-10:]}", "method": "oropharyngeal"}
    if duty.kind == "inform_person":
        return {"outcome": "informed"}
    if duty.kind == "hand_over":
        return {"outcome": "arrived", "room": str(int(rng.integers(101, 999)))}
    return {}
