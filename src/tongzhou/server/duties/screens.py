"""Duties as screens show them: title, state word, people masked, in a constant number of queries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from django.utils.translation import get_language, gettext, gettext_lazy

from tongzhou.server.areas.queries import names_of
from tongzhou.server.duties.kinds import get_kind
from tongzhou.server.duties.models import Duty
from tongzhou.server.duties.rules import DutyState
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.sentences import shown_name

STATE_WORDS = {
    DutyState.OPEN: ("neutral", gettext_lazy("To do")),
    DutyState.DUE_SOON: ("soon", gettext_lazy("Due soon")),
    DutyState.LATE: ("late", gettext_lazy("Late")),
    DutyState.DONE: ("done", gettext_lazy("Done")),
    DutyState.DONE_LATE: ("done", gettext_lazy("Done late")),
    DutyState.REFUSED: ("danger", gettext_lazy("Refused")),
    DutyState.CANCELLED: ("void", gettext_lazy("Cancelled")),
}
NOTE_WORDS = {
    "made": gettext_lazy("made"),
    "due_soon": gettext_lazy("due soon"),
    "late": gettext_lazy("late"),
    "escalated": gettext_lazy("told one level up"),
    "handed_over": gettext_lazy("handed over"),
    "done": gettext_lazy("done"),
    "refused": gettext_lazy("refused"),
    "cancelled": gettext_lazy("cancelled"),
    "closed_open": gettext_lazy("left open at the daily close"),
}

GROUP_ROWS = 20
"""How many duties of one group the close lists."""


def area_words(codes: Iterable[str]) -> dict[str, str]:
    """Return the names of areas in the active language; one query."""
    return {code: shown_name(area) for code, area in names_of({code for code in codes if code}).items()}


def evidence_rows(duty: Duty) -> list[tuple[str, Any]]:
    """Return what was answered to settle a duty, in words."""
    position = 1 if (get_language() or "").startswith("zh") else 2
    asked = {field.name: field for field in get_kind(duty.kind).evidence}
    rows = []
    for name, value in duty.evidence.items():
        field = asked.get(name)
        words = {choice[0]: choice[position] for choice in field.choices} if field else {}
        label = (field.label_zh if position == 1 else field.label_en) if field else name
        shown = (
            {True: gettext("yes"), False: gettext("no")}.get(value, value)
            if isinstance(value, bool)
            else value
        )
        rows.append((label, words.get(value, f"{shown} {field.unit}".strip() if field else shown)))
    return rows


def rows_of(duties: Iterable[Duty], names: Mapping[int, str] | None = None) -> list[dict[str, Any]]:
    """Return duties for a list or a board; `names` are masked, by person number."""
    duties = list(duties)
    areas = area_words({duty.area_code for duty in duties} | {duty.escalated_to for duty in duties})
    language, now = get_language() or "en", clock.now()
    rows = []
    for duty in duties:
        state, word = STATE_WORDS[duty.state_at(now)]
        rows.append(
            {
                "duty": duty,
                "title": duty.title(language),
                "who": (names or {}).get(duty.person_number or 0, ""),
                "state": state,
                "word": word,
                "area": areas.get(duty.area_code, duty.area_code),
                "told": areas.get(duty.escalated_to, duty.escalated_to),
                "holder": (duty.holder.display_name or duty.holder.username) if duty.holder else "",
            }
        )
    return rows


def groups_to_explain(duties: Sequence[Duty], given: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return duties left at the close by kind, state and holder: one reason explains a group.

    The first of a group are listed, each with a field of its own for what was different.
    """
    now, language = clock.now(), get_language() or "en"
    by_key: dict[str, list[Duty]] = {}
    for duty in duties:
        by_key.setdefault(group_key(duty), []).append(duty)
    found = []
    for key, members in sorted(by_key.items(), key=lambda item: -len(item[1])):
        state, word = STATE_WORDS[members[0].state_at(now)]
        holder = members[0].holder
        found.append(
            {
                "key": key,
                "label": get_kind(members[0].kind).label(language),
                "state": state,
                "word": word,
                "holder": (holder.display_name or holder.username) if holder else "",
                "n": len(members),
                "n_more": max(len(members) - GROUP_ROWS, 0),
                "why": given.get(f"why-{key}", ""),
                "rows": [
                    {**row, "why": given.get(f"why-{row['duty'].id}", "")}
                    for row in rows_of(islice(members, GROUP_ROWS))
                ],
            }
        )
    return found


def group_key(duty: Duty) -> str:
    """Return what makes duties one group at the close."""
    return f"{duty.kind}-{duty.state_at(clock.now()).value}-{duty.holder_id or 0}"


def reasons_given(duties: Iterable[Duty], given: Mapping[str, str]) -> dict[str, str]:
    """Return why, by duty: its own reason, else that of its group."""
    return {
        str(duty.id): given.get(f"why-{duty.id}") or given.get(f"why-{group_key(duty)}", "")
        for duty in duties
    }
