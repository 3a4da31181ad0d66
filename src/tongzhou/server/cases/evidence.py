"""The evidence of one exposure: two bars on a time axis, or the seats of the carriage."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from tongzhou.core.time import local_day
from tongzhou.policy import Pack
from tongzhou.server.cases.models import Case, ExposureRecord
from tongzhou.server.cases.screens import carriage_word, exposure_row, is_chinese, masked_name
from tongzhou.server.kernel import clock
from tongzhou.server.movement.ledger_door import get_ledger
from tongzhou.server.movement.queries import as_instant
from tongzhou.server.movement.words import source_word

MARGIN_ROWS = 2
COLUMNS = {
    "aircraft": ["A", "B", "C", "|", "D", "E", "F"],
    "train_closed": ["A", "B", "C", "|", "D", "F"],
    "train_open": ["A", "B", "C", "|", "D", "F"],
}
PLAIN_COLUMNS = ["A", "B", "|", "C", "D"]


def evidence_of(case: Case, exposure: ExposureRecord, pack: Pack) -> dict[str, Any]:
    """Return ``{kind, content}`` for the drawing, with the facts that the exposure rests on."""
    facts = _facts(exposure)
    if exposure.conveyance and _rows(exposure):
        return {"kind": "seats", "content": seat_plan(case, exposure, pack), "facts": facts}
    return {"kind": "bars", "content": overlap(case, exposure, facts), "facts": facts}


def _facts(exposure: ExposureRecord) -> list[dict[str, Any]]:
    """Return the ledger rows that the evidence names, with whose they are."""
    found: list[dict[str, Any]] = []
    for table in ("stays", "trips"):
        numbers = [int(ref.partition(":")[2]) for ref in exposure.evidence if ref.startswith(f"{table}:")]
        if numbers:
            rows = get_ledger().select(table, row_ids=numbers).to_dicts()
            found += [{**row, "table": table} for row in rows]
    return found


def overlap(case: Case, exposure: ExposureRecord, facts: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the content of the overlap bars."""
    row = exposure_row(exposure)
    own = _span(facts, case.person_id) or (exposure.from_at, exposure.until_at)
    theirs = _span(facts, exposure.contact.person_id) or (exposure.from_at, exposure.until_at)
    start, end = max(own[0], theirs[0]), min(own[1], theirs[1])
    shared = None
    if end > start:
        minutes = round((end - start).total_seconds() / 60)
        shared = {"from": start.isoformat(), "until": end.isoformat(), "minutes": minutes}
    linger = None
    if exposure.linger_minutes:
        linger = {"until": exposure.until_at.isoformat(), "minutes": round(exposure.linger_minutes)}
    return {
        "place": row["where"],
        "case": _bar(gettext("Case %(number)s") % {"number": case.number[-3:]}, own),
        "contact": _bar(masked_name(exposure.contact.person), theirs),
        "shared": shared,
        "lingering": linger,
        "evidence": sorted({source_word(fact["source"]) for fact in facts}) or [row["origin"]],
    }


def _span(facts: list[dict[str, Any]], person: int) -> tuple[datetime, datetime] | None:
    own = [fact for fact in facts if fact["person"] == person]
    if not own:
        return None
    return as_instant(min(fact["from_s"] for fact in own)), as_instant(max(fact["until_s"] for fact in own))


def _bar(label: str, span: tuple[datetime, datetime]) -> dict[str, str]:
    return {"label": label, "from": span[0].isoformat(), "until": span[1].isoformat()}


def _rows(exposure: ExposureRecord) -> list[int]:
    return [seat["row"] for seat in exposure.seats.values() if seat.get("row")]


def seat_plan(case: Case, exposure: ExposureRecord, pack: Pack) -> dict[str, Any]:
    """Return the rows around the case, with everybody who was exposed on this trip."""
    others = (
        ExposureRecord.objects.everything("of the same trip of a visible case")
        .filter(case=case, conveyance=exposure.conveyance, vehicle=exposure.vehicle, from_at=exposure.from_at)
        .select_related("contact", "contact__person")[:200]
    )
    seated = [(other, other.seats.get("other") or {}) for other in others]
    own = exposure.seats.get("case") or {}
    contacts = [
        {
            "row": seat["row"],
            "column": seat["column"],
            "grade": other.grade,
            "label": masked_name(other.contact.person),
        }
        for other, seat in seated
        if seat.get("row") and seat.get("column") and _same_carriage(own, seat)
    ]
    rows = [row for row in [own.get("row"), *(contact["row"] for contact in contacts)] if row]
    content: dict[str, Any] = {
        "label": " ".join(
            part for part in [exposure.vehicle, carriage_word(exposure.conveyance, own)] if part
        ),
        "on": local_day(exposure.from_at, clock.zone()).isoformat(),
        "columns": _columns(exposure, [own, *(seat for _, seat in seated)]),
        "case": [{"row": own["row"], "column": own["column"], "label": case.number}]
        if own.get("row")
        else [],
        "contacts": contacts,
        "rule": _rule_words(pack, exposure.rule_id),
    }
    first, last = _reach(exposure, own, pack)
    content["rows"] = list(
        range(max(1, min([*rows, first]) - MARGIN_ROWS), max([*rows, last]) + MARGIN_ROWS + 1)
    )
    if own.get("row") and last > first:
        content["rule_rows"] = [max(1, first), last]
    return content


def _same_carriage(own: dict[str, Any], seat: dict[str, Any]) -> bool:
    return (own.get("carriage") or "") == (seat.get("carriage") or "")


def _columns(exposure: ExposureRecord, seats: list[dict[str, Any]]) -> list[str]:
    columns = list(COLUMNS.get(exposure.conveyance, PLAIN_COLUMNS))
    extra = sorted({seat["column"] for seat in seats if seat.get("column")} - set(columns))
    return columns + extra


def _reach(exposure: ExposureRecord, own: dict[str, Any], pack: Pack) -> tuple[int, int]:
    """Return the first and last row that the pack's rule for this conveyance covers."""
    row = own.get("row") or min(_rows(exposure))
    around = [
        rule.rows_around
        for rule in pack.contact_rules.seats
        if rule.conveyance.value == exposure.conveyance
        and (not rule.seat_class or rule.seat_class == own.get("seat_class"))
    ]
    reach = around[0] if around else 0
    return row - reach, row + reach


def _rule_words(pack: Pack, rule_id: str) -> str:
    if rule_id.split("/", maxsplit=1)[0] not in pack.notes:
        return ""
    says = pack.note(rule_id).says
    return str(says.zh if is_chinese() else says.en)
