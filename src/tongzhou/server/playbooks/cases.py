"""A positive result opens a case; an open case starts its clocks, its search for contacts, and its drafts."""

from __future__ import annotations

from django.db.models import Q

from tongzhou.core.access import system_actor
from tongzhou.policy import due_clocks
from tongzhou.server.access.actions import acting
from tongzhou.server.access.rules import Permission
from tongzhou.server.cases.actions import CaseEntry, open_case
from tongzhou.server.cases.models import Case, Classification, Contact
from tongzhou.server.cases.packs import pack_of
from tongzhou.server.cases.tracing import trace_contacts
from tongzhou.server.duties.actions import DutyDraft, create_duty
from tongzhou.server.kernel.models import Fact
from tongzhou.server.kernel.outbox import consumes
from tongzhou.server.labs.models import PositiveResult
from tongzhou.server.measures.ground import update_orders

PLAYBOOKS = system_actor("playbooks")


@consumes("result.positive")
def open_case_of_positive(fact: Fact) -> None:
    """Open a case for the person of a positive result, unless they have an open one."""
    positive = (
        PositiveResult.objects.everything("playbook").select_related("person").get(id=fact.payload["result"])
    )
    open_case(
        PLAYBOOKS,
        CaseEntry(
            person=positive.person,
            diagnosed_at=positive.resulted_at,
            first_sampled_at=positive.sampled_at,
            source="laboratory",
            external_id=str(positive.id),
        ),
    )


@consumes("case.opened")
def start_case(fact: Fact) -> None:
    """Start the clocks of a case, find its contacts and draft their orders."""
    case = Case.objects.everything("playbook").select_related("person").get(id=fact.payload["case"])
    start_clocks(case)
    trace_and_draft(case)


@consumes("case.corrected")
def search_again(fact: Fact) -> None:
    """Search and draft again when the facts of a case changed."""
    trace_and_draft(Case.objects.everything("playbook").get(id=fact.payload["case"]))


@consumes("itinerary.changed")
def search_after_interview(fact: Fact) -> None:
    """Search again for the open cases that a person is, or was exposed to, when their stays or trips changed."""
    person = fact.payload["person"]
    cases = Case.objects.everything("playbook").filter(
        Q(person=person) | Q(contacts__person=person), outcome=""
    )
    for case in cases.exclude(classification=Classification.DISCARDED).distinct():
        trace_and_draft(case)


@consumes("exposures.decided")
def draft_after_exposures(fact: Fact) -> None:
    """Bring the drafts of a case up to what was decided of its exposures."""
    update_orders(PLAYBOOKS, Case.objects.everything("playbook").get(id=fact.payload["case"]))


@consumes("secondary.found")
def draft_for_secondary(fact: Fact) -> None:
    """Draft the orders of the contacts of close contacts."""
    update_orders(PLAYBOOKS, Case.objects.everything("playbook").get(id=fact.payload["case"]))


def start_clocks(case: Case) -> None:
    """Make the duties that the pack's clocks owe for a case."""
    pack = pack_of(case)
    with acting(PLAYBOOKS, Permission.DUTY_ASSIGN, case.area_code, "case.clocks", ("case", case.id)):
        for due in due_clocks(
            pack, diagnosed_at=case.diagnosed_at, reported_at=case.diagnosed_at, graded_at=case.diagnosed_at
        ):
            create_duty(
                DutyDraft(
                    kind="case_clock",
                    subject=("case", str(case.id)),
                    area_code=case.area_code,
                    due_at=due.due_at,
                    starts_at=due.starts_at,
                    dedupe_key=f"case:{case.id}:{due.rule_id}",
                    post_kind=due.post,
                    params={
                        "number": case.number,
                        "name_zh": due.name.zh,
                        "name_en": due.name.en,
                        "rule": due.rule_id,
                    },
                ),
                PLAYBOOKS,
            )


def trace_and_draft(case: Case) -> None:
    """Find the contacts of a case and draft every order that the pack asks for."""
    trace_contacts(PLAYBOOKS, case)
    update_orders(PLAYBOOKS, case)


@consumes("contact.decided")
def draft_after_decision(fact: Fact) -> None:
    """Bring the drafts of a case up to an investigator's decision."""
    contact = Contact.objects.everything("playbook").select_related("case").get(id=fact.payload["contact"])
    update_orders(PLAYBOOKS, contact.case)


@consumes("contacts.decided")
def draft_after_decisions(fact: Fact) -> None:
    """Bring the drafts of a case up to an investigator's decisions."""
    update_orders(PLAYBOOKS, Case.objects.everything("playbook").get(id=fact.payload["case"]))
