"""Draft orders from accepted or proposed contacts and from cases; nothing here is in force.

Drafting again replaces an older draft of the same ground and never touches an order in force.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from tongzhou.core.access import Actor
from tongzhou.core.exposures import Grade
from tongzhou.core.time import local_day
from tongzhou.policy import (
    MeasureFacts,
    OrderDraft,
    Pack,
    SubjectFacts,
    SubjectKind,
    Text,
    check_measure,
    draft_order,
    explain,
    measure_of,
)
from tongzhou.server.access.actions import acting
from tongzhou.server.access.rules import Permission
from tongzhou.server.cases.models import Case, Contact, Decided, ExposureRecord
from tongzhou.server.cases.packs import pack_of
from tongzhou.server.kernel import clock
from tongzhou.server.measures import rules
from tongzhou.server.measures.models import Order, OrderState

CHUNK = 500


def draft_for_case(actor: Actor, case: Case) -> list[Order]:
    """Draft the isolation of a case and the orders of all its standing contacts.

    Needs: order.confirm in the case's area. Writes: Order (drafts). Records: order.draft.
    Idempotent by case, person and rule: an unchanged draft stays, a changed one is replaced.
    """
    pack = pack_of(case)
    contacts = Contact.objects.everything("contacts of the case").filter(case=case)
    standing = contacts.exclude(decision=Decided.REJECTED).exclude(grade=Grade.NONE.value)
    with acting(actor, Permission.ORDER_CONFIRM, case.area_code, "order.draft", ("case", case.id)) as record:
        orders = [order for order in [_case_order(pack, case)] if order]
        orders += _contact_orders(pack, case, list(standing.select_related("person")))
        n_new = _write(case, orders)
        record.detail = {"n_drafts": n_new}
    return orders


def _case_order(pack: Pack, case: Case) -> Order | None:
    facts = SubjectFacts(
        case.person_id, onset_on=case.onset_on, sampled_at=case.first_sampled_at or case.diagnosed_at
    )
    draft = draft_order(pack, facts, SubjectKind.CASE, clock.now())
    return (
        _order(pack, draft, case, None, case.person_id, case.area_code, facts)
        if draft.is_restricting
        else None
    )


def _contact_orders(pack: Pack, case: Case, contacts: list[Contact]) -> Iterable[Order]:
    reasons = _deciding_reasons(case)
    for contact in contacts:
        facts = SubjectFacts(
            contact.person_id,
            last_exposure_at=contact.last_exposure_at,
            exposure_reason=reasons.get((contact.id, contact.grade)),
        )
        draft = draft_order(pack, facts, Grade(contact.grade), clock.now())
        if draft.is_restricting:
            yield _order(pack, draft, case, contact, contact.person_id, contact.area_code, facts)


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


def _order(
    pack: Pack,
    draft: OrderDraft,
    case: Case,
    contact: Contact | None,
    person_id: int,
    area_code: str,
    facts: SubjectFacts,
) -> Order:
    now = clock.now()
    findings = check_measure(pack, measure_of(draft, now), MeasureFacts(person=facts))
    told = explain(draft, pack)
    phases = rules.phases_as_data(draft)
    return Order(
        number=rules.order_number(area_code, local_day(now, clock.zone()), secrets.token_hex(3)),
        area_code=area_code,
        person_id=person_id,
        case=case,
        contact=contact,
        kind=draft.kind.value,
        pack=pack.name,
        pack_version=pack.version,
        rule_id=draft.rule_id,
        facts=_facts_as_data(draft, case, contact, facts),
        phases=phases,
        tests=rules.tests_as_data(draft),
        starts_at=draft.start_at,
        ends_at=rules.end_of(phases),
        reason_zh="\n".join(sentence for _, sentence in told.lines("zh")),
        reason_en="\n".join(sentence for _, sentence in told.lines("en")),
        findings=rules.findings_as_data(findings),
        dedupe_key=f"{case.id}:{person_id}:{draft.subject.value}",
    )


def _facts_as_data(
    draft: OrderDraft, case: Case, contact: Contact | None, facts: SubjectFacts
) -> dict[str, object]:
    return {
        "subject": draft.subject.value,
        "day_0_on": draft.day_0_on.isoformat() if draft.day_0_on else None,
        "case": str(case.id),
        "contact": str(contact.id) if contact else None,
        "last_exposure_at": facts.last_exposure_at.isoformat() if facts.last_exposure_at else None,
        "onset_on": facts.onset_on.isoformat() if facts.onset_on else None,
        "sampled_at": facts.sampled_at.isoformat() if facts.sampled_at else None,
        "exposure_zh": facts.exposure_reason.zh if facts.exposure_reason else "",
        "exposure_en": facts.exposure_reason.en if facts.exposure_reason else "",
        "conditions": sorted(facts.conditions),
        "legal_source": draft.legal_source,
    }


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
    Order.objects.bulk_create(fresh, batch_size=CHUNK, ignore_conflicts=True)
    return len(fresh)


def _differs(known: Order, new: Order | None) -> bool:
    return new is None or (new.ends_at, new.kind, new.facts) != (known.ends_at, known.kind, known.facts)
