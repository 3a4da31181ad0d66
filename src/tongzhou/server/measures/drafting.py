"""Draft orders from accepted or proposed contacts and from cases; nothing here is in force.

Drafting again replaces an older draft of the same ground and never touches an order in force. Somebody whose
order in force reaches as far already gets no second one.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from tongzhou.core.access import Actor
from tongzhou.core.exposures import Grade
from tongzhou.core.time import local_day
from tongzhou.policy import (
    MeasureFacts,
    Pack,
    SubjectFacts,
    SubjectKind,
    Text,
    check_measure,
    draft_order,
    explain,
    measure_of,
)
from tongzhou.policy.words import HEADINGS
from tongzhou.server.access.actions import acting
from tongzhou.server.access.rules import Permission
from tongzhou.server.cases.models import Case, Classification, Contact, Decided, ExposureRecord
from tongzhou.server.cases.packs import pack_named, pack_of
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.bulk import insert_rows
from tongzhou.server.measures import rules
from tongzhou.server.measures.models import Order, OrderState

CHUNK = 500
ANCHORS = ("subject", "last_exposure_at", "onset_on", "sampled_at")


def draft_for_case(actor: Actor, case: Case) -> list[Order]:
    """Draft the isolation of a case and the orders of all its standing contacts; none for a discarded case.

    Needs: order.confirm in the case's area. Writes: Order (drafts). Records: order.draft.
    Idempotent by case, person and the facts of the rule: an unchanged draft stays, a changed one is replaced.
    """
    pack = pack_of(case)
    with acting(actor, Permission.ORDER_CONFIRM, case.area_code, "order.draft", ("case", case.id)) as record:
        orders = [] if case.classification == Classification.DISCARDED else list(_wanted(pack, case))
        n_new = _write(case, orders)
        record.detail = {"n_drafts": n_new}
    return orders


def _wanted(pack: Pack, case: Case) -> Iterable[Order]:
    facts = SubjectFacts(
        case.person_id, onset_on=case.onset_on, sampled_at=case.first_sampled_at or case.diagnosed_at
    )
    grounds = [(SubjectKind.CASE, facts, None, case.area_code)]
    contacts = Contact.objects.everything("contacts of the case").filter(case=case)
    reasons = _deciding_reasons(case)
    for contact in contacts.exclude(decision=Decided.REJECTED).exclude(grade=Grade.NONE.value):
        reason = reasons.get((contact.id, contact.grade))
        facts = SubjectFacts(
            contact.person_id, last_exposure_at=contact.last_exposure_at, exposure_reason=reason
        )
        grounds.append((SubjectKind(contact.grade), facts, contact, contact.area_code))
    for subject, facts, contact, area_code in grounds:
        fields = lay_out(pack, facts, subject, clock.now())
        if fields:
            yield _order(pack, case, contact, area_code, fields)


def _deciding_reasons(case: Case) -> dict[tuple[object, str], Text]:
    """Return, for each contact and grade, the sentence of its latest standing exposure."""
    rows = (
        ExposureRecord.objects.everything("reasons of the case's contacts")
        .filter(case=case)
        .exclude(decision=Decided.REJECTED)
        .order_by("until_at")
        .values_list("contact_id", "grade", "reason_zh", "reason_en")
    )
    return {(contact, grade): Text(zh, en) for contact, grade, zh, en in rows}


def lay_out(
    pack: Pack, facts: SubjectFacts, subject: SubjectKind, now: datetime, asked_until: datetime | None = None
) -> dict[str, Any] | None:
    """Return the fields of an order that the pack asks for from `now` on; ``None`` when it asks nothing.

    `asked_until` is an end that a person asked for instead of the rule's; what is stricter is in `findings`.
    """
    draft = draft_order(pack, facts, subject, now)
    if not draft.is_restricting:
        return None
    if asked_until:
        last = replace(draft.phases[-1], until_at=asked_until)
        tests = tuple(test for test in draft.tests if test.from_at < asked_until)
        draft = replace(draft, phases=(*draft.phases[:-1], last), tests=tests)
    told, phases = explain(draft, pack), rules.phases_as_data(draft)
    findings = check_measure(pack, measure_of(draft, now), MeasureFacts(person=facts))
    return {
        "person_id": facts.person,
        "kind": draft.kind.value,
        "rule_id": draft.rule_id,
        "phases": phases,
        "tests": rules.tests_as_data(draft),
        "starts_at": draft.start_at,
        "ends_at": rules.end_of(phases),
        "reason_zh": "\n".join(sentence for _, sentence in told.lines("zh")),
        "reason_en": "\n".join(sentence for _, sentence in told.lines("en")),
        "findings": rules.findings_as_data(findings),
        "facts": {
            "subject": subject.value,
            "day_0_on": draft.day_0_on.isoformat() if draft.day_0_on else None,
            "last_exposure_at": _text(facts.last_exposure_at),
            "onset_on": _text(facts.onset_on),
            "sampled_at": _text(facts.sampled_at),
            "conditions_met_at": _text(facts.conditions_met_at),
            "exposure_zh": facts.exposure_reason.zh if facts.exposure_reason else "",
            "exposure_en": facts.exposure_reason.en if facts.exposure_reason else "",
            "conditions": sorted(facts.conditions),
            "asked_until": _text(asked_until),
            "legal_source": draft.legal_source,
            "told": {name: [getattr(told, name).zh, getattr(told, name).en] for name in HEADINGS},
        },
    }


def _text(value: Any) -> str | None:
    return value.isoformat() if value else None


def _order(pack: Pack, case: Case, contact: Contact | None, area_code: str, fields: dict[str, Any]) -> Order:
    today, facts = local_day(clock.now(), clock.zone()), fields["facts"]
    ground = "|".join(str(facts[name]) for name in ANCHORS)
    digest = hashlib.sha256(ground.encode()).hexdigest()[:12]
    links = {"case": str(case.id), "contact": str(contact.id) if contact else None}
    return Order(
        number=rules.order_number(area_code, today, secrets.token_hex(3)),
        area_code=area_code,
        case=case,
        contact=contact,
        pack=pack.name,
        pack_version=pack.version,
        dedupe_key=f"{case.id}:{fields['person_id']}:{digest}",
        **{**fields, "facts": {**facts, **links}},
    )


def facts_of(order: Order) -> SubjectFacts:
    """Return the facts that a stored order rests on, as the policy wants them."""
    facts = order.facts
    reason = Text(facts["exposure_zh"], facts["exposure_en"]) if facts.get("exposure_zh") else None
    return SubjectFacts(
        order.person_id,
        last_exposure_at=_instant(facts.get("last_exposure_at")),
        onset_on=datetime.fromisoformat(facts["onset_on"]).date() if facts.get("onset_on") else None,
        sampled_at=_instant(facts.get("sampled_at")),
        conditions_met_at=_instant(facts.get("conditions_met_at")),
        conditions=frozenset(facts.get("conditions", ())),
        exposure_reason=reason,
    )


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def count_again(order: Order, **asked: Any) -> bool:
    """Bring a draft up to now, keeping the end and conditions that a person asked for; tell whether any is left.

    An order starts when somebody confirms it, never when the machine drafted it. Nothing is written here.
    `asked`: ``asked_until`` and ``conditions`` replace what the draft has.
    """
    pack = pack_named(order.pack, order.pack_version)
    facts = facts_of(order)
    if "conditions" in asked:
        facts = replace(facts, conditions=frozenset(asked["conditions"]))
    until = asked["asked_until"] if "asked_until" in asked else _instant(order.facts.get("asked_until"))
    fields = lay_out(pack, facts, SubjectKind(order.facts["subject"]), clock.now(), until)
    if fields is None:
        return False
    fields["facts"] = {**order.facts, **fields["facts"]}
    for name, value in fields.items():
        setattr(order, name, value)
    return order.ends_at > clock.now()


def _write(case: Case, orders: list[Order]) -> int:
    """Write drafts that are new or changed; drafts whose ground is gone are removed."""
    known = {order.dedupe_key: order for order in Order.objects.everything("of the case").filter(case=case)}
    wanted = {order.dedupe_key: order for order in orders}
    stale = [
        order.id
        for key, order in known.items()
        if order.state == OrderState.DRAFT and _differs(order, wanted.get(key))
    ]
    for start in range(0, len(stale), CHUNK):
        Order.objects.everything("stale drafts").filter(
            id__in=stale[start : start + CHUNK], state=OrderState.DRAFT
        ).delete()
    gone = set(stale)
    kept = {key for key, order in known.items() if order.id not in gone}
    fresh = [order for order in orders if order.dedupe_key not in kept]
    held = orders_in_force({order.person_id for order in fresh})
    fresh = [
        order
        for order in fresh
        if not any(rules.covers(other.phases, order.phases) for other in held.get(order.person_id, ()))
    ]
    insert_rows(fresh, ignore_conflicts=True)
    return len(fresh)


def orders_in_force(persons: Iterable[int]) -> dict[int, list[Order]]:
    """Return the orders in force of some persons, by person."""
    wanted, found = sorted(set(persons)), {}
    for start in range(0, len(wanted), CHUNK):
        rows = Order.objects.everything("one person, several cases").filter(
            person_id__in=wanted[start : start + CHUNK], state=OrderState.IN_FORCE
        )
        for order in rows:
            found.setdefault(order.person_id, []).append(order)
    return found


def _differs(known: Order, new: Order | None) -> bool:
    """Tell whether a draft no longer says what is wanted; what a person changed in it stays."""
    if new is None:
        return True
    if known.facts.get("asked_until") or known.facts.get("conditions"):
        return False
    return (new.ends_at, new.kind, _ground(new)) != (known.ends_at, known.kind, _ground(known))


def _ground(order: Order) -> dict[str, Any]:
    return {name: value for name, value in order.facts.items() if name not in ("told", "day_0_on")}
