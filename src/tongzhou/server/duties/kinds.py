"""The registry of kinds of duty: what it is called, whose it is, and what counts as done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from tongzhou.core.errors import InputError


class EvidenceType(StrEnum):
    """How one piece of evidence is given."""

    TEXT = "text"
    CHOICE = "choice"
    NUMBER = "number"
    FLAG = "flag"
    INSTANT = "instant"


@dataclass(frozen=True, slots=True)
class EvidenceField:
    """One question that must be answered to call a duty done."""

    name: str
    label_zh: str
    label_en: str
    type: EvidenceType = EvidenceType.TEXT
    choices: tuple[tuple[str, str, str], ...] = ()
    """(value, Chinese, English)."""
    is_required: bool = True
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True)
class DutyKind:
    """One kind of duty.

    label : what many of this kind are called in a table or a filter
    title : what one is called, with its values in braces
    post : the post that does it (a `PostKind` value)
    warns_before : how long before `due_at` it shows as due soon
    escalates_every : after `due_at`, how long until the next level up is told, again and again to the top
    family : task, directive, ticket, inspection, handover, alert
    """

    name: str
    label_zh: str
    label_en: str
    title_zh: str
    title_en: str
    post: str
    family: str = "task"
    warns_before: timedelta = timedelta(minutes=30)
    escalates_every: timedelta = timedelta(hours=2)
    evidence: tuple[EvidenceField, ...] = ()
    can_refuse: bool = True

    def label(self, language: str) -> str:
        """Return what many of this kind are called."""
        return self.label_zh if language.startswith("zh") else self.label_en


_kinds: dict[str, DutyKind] = {}


def register_kind(kind: DutyKind) -> DutyKind:
    """Add a kind of duty; called by the app that makes such duties when it starts."""
    _kinds[kind.name] = kind
    return kind


def get_kind(name: str) -> DutyKind:
    """Return a registered kind; raises InputError that lists the known ones."""
    try:
        return _kinds[name]
    except KeyError:
        raise InputError(
            "duties.unknown_kind",
            f"No kind of duty is called {name!r}.",
            f"Known: {', '.join(sorted(_kinds))}.",
        ) from None


def all_kinds() -> list[DutyKind]:
    """Return every registered kind by name."""
    return [_kinds[name] for name in sorted(_kinds)]
