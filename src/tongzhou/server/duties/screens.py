"""Duties as screens show them: title, state word, people masked, in a constant number of queries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import get_language, gettext_lazy

from tongzhou.server.areas.queries import names_of
from tongzhou.server.duties.models import Duty
from tongzhou.server.duties.rules import DutyState
from tongzhou.server.kernel import clock

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


def rows_of(duties: Iterable[Duty]) -> list[dict[str, Any]]:
    """Return duties for a list or a board."""
    duties = list(duties)
    areas = names_of({duty.area_code for duty in duties} | {duty.escalated_to for duty in duties})
    language, now = get_language() or "en", clock.now()
    is_chinese = language.startswith("zh")

    def area_name(code: str) -> str:
        area = areas.get(code)
        return (area.name_zh if is_chinese else area.name_en or area.name_zh) if area else code

    rows = []
    for duty in duties:
        state, word = STATE_WORDS[duty.state_at(now)]
        rows.append(
            {
                "duty": duty,
                "title": duty.title(language),
                "state": state,
                "word": word,
                "area": area_name(duty.area_code),
                "told": area_name(duty.escalated_to) if duty.escalated_to else "",
                "holder": (duty.holder.display_name or duty.holder.username) if duty.holder else "",
            }
        )
    return rows
