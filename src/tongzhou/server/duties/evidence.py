"""Check the answers that settle a duty against the questions of its kind."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tongzhou.core.errors import InputError
from tongzhou.server.duties.kinds import DutyKind, EvidenceField, EvidenceType


def check_evidence(kind: DutyKind, given: dict[str, Any]) -> dict[str, Any]:
    """Return the evidence with each answer in its type; raises InputError naming every wrong one."""
    checked: dict[str, Any] = {}
    faults: list[str] = []
    for asked in kind.evidence:
        value = given.get(asked.name)
        if value in (None, ""):
            if asked.is_required:
                faults.append(f"{asked.name} is missing")
            continue
        try:
            checked[asked.name] = _read_answer(asked, value)
        except ValueError as fault:
            faults.append(f"{asked.name}: {fault}")
    if unknown := sorted(set(given) - {asked.name for asked in kind.evidence}):
        faults.append(f"not asked for: {', '.join(unknown)}")
    if faults:
        raise InputError(
            "duties.bad_evidence",
            f"The duty cannot be settled: {'; '.join(faults)}.",
            "Answer every question of the form.",
            {"faults": faults},
        )
    return checked


def _read_answer(asked: EvidenceField, value: Any) -> Any:
    if asked.type is EvidenceType.CHOICE:
        allowed = [choice[0] for choice in asked.choices]
        if value not in allowed:
            raise ValueError(f"{value!r} is not one of {', '.join(allowed)}")
        return value
    if asked.type is EvidenceType.FLAG:
        return value in (True, "true", "on", "1", 1)
    if asked.type is EvidenceType.INSTANT:
        return datetime.fromisoformat(str(value)).isoformat()
    if asked.type is EvidenceType.NUMBER:
        return _read_number(asked, value)
    return str(value)[:2000]


def _read_number(asked: EvidenceField, value: Any) -> float:
    number = float(value)
    low, high = asked.minimum, asked.maximum
    if (low is not None and number < low) or (high is not None and number > high):
        raise ValueError(f"{number:g} is outside {low:g} to {high:g} {asked.unit}".strip())
    return number
