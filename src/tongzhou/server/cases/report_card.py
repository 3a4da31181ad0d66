"""The report card of a case: what the records answer, what the card keeps, what is missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils.translation import get_language

from tongzhou.core.identifiers import is_valid_document
from tongzhou.policy import FormField, missing_report_card_fields, report_card_fields
from tongzhou.server.cases.card_words import CARD_WORDS
from tongzhou.server.cases.models import Case, CaseOutcome, Classification
from tongzhou.server.cases.packs import pack_of
from tongzhou.server.cases.record_actions import KNOWN_ELSEWHERE
from tongzhou.server.vault.masking import mask_document, mask_name

CLASS_CODES = {
    Classification.SUSPECTED: "suspected",
    Classification.CLINICAL: "clinically_diagnosed",
    Classification.CONFIRMED: "confirmed",
    Classification.CARRIER: "carrier",
}
MASKS = {"name": mask_name, "document_number": mask_document, "address": lambda text: text[:6] + "*" * 4}


@dataclass(slots=True)
class ReportCard:
    """Rows of ``{name, label, value, problem}`` in the order of the form; ``kept`` is what the card itself holds."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    kept: dict[str, Any] = field(default_factory=dict)
    n_missing: int = 0


def card_of(case: Case, *, is_plain: bool = False) -> ReportCard:
    """Return the card of a case, identity masked unless `is_plain`."""
    pack = pack_of(case)
    is_chinese = (get_language() or "").startswith("zh")
    kept = {item.name: _typed(item, case.report_card.get(item.name, "")) for item in report_card_fields(pack)}
    kept = {name: value for name, value in kept.items() if value not in (None, "")}
    values = {**kept, **_known(case)}
    gaps = {gap.field.name: gap.problem for gap in missing_report_card_fields(pack, values)}
    card = ReportCard(kept=kept, n_missing=len(gaps))
    for item in report_card_fields(pack):
        value, problem = values.get(item.name), gaps.get(item.name)
        if not is_plain and value and item.name in MASKS:
            value = MASKS[item.name](value)
        card.rows.append(
            {
                "name": item.name,
                "type": item.type,
                "label": item.label.zh if is_chinese else item.label.en,
                "value": value,
                "word": _word(item, value),
                "problem": (problem.zh if is_chinese else problem.en) if problem else "",
            }
        )
    return card


def fields_to_fill(case: Case) -> list[FormField]:
    """Return the fields of the card that no other record answers."""
    known = {name for name, value in _known(case).items() if value} - {"death_on"}
    return [item for item in report_card_fields(pack_of(case)) if item.name not in known | KNOWN_ELSEWHERE]


def _known(case: Case) -> dict[str, Any]:
    """Return what the person's and the case's own records answer."""
    person = case.person
    values: dict[str, Any] = {
        "name": person.name,
        "document_number": person.document,
        "address": person.address,
        "sex": person.sex if person.sex != "unknown" else "",
        "birth_on": _birth_day(person.document),
        "population_group": person.population_group,
        "case_class": CLASS_CODES.get(Classification(case.classification), ""),
        "onset_on": case.onset_on,
        "diagnosed_at": case.diagnosed_at,
        "disease": case.disease,
        "died": case.outcome == CaseOutcome.DIED,
    }
    allowed = {item.name: item.allowed for item in report_card_fields(pack_of(case)) if item.allowed}
    return {
        name: value
        for name, value in values.items()
        if value not in (None, "") and value in allowed.get(name, (value,))
    }


def _birth_day(document: str) -> date | None:
    """Return the birth day that a valid identity number carries."""
    if not is_valid_document(document):
        return None
    try:
        return date(int(document[6:10]), int(document[10:12]), int(document[12:14]))
    except ValueError:
        return None


def _typed(item: FormField, text: str) -> Any:
    """Return a kept answer in the type the form asks; text that does not fit stays text."""
    kind = {"day": date, "instant": datetime}.get(item.type)
    if kind is None or not text:
        return text
    try:
        return kind.fromisoformat(text)
    except ValueError:
        return text


def _word(item: FormField, value: Any) -> str:
    is_coded = item.type == "choice" or item.name == "disease"
    return str(CARD_WORDS.get(value, value)) if is_coded and value else ""
