"""Cases and exposures as screens show them: words, states, masked people, in a constant number of queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import get_language, gettext, gettext_lazy

from tongzhou.core.access import Actor
from tongzhou.core.exposures import Conveyance, Grade
from tongzhou.policy import OrderKind
from tongzhou.policy.words import ORDER_KINDS
from tongzhou.server.access.queries import scope_for
from tongzhou.server.access.rules import Permission
from tongzhou.server.areas.queries import names_of
from tongzhou.server.cases.models import Case, CaseOutcome, Classification, Contact, Decided, ExposureRecord
from tongzhou.server.cases.queries import names_of_actors
from tongzhou.server.duties.models import Duty
from tongzhou.server.kernel.sentences import shown_name
from tongzhou.server.movement.words import conveyance_word, setting_word
from tongzhou.server.people.models import Person, Place
from tongzhou.server.vault.masking import mask_name

LEAST_REASON = 4
CLASSES = {
    Classification.SUSPECTED: ("soon", gettext_lazy("Suspected")),
    Classification.CLINICAL: ("active", gettext_lazy("Clinically diagnosed")),
    Classification.CONFIRMED: ("danger", gettext_lazy("Confirmed")),
    Classification.CARRIER: ("active", gettext_lazy("Infected, no symptoms")),
    Classification.DISCARDED: ("void", gettext_lazy("Discarded")),
}
OUTCOMES = {
    CaseOutcome.NONE: ("active", gettext_lazy("Ongoing")),
    CaseOutcome.RECOVERED: ("done", gettext_lazy("Recovered")),
    CaseOutcome.DIED: ("void", gettext_lazy("Died")),
}
DECISIONS = {
    Decided.PROPOSED: ("soon", gettext_lazy("To decide")),
    Decided.ACCEPTED: ("active", gettext_lazy("Accepted")),
    Decided.REJECTED: ("void", gettext_lazy("Rejected")),
}
GRADES = {
    Grade.CLOSE: ("danger", gettext_lazy("Close contact")),
    Grade.SECONDARY: ("soon", gettext_lazy("Secondary contact")),
    Grade.GENERAL: ("neutral", gettext_lazy("General contact")),
    Grade.NONE: ("void", gettext_lazy("No contact")),
}


def is_chinese() -> bool:
    """Tell whether the active language is Chinese."""
    return (get_language() or "").startswith("zh")


def place_name(place: Place | None) -> str:
    """Return a place's name in the active language."""
    if place is None:
        return gettext("Unregistered place")
    return shown_name(place)


def masked_name(person: Person) -> str:
    """Return the name as lists show it; the number for somebody without one."""
    return mask_name(person.name) or gettext("Person %(number)s") % {"number": person.id}


def class_badge(case: Case) -> dict[str, str]:
    """Return the state and word of a case's classification."""
    state, word = CLASSES[Classification(case.classification)]
    return {"state": state, "word": str(word)}


def case_rows(cases: Sequence[Case]) -> list[dict[str, Any]]:
    """Return cases for a list, with their areas, contacts and most urgent clock; three queries."""
    identifiers = [case.id for case in cases]
    areas = names_of({case.area_code[:length] for case in cases for length in (6, 9)})
    counts = _contact_counts(identifiers)
    clocks = open_clocks(identifiers)
    return [
        {
            "case": case,
            "name": masked_name(case.person),
            **class_badge(case),
            "area": _area_words(areas, case.area_code),
            "contacts": counts.get(case.id, (0, 0)),
            "clock": next(iter(clocks.get(str(case.id), [])), None),
            "url": reverse("cases:case", args=[case.id]),
        }
        for case in cases
    ]


def _area_words(areas: dict[str, Any], code: str) -> str:
    steps = [areas[code[:length]] for length in (6, 9) if code[:length] in areas]
    return " ".join(shown_name(area) for area in steps)


def _contact_counts(identifiers: Sequence[object]) -> dict[object, tuple[int, int]]:
    """Return, for each case, how many contacts stand and how many wait for a decision."""
    rows = (
        Contact.objects.everything("counts of visible cases")
        .filter(case_id__in=identifiers)
        .exclude(decision=Decided.REJECTED)
        .order_by()
        .values("case_id")
        .annotate(n=Count("id"), n_open=Count("id", filter=Q(decision=Decided.PROPOSED)))
    )
    return {row["case_id"]: (row["n"], row["n_open"]) for row in rows}


def open_clocks(
    identifiers: Iterable[object], *, with_settled: bool = False
) -> dict[str, list[dict[str, Any]]]:
    """Return the clocks of cases, most urgent first, by the case's identifier."""
    duties = Duty.objects.everything("clocks of visible cases").filter(
        subject_kind="case",
        subject_id__in=[str(one) for one in identifiers],
        kind="case_clock",
        cancelled_at=None,
    )
    if not with_settled:
        duties = duties.filter(done_at=None, refused_at=None)
    clocks: dict[str, list[dict[str, Any]]] = {}
    for duty in duties.order_by("due_at"):
        name = duty.params.get("name_zh" if is_chinese() else "name_en", "")
        row = {
            "label": name,
            "due": duty.due_at,
            "started": duty.starts_at,
            "done": duty.done_at,
            "url": reverse("duties:detail", args=[duty.id]),
        }
        clocks.setdefault(duty.subject_id, []).append(row)
    return clocks


def head_of(actor: Actor, case: Case, current: str) -> dict[str, Any]:
    """Return what stands above every tab of a case: who, how sure, the clocks, the tabs."""
    n_contacts, n_open = _contact_counts([case.id]).get(case.id, (0, 0))
    return {
        "case": case,
        "name": masked_name(case.person),
        "class": class_badge(case),
        "outcome": dict(zip(("state", "word"), OUTCOMES[CaseOutcome(case.outcome)], strict=True)),
        "clocks": open_clocks([case.id], with_settled=True).get(str(case.id), []),
        "n_contacts": n_contacts,
        "n_open": n_open,
        "tabs": _tabs(case, current, n_open),
        "current": current,
        "can_write": may(actor, Permission.CASE_WRITE, case.area_code),
        "can_unmask": may(actor, Permission.PERSON_UNMASK, case.person.area_code),
        "can_see_person": may(actor, Permission.PERSON_READ, case.person.area_code),
    }


def may(actor: Actor, permission: Permission, area_code: str) -> bool:
    """Tell whether an actor has a permission in an area."""
    return any(area_code.startswith(prefix) for prefix in scope_for(actor, permission).prefixes)


TABS = (
    ("case", gettext_lazy("Timeline and map")),
    ("exposures", gettext_lazy("Exposures")),
    ("orders", gettext_lazy("Orders")),
    ("links", gettext_lazy("Chain")),
    ("report", gettext_lazy("Report")),
    ("log", gettext_lazy("Log")),
)


def _tabs(case: Case, current: str, n_open: int) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            "url": reverse(f"cases:{name}", args=[case.id]),
            "is_current": name == current,
            "n": n_open if name == "exposures" else 0,
        }
        for name, label in TABS
    ]


def exposure_rows(exposures: Iterable[ExposureRecord]) -> list[dict[str, Any]]:
    """Return exposures for the table of a case."""
    return [exposure_row(exposure) for exposure in exposures]


def exposure_row(exposure: ExposureRecord) -> dict[str, Any]:
    """Return one exposure: who, where, how long, seats, grade and reason in the active language."""
    state, word = DECISIONS[Decided(exposure.decision)]
    grade_state, grade = GRADES[Grade(exposure.grade)]
    is_trip = bool(exposure.conveyance)
    where = (
        f"{conveyance_word(exposure.conveyance)} {exposure.vehicle}"
        if is_trip
        else place_name(exposure.place)
    )
    if not is_trip and exposure.place is None:
        where = setting_word(exposure.setting)
    return {
        "exposure": exposure,
        "name": masked_name(exposure.contact.person),
        "person_id": exposure.contact.person_id,
        "where": where,
        "setting": setting_word(exposure.setting),
        "seats": seat_words(exposure.conveyance, exposure.seats),
        "grade_state": grade_state,
        "grade": grade,
        "reason": exposure.reason_zh if is_chinese() else exposure.reason_en,
        "decision_state": state,
        "decision": word,
        "origin": gettext("Interview") if exposure.origin == "interview" else gettext("Found in the records"),
    }


def seat_words(conveyance: str, seats: dict[str, Any]) -> str:
    """Return the seats of case and contact in short, case first."""
    parts = [seats[who] for who in ("case", "other") if who in seats]
    return " / ".join(
        f"{carriage_word(conveyance, seat)} {seat.get('row') or ''}{seat.get('column') or ''}".strip() or "?"
        for seat in parts
    )


def carriage_word(conveyance: str, seat: dict[str, Any]) -> str:
    """Return the carriage of a seat in words; a flight has one cabin and nobody counts it."""
    carriage = seat.get("carriage")
    if not carriage or conveyance == Conveyance.AIRCRAFT:
        return ""
    return gettext("carriage %(number)s") % {"number": carriage}


ORDER_STATES = {
    "draft": ("soon", gettext_lazy("Draft")),
    "awaiting_second": ("soon", gettext_lazy("Awaits a second person")),
    "in_force": ("active", gettext_lazy("In force")),
    "released": ("done", gettext_lazy("Released")),
    "rejected": ("void", gettext_lazy("Rejected")),
}


def order_rows(orders: Iterable[Any]) -> list[dict[str, Any]]:
    """Return orders of a case for its tab."""
    rows = []
    for order in orders:
        state, word = ORDER_STATES[order.state]
        words = ORDER_KINDS.get(OrderKind(order.kind))
        reason = order.reason_zh if is_chinese() else order.reason_en
        kind = (words.zh if is_chinese() else words.en) if words else order.kind
        rows.append(
            {
                "order": order,
                "name": masked_name(order.person),
                "kind": kind,
                "state": state,
                "word": word,
                "reason": reason.split("\n", maxsplit=1)[0],
            }
        )
    return rows


EVENTS = {
    "case.open": gettext_lazy("Case opened"),
    "case.clocks": gettext_lazy("Clocks started"),
    "case.correct": gettext_lazy("Facts corrected"),
    "case.end": gettext_lazy("Outcome recorded"),
    "case.trace": gettext_lazy("Contacts searched"),
    "case.report_card": gettext_lazy("Report card saved"),
    "case.trace_secondary": gettext_lazy("Contacts of contacts searched"),
    "case.import": gettext_lazy("Case imported"),
    "contact.decide": gettext_lazy("Contact decided"),
    "contact.decide_many": gettext_lazy("Contacts decided"),
    "contact.mark": gettext_lazy("Contact followed up"),
    "order.draft": gettext_lazy("Orders drafted"),
    "exposures.decide": gettext_lazy("Exposures decided"),
    "exposure.add": gettext_lazy("Exposure added"),
    "link.add": gettext_lazy("Link added"),
    "link.remove": gettext_lazy("Link taken back"),
    "zone.propose": gettext_lazy("Zones proposed"),
    "stay.add": gettext_lazy("Stay added"),
    "stay.correct": gettext_lazy("Stay corrected"),
    "stay.withdraw": gettext_lazy("Stay taken back"),
    "trip.add": gettext_lazy("Trip added"),
    "trip.correct": gettext_lazy("Trip corrected"),
    "trip.withdraw": gettext_lazy("Trip taken back"),
}
DETAILS = {
    "n_exposures": gettext_lazy("exposures"),
    "n_contacts": gettext_lazy("contacts"),
    "n_drafts": gettext_lazy("new drafts"),
    "n_proposed": gettext_lazy("proposed"),
    "n_persons": gettext_lazy("persons"),
    "changed": gettext_lazy("changed"),
    "fields": gettext_lazy("fields"),
    "decision": gettext_lazy("decision"),
    "outcome": gettext_lazy("outcome"),
    "row": gettext_lazy("row"),
    "replaced_by": gettext_lazy("replaced by"),
    "n": gettext_lazy("count"),
}
FACT_WORDS: dict[str, Any] = {
    **{kind.value: word for kind, (_, word) in DECISIONS.items()},
    "classification": gettext_lazy("classification"),
    "has_symptoms": gettext_lazy("symptoms"),
    "onset_on": gettext_lazy("onset"),
    "first_sampled_at": gettext_lazy("first positive sample"),
    "isolated_at": gettext_lazy("isolation"),
    "severity": gettext_lazy("severity"),
    "is_imported_infection": gettext_lazy("infected elsewhere"),
    "recovered": gettext_lazy("recovered"),
    "died": gettext_lazy("died"),
    "outcome": gettext_lazy("outcome"),
    "note": gettext_lazy("note"),
}
"""What a log names: facts of a case and decisions."""
SYSTEM = "system:"


def event_rows(events: Iterable[Any]) -> list[dict[str, Any]]:
    """Return audit events with who acted and what changed; one query."""
    events = list(events)
    names = names_of_actors({event.actor_id for event in events})
    return [
        {
            "event": event,
            "what": EVENTS.get(event.action, event.action),
            "who": gettext("The system")
            if event.actor_id.startswith(SYSTEM)
            else names.get(event.actor_id, ""),
            "detail": " · ".join(
                f"{DETAILS[key]} {_plain(value)}" for key, value in event.detail.items() if key in DETAILS
            ),
        }
        for event in events
    ]


def _plain(value: Any) -> str:
    return ", ".join(map(_word, value)) if isinstance(value, list) else _word(value)


def _word(value: Any) -> str:
    return str(FACT_WORDS.get(str(value), value))
