"""Orders as screens show them: words, masked persons, the bar of phases, in a constant number of queries."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language, gettext, gettext_lazy

from tongzhou.policy import OrderKind
from tongzhou.policy.model import STRICTNESS
from tongzhou.policy.words import HEADINGS, RELEASES, SPECIMENS
from tongzhou.server.areas.queries import names_of
from tongzhou.server.cases.packs import pack_named
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.sentences import say_text, shown_name
from tongzhou.server.measures import rules
from tongzhou.server.measures.advancing import what_follows
from tongzhou.server.measures.duties import WORDS
from tongzhou.server.measures.models import Order, OrderState
from tongzhou.server.vault.masking import mask_name

STATE_WORDS = {
    OrderState.DRAFT: ("neutral", gettext_lazy("Draft")),
    OrderState.AWAITING_SECOND: ("soon", gettext_lazy("Waits for a second person")),
    OrderState.IN_FORCE: ("active", gettext_lazy("In force")),
    OrderState.RELEASED: ("done", gettext_lazy("Released")),
    OrderState.REJECTED: ("void", gettext_lazy("Draft rejected")),
}
SUBJECTS = {
    "case": gettext_lazy("Case"),
    "close": gettext_lazy("Close contact"),
    "secondary": gettext_lazy("Contact of a close contact"),
    "general": gettext_lazy("General contact"),
}
CONDITIONS = {
    "child": gettext_lazy("A child"),
    "pregnant": gettext_lazy("Pregnant"),
    "chronic_illness": gettext_lazy("A chronic illness"),
    "needs_carer": gettext_lazy("Cannot be without a carer"),
}
EVENT_WORDS = {
    "order.draft": gettext_lazy("drafted by the rule"),
    "order.confirm": gettext_lazy("confirmed"),
    "order.change": gettext_lazy("changed"),
    "order.approve": gettext_lazy("approved as second person"),
    "order.reject": gettext_lazy("rejected"),
    "order.redraft": gettext_lazy("rejection taken back"),
    "order.release": gettext_lazy("released"),
    "order.duties": gettext_lazy("duties made"),
    "order.review": gettext_lazy("looked at again"),
    "order.print": gettext_lazy("printed for the person"),
    "order.withdraw": gettext_lazy("ended: its ground is gone"),
    "measure.drift": gettext_lazy("found different from its rule"),
    "appeal.open": gettext_lazy("appealed"),
    "zone.confirm": gettext_lazy("confirmed"),
    "zone.approve": gettext_lazy("approved as second person"),
    "zone.reject": gettext_lazy("rejected"),
    "zone.step": gettext_lazy("stepped down"),
    "zone.lift": gettext_lazy("lifted early"),
    "zone.raise": gettext_lazy("raised again"),
    "zone.round": gettext_lazy("round of tests all negative"),
    "zone.round_again": gettext_lazy("another round of tests owed"),
}


def is_chinese() -> bool:
    """Tell whether the active language is Chinese."""
    return (get_language() or "").startswith("zh")


def kind_word(kind: str) -> str:
    """Return the name of a kind of order in the active language."""
    return WORDS.get(kind, (kind, kind))[0 if is_chinese() else 1]


def names_of_areas(codes: set[str]) -> dict[str, str]:
    """Return the names of areas in the active language, in one query."""
    areas = names_of(codes)
    return {code: shown_name(area) for code, area in areas.items()}


def order_rows(orders: Iterable[Order]) -> list[dict[str, Any]]:
    """Return orders for a list."""
    orders = list(orders)
    areas = names_of_areas({order.area_code for order in orders})
    return [_row(order, areas) for order in orders]


def _row(order: Order, areas: dict[str, str]) -> dict[str, Any]:
    state, word = STATE_WORDS[order.state]
    return {
        "order": order,
        "url": reverse("measures:order", args=[order.id]),
        "state": state,
        "word": word,
        "kind": kind_word(order.kind),
        "subject": SUBJECTS.get(order.facts.get("subject", ""), order.facts.get("subject", "")),
        "person": mask_name(order.person.name) or f"#{order.person_id}",
        "area": areas.get(order.area_code, order.area_code),
        "ends_at": order.known_end,
        "n_findings": len(order.findings),
    }


def detail(order: Order) -> dict[str, Any]:
    """Return one order for its page."""
    pack, facts = pack_named(order.pack, order.pack_version), order.facts
    note = pack.note(order.rule_id).says
    days = ("day_0_on", "onset_on")
    instants = ("last_exposure_at", "sampled_at", "conditions_met_at")
    return {
        **order_rows([order])[0],
        "rule": note.zh if is_chinese() else note.en,
        "pack_title": pack.title.zh if is_chinese() else pack.title.en,
        "legal_source": facts.get("legal_source", ""),
        "days": [(FACT_WORDS[name], facts[name]) for name in days if facts.get(name)],
        "instants": [(FACT_WORDS[name], facts[name]) for name in instants if facts.get(name)],
        "conditions": [CONDITIONS.get(name, name) for name in facts.get("conditions", ())],
        "told": told_lines(order, "zh" if is_chinese() else "en"),
        "findings": finding_rows(order.findings),
        "releases": _releases(order),
        "is_open_ended": rules.is_open_ended(order.phases),
        "following": _following(order),
    }


def _following(order: Order) -> str:
    """Return what the rule asks of the person if the conditions of the order are met now."""
    if order.state != OrderState.IN_FORCE or not rules.is_open_ended(order.phases):
        return ""
    following = what_follows(order, clock.now())
    return str(following["facts"]["told"]["what"][0 if is_chinese() else 1]) if following else ""


FACT_WORDS = {
    "day_0_on": gettext_lazy("Day 0"),
    "onset_on": gettext_lazy("Onset"),
    "last_exposure_at": gettext_lazy("Last contact"),
    "sampled_at": gettext_lazy("First positive sample"),
    "conditions_met_at": gettext_lazy("Conditions met"),
}


def _releases(order: Order) -> list[str]:
    known = [RELEASES.get(name) for name in order.phases[-1].get("release", ())]
    return [(text.zh if is_chinese() else text.en) for text in known if text]


def told_lines(order: Order, language: str) -> list[tuple[str, str]]:
    """Return what the person is told, as pairs of heading and sentence in ``zh`` or ``en``."""
    at = 0 if language.startswith("zh") else 1
    told = order.facts.get("told") or {}
    found = [(HEADINGS[name], told[name][at]) for name in HEADINGS if told.get(name)]
    return [(heading.zh if at == 0 else heading.en, sentence) for heading, sentence in found if sentence]


def finding_rows(findings: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what goes beyond the rule in the active language."""
    language = "zh" if is_chinese() else "en"
    return [
        {"clause": item["clause"], "says": item[f"says_{language}"], "ground": item[f"ground_{language}"]}
        for item in findings
    ]


def test_rows(order: Order, duties: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the tests of an order with the duty that asks for each; `duties` by ``phase:day``."""
    rows = []
    for test in order.tests:
        specimen = SPECIMENS.get(test["specimen"])
        rows.append(
            {
                **test,
                "phase_word": kind_word(test["phase"]),
                "specimen_word": (specimen.zh if is_chinese() else specimen.en) if specimen else "",
                "duty": duties.get(f"{test['phase']}:{test['day']}"),
            }
        )
    return rows


def time_bar(order: Order) -> dict[str, Any]:
    """Return the phases, tests and the present instant on one axis of 0 to 100."""
    now = clock.now()
    start, end = order.starts_at, order.released_at or _shown_end(order, now)
    end = max(end, start + timedelta(hours=1))

    def at(instant: datetime) -> float:
        share = (instant - start) / (end - start)
        return round(100 * min(max(share, 0.0), 1.0), 2)

    phases = []
    for phase in order.phases:
        first = at(datetime.fromisoformat(phase["starts_at"]))
        last = at(datetime.fromisoformat(phase["ends_at"])) if phase["ends_at"] else 100.0
        opacity = STRICTNESS[OrderKind(phase["kind"])] / 4
        word = kind_word(phase["kind"])
        phases.append(
            {**phase, "x": first, "width": max(last - first, 0.0), "opacity": opacity, "word": word}
        )
    return {
        "phases": phases,
        "tests": [at(datetime.fromisoformat(test["from_at"])) for test in order.tests],
        "now": at(now) if start <= now <= end else None,
        "from_at": start,
        "until_at": end,
        "is_open": not order.phases[-1]["ends_at"],
    }


def _shown_end(order: Order, now: datetime) -> datetime:
    return rules.next_review(order.phases, max(now, order.starts_at)) or order.ends_at


def event_rows(events: Iterable[tuple[Any, str]]) -> list[dict[str, Any]]:
    """Return the history of a record in words."""
    return [
        {"at": event.at, "who": _actor_word(name), "what": EVENT_WORDS.get(event.action, event.action)}
        for event, name in events
    ]


def order_history(order: Order, events: Iterable[tuple[Any, str]], confirmed_by: str) -> list[dict[str, Any]]:
    """Return the history of an order in words; what was done to many at once stands in the order's own record."""
    events = list(events)
    rows, told = event_rows(events), {event.action for event, _ in events}
    rows.append({"at": order.recorded_at, "who": gettext("the system"), "what": EVENT_WORDS["order.draft"]})
    if order.confirmed_at and "order.confirm" not in told:
        rows.append({"at": order.confirmed_at, "who": confirmed_by, "what": EVENT_WORDS["order.confirm"]})
    if order.released_at and not told & {"order.release", "order.withdraw", "order.reject"}:
        rows.append(
            {
                "at": order.released_at,
                "who": "",
                "what": EVENT_WORDS["order.release"],
                "why": say_text(order.release_reason),
            }
        )
    return sorted(rows, key=lambda row: row["at"])


def _actor_word(name: str) -> str:
    return gettext("the system") if name.startswith("system:") else name
