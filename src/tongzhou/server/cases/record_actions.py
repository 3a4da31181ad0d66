"""Write the report card of a case and the links of its chain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from tongzhou.core.access import Actor
from tongzhou.core.errors import Conflict, InputError
from tongzhou.core.exposures import Setting
from tongzhou.policy import report_card_fields
from tongzhou.server.access.actions import acting
from tongzhou.server.access.rules import Permission
from tongzhou.server.cases.models import Case, TransmissionLink
from tongzhou.server.cases.packs import pack_of

KNOWN_ELSEWHERE = frozenset(
    {"name", "document_number", "address", "case_class", "onset_on", "diagnosed_at", "disease"}
)
"""Fields that the person's or the case's own record answers; the card keeps no second copy of them."""


def save_report_card(actor: Actor, case: Case, values: dict[str, Any]) -> Case:
    """Keep the answers of the report card that no other record holds.

    Needs: case.write. Writes: Case.report_card. Records: case.report_card with the names of the fields. Raises
    InputError for a field that the pack's card lacks or that another record answers.
    """
    allowed = {field.name for field in report_card_fields(pack_of(case))} - KNOWN_ELSEWHERE
    if wrong := set(values) - allowed:
        raise InputError(
            "cases.not_on_card",
            f"{', '.join(sorted(wrong))} cannot be kept on the card.",
            f"The card keeps {', '.join(sorted(allowed))}.",
        )
    with acting(
        actor, Permission.CASE_WRITE, case.area_code, "case.report_card", ("case", case.id)
    ) as record:
        case = Case.objects.everything("locked for the card").select_for_update().get(id=case.id)
        kept = {**case.report_card, **{name: _as_text(value) for name, value in values.items()}}
        case.report_card = {name: value for name, value in kept.items() if value}
        case.save(update_fields=["report_card"])
        record.detail = {"fields": sorted(values)}
    return case


def _as_text(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value or "").strip()


@dataclass(frozen=True, slots=True)
class LinkEntry:
    """Who infected whom, where, and how that is known."""

    infector: Case
    infectee: Case
    setting: Setting | None = None
    probability: float = 1.0
    note: str = ""


def add_link(actor: Actor, entry: LinkEntry) -> TransmissionLink:
    """Say that one case infected another.

    Needs: case.write in the infectee's area. Writes: TransmissionLink. Records: link.add. Idempotent by pair.
    Raises Conflict when the other direction is recorded, or the two are one.
    """
    infector, infectee = entry.infector, entry.infectee
    if infector.id == infectee.id:
        raise Conflict("cases.own_infector", "A case cannot infect itself.", "Choose the other case.")
    links = TransmissionLink.objects.everything("of the pair")
    if links.filter(infector=infectee, infectee=infector).exists():
        raise Conflict(
            "cases.both_directions", "The other direction is recorded already.", "Take that link back first."
        )
    with acting(
        actor, Permission.CASE_WRITE, infectee.area_code, "link.add", ("case", infectee.id)
    ) as record:
        link, is_new = links.get_or_create(
            infector=infector,
            infectee=infectee,
            defaults={
                "area_code": infectee.area_code,
                "setting": entry.setting.value if entry.setting else "",
                "probability": entry.probability,
                "source": "investigation",
                "note": entry.note.strip()[:300],
            },
        )
        record.detail = {"infector": str(infector.id), "is_new": is_new}
    return link


def remove_link(actor: Actor, case: Case, link_id: object, reason: str) -> None:
    """Take a link of a case back.

    Needs: case.write in the infectee's area. Writes: TransmissionLink. Records: link.remove. Raises InputError
    without a reason or for a link of another case.
    """
    links = TransmissionLink.objects.everything("of the case").filter(id=link_id)
    link = links.filter(Q(infector=case) | Q(infectee=case)).first()
    if link is None:
        raise InputError("cases.no_such_link", "This case has no such link.", "Reload the page.")
    if len(reason.strip()) < 2:
        raise InputError("cases.no_reason", "Taking a link back needs a reason.", "Say what was wrong.")
    with acting(
        actor, Permission.CASE_WRITE, link.area_code, "link.remove", ("case", link.infectee_id)
    ) as record:
        record.detail = {"infector": str(link.infector_id), "reason_length": len(reason.strip())}
        links.delete()
