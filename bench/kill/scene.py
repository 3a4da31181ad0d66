"""What the killed processes work on: a day's duties that nobody closed, and draft orders that nobody confirmed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import islice

from tongzhou.core.access import system_actor

COUNTY = "440305"
GRIDS = tuple(f"{COUNTY}{street:03d}{community:03d}001" for street in (1, 2) for community in range(1, 6))
NOON = datetime(2022, 7, 12, 4, tzinfo=UTC)
"""The instant at which everything happens, so that runs can be compared to the last column."""
YESTERDAY = NOON - timedelta(hours=16)
CONTACTS = 100
"""Of each case; the last three are contacts of the next one too, and are confirmed one by one."""
SHARED = 3
PICKED = "picked.json"
"""In the home folder: the drafts that were shown, and are asked for again whatever became of them."""
BENCH = system_actor("bench")
EVIDENCE = {"temperature": 36.5, "symptoms": "none"}


def build(n_duties: int, n_orders: int) -> None:
    """Write areas, an officer, duties of yesterday and drafts of today, by the actions that users use."""
    from django.conf import settings

    from tongzhou.server.kernel import clock
    from tongzhou.server.measures.models import Order

    with clock.fixed(YESTERDAY - timedelta(hours=5)):
        _areas_and_officer()
        _owe(n_duties)
    with clock.fixed(NOON - timedelta(hours=1)):
        _draft(n_orders)
    drafts = Order.objects.everything("bench").order_by("id").values_list("id", flat=True)
    (settings.HOME / PICKED).write_text(json.dumps(list(drafts), default=str), encoding="utf-8")


def _areas_and_officer() -> None:
    from tongzhou.server.access.actions import appoint, create_account, grant_role, open_post
    from tongzhou.server.areas.actions import load_areas

    levels = {9: ("street", "街道"), 12: ("community", "社区"), 15: ("grid", "网格")}
    codes = sorted({grid[:length] for grid in GRIDS for length in levels})
    load_areas(
        {"code": code, "level": levels[len(code)][0], "name_zh": f"{levels[len(code)][1]}{code[-3:]}"}
        for code in codes
    )
    officer = create_account(BENCH, "officer", "a-long-enough-password")
    grant_role(BENCH, officer, "area_officer", COUNTY)
    appoint(BENCH, officer, open_post(BENCH, COUNTY, "area_officer"))


def _owe(n_duties: int) -> None:
    """Owe duties of yesterday; a third was done in time, a tenth late, the others are left."""
    from tongzhou.server.access.actions import acting
    from tongzhou.server.access.rules import Permission
    from tongzhou.server.duties.actions import DutyDraft, create_duties, do_duties
    from tongzhou.server.duties.models import Duty

    drafts = (
        DutyDraft(
            kind="health_check", subject=("round", str(number)), area_code=GRIDS[number % len(GRIDS)],
            due_at=YESTERDAY, starts_at=YESTERDAY - timedelta(hours=4), dedupe_key=f"bench:{number}",
        )
        for number in range(n_duties)
    )  # fmt: skip
    with acting(BENCH, Permission.DUTY_ASSIGN, COUNTY, "duty.make"):
        create_duties(drafts, BENCH)
    duties = Duty.objects.everything("bench").order_by("id").iterator()
    done_at = [YESTERDAY - timedelta(hours=1)] * (n_duties // 3) + [YESTERDAY + timedelta(hours=1)] * (
        n_duties // 10
    )
    do_duties(BENCH, COUNTY, [(duty, EVIDENCE, at) for duty, at in zip(duties, done_at, strict=False)])


def _draft(n_orders: int) -> None:
    """Open cases of a hundred contacts each; the playbooks draft the isolation and the quarantines."""
    from tongzhou.server.cases.actions import CaseEntry, open_case
    from tongzhou.server.cases.models import Contact
    from tongzhou.server.measures.drafting import draft_for_case
    from tongzhou.server.people.models import Person

    n_cases = -(-n_orders // CONTACTS)
    people = Person.objects.bulk_create(
        [Person(area_code=GRIDS[number % len(GRIDS)]) for number in range(n_orders + n_cases)], batch_size=500
    )
    cases, others = people[:n_cases], people[n_cases:]
    for number, person in enumerate(cases):
        case = open_case(BENCH, CaseEntry(person=person, diagnosed_at=NOON - timedelta(hours=2)))
        start = max(0, number * CONTACTS - SHARED)
        Contact.objects.bulk_create(
            Contact(
                case=case, person=contact, area_code=contact.area_code, grade="close",
                last_exposure_at=NOON - timedelta(days=1),
            )
            for contact in islice(others, start, (number + 1) * CONTACTS)
        )  # fmt: skip
        draft_for_case(BENCH, case)
