"""The outbreak of the demonstration, lived through by its cast: results, decisions, orders, duties.

Runs in the order of time with the clock held at each step, through the actions that users use.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import numpy as np
import polars as pl

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
from tongzhou.server.measures.zone_clock import step_zones
from tongzhou.server.measures.zoning import confirm_zone
from tongzhou.server.people.models import Person

HOUR = timedelta(hours=1)
LEFT_TO_THE_VISITOR = timedelta(hours=10)
"""Cases found later than this before now are left undecided, so that there is something to do."""
FIELD_DUTIES = ("inform_person", "hand_over", "health_check", "test_due")
"""Kinds of duty that the field settles round by round; the others wait for a person's decision."""
FRESH = timedelta(minutes=50)
"""How long ago the last case was found."""
SHARE_DONE = 0.97
"""Share of duties that the cast settles in time; the rest shows up as late."""


@dataclass(order=True)
class _Step:
    at: datetime
    number: int
    act: Callable[[], None] = field(compare=False)


@dataclass
class Story:
    """The cast, the laboratory and a queue of what happens when."""

    accounts: dict[str, Account]
    laboratory: Laboratory
    now: datetime
    rng: np.random.Generator
    tell: Callable[[str, int], None] = lambda what, n: None
    queue: list[_Step] = field(default_factory=list)
    numbers: Any = field(default_factory=count)
    actors: dict[str, Actor] = field(default_factory=dict)
    sources: dict[int, tuple[int, str]] = field(default_factory=dict)
    """Infector and setting of each infected person, as the interviews will find them."""

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
        n_steps = 0
        while self.queue:
            step = heapq.heappop(self.queue)
            with clock.fixed(step.at):
                step.act()
            n_steps += 1
            self.tell("outbreak", n_steps)


def live_through(story: Story, infections: pl.DataFrame, n_cases: int) -> int:
    """Let the cast live through an outbreak; return how many cases were found.

    infections : frame — of `tongzhou.epi.simulate.outbreak.spread_on_stays`
    """
    story.sources = {
        row["person"]: (row["infector"], row["setting"])
        for row in infections.iter_rows(named=True)
        if row["infector"]
    }
    found = detections(infections, story, n_cases)
    for person, at, onset in found:
        story.plan(at, lambda person=person, at=at: _find(story, person, at))
        story.plan(at + 2 * HOUR, lambda person=person, onset=onset: _investigate(story, person, onset))
    start = min((at for _, at, _ in found), default=story.now)
    for hours in range(6, int((story.now - start) / HOUR) + 6, 6):
        story.plan(min(start + hours * HOUR, story.now - timedelta(minutes=2)), lambda: _rounds(story))
    story.run()
    return len(found)


def detections(
    infections: pl.DataFrame, story: Story, n_cases: int
) -> list[tuple[int, datetime, datetime | None]]:
    """Return who is found when: after symptoms, or by the tests that follow the infector's result.

    Draws from a generator of its own, so that asking twice gives the same answer.
    """
    rng = np.random.default_rng(n_cases)
    found: dict[int, datetime] = {}
    onsets: dict[int, datetime | None] = {}
    for row in infections.iter_rows(named=True):
        onset = datetime.fromtimestamp(row["onset_s"], UTC)
        delay = timedelta(days=float(rng.uniform(0.8, 2.2)))
        infector = found.get(row["infector"] or 0)
        at = onset + delay if row["is_symptomatic"] or infector is None else infector + timedelta(days=1.5)
        found[row["person"]] = at
        onsets[row["person"]] = onset if row["is_symptomatic"] else None
    due = sorted((at, person) for person, at in found.items())
    past = [(at, person) for at, person in due if at < story.now - LEFT_TO_THE_VISITOR][
        : min(n_cases, len(due)) - 1
    ]
    rest = [person for at, person in due if (at, person) not in past][:1]
    fresh = [(story.now - FRESH, person) for person in rest]
    return [(person, at, onsets[person]) for at, person in past + fresh]


def _find(story: Story, person: int, at: datetime) -> None:
    known = Person.objects.everything("the demonstration").get(id=person)
    record_result(
        story.actor("lab"),
        story.laboratory,
        ResultEntry(
            document=known.document,
            name=known.name,
            sample=f"SZ{at:%y%m%d}{person:06d}",
            sampled_at=at - 7 * HOUR,
            resulted_at=at,
            outcome=Outcome.POSITIVE,
        ),
    )


def _investigate(story: Story, person: int, onset: datetime | None) -> None:
    """The investigator's first hours: onset from the interview, contacts, orders, zones, clocks."""
    case = Case.objects.everything("the demonstration").filter(person_id=person).first()
    if case is None:
        return
    investigator = story.actor("investigator")
    isolated = {"isolated_at": case.diagnosed_at + HOUR}
    if onset is not None and onset < case.diagnosed_at:
        isolated |= {"onset_on": onset.astimezone(clock.zone()).date(), "has_symptoms": True}
    correct_case(investigator, case, isolated)
    _link_source(story, case)
    outbox.sweep()
    if clock.now() > story.now - LEFT_TO_THE_VISITOR:
        return
    decide_contacts(investigator, case, Decided.ACCEPTED)
    outbox.sweep()
    drafts = Order.objects.everything("the demonstration").filter(case=case, state=OrderState.DRAFT)
    confirm_orders(investigator, list(drafts))
    for zone in Zone.objects.everything("the demonstration").filter(state=ZoneState.PROPOSED):
        confirm_zone(investigator, zone)
    clocks = Duty.objects.everything("the demonstration").filter(
        OPEN, subject_kind="case", subject_id=str(case.id)
    )
    for duty in clocks.filter(kind="case_clock"):
        do_duty(investigator, duty, {"note": "已完成"})
    outbox.sweep()


def _link_source(story: Story, case: Case) -> None:
    """Record who infected the case, where the interview found it."""
    infector, setting = story.sources.get(case.person_id, (0, ""))
    source = Case.objects.everything("the demonstration").filter(person_id=infector).first()
    if source is not None:
        add_link(story.actor("investigator"), LinkEntry(source, case, Setting(setting), note="流调"))


def _rounds(story: Story) -> None:
    """Six hours of everybody's duties, then the clocks."""
    horizon = clock.now() + 6 * HOUR
    duties = list(
        Duty.objects.everything("the demonstration")
        .filter(OPEN, due_at__lt=horizon, starts_at__lte=clock.now())
        .filter(kind__in=FIELD_DUTIES)
    )
    done = [duty for duty in duties if story.rng.random() < SHARE_DONE]
    do_duties(
        story.actor("city_field"), "4403", [(duty, _answer(duty, story.rng), clock.now()) for duty in done]
    )
    outbox.sweep(limit=5000)
    poll_duties(limit=5000)
    poll_orders()
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
