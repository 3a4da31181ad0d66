"""Published bulletins are public; drafts exist only as composed figures."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from tongzhou.core.access import Actor
from tongzhou.core.errors import NotVisible
from tongzhou.server.access.queries import require_anywhere
from tongzhou.server.access.rules import Permission
from tongzhou.server.audit.queries import events_of
from tongzhou.server.kernel.records import ScopedQuerySet
from tongzhou.server.measures.models import Order, OrderState
from tongzhou.server.portal.models import Bulletin

MEASURES = ("confirmed", "suspected", "discharged", "deaths")


def published_bulletins(area_code: str = "") -> QuerySet[Bulletin]:
    """Return what was published, latest cut-off first. Public."""
    bulletins = Bulletin.objects.everything("published to everybody")
    return bulletins.filter(area_code=area_code) if area_code else bulletins


def verify_bulletins() -> list[tuple[int, str]]:
    """Return the published bulletins that are gone, altered or never recorded, by the number of their event."""
    known = {str(bulletin.id): bulletin for bulletin in published_bulletins()}
    faults = []
    for event in events_of("bulletin.publish").order_by("seq"):
        bulletin = known.pop(event.subject_id, None)
        if bulletin is None:
            faults.append((event.seq, f"the bulletin {event.subject_id} is missing"))
        elif event.detail.get("whole", digest_whole(bulletin)) != digest_whole(bulletin):
            faults.append((event.seq, f"the bulletin {bulletin.id} was altered"))
    return faults + [(0, f"the bulletin {number} was never recorded") for number in sorted(known)]


def digest_whole(bulletin: Bulletin) -> str:
    """Return the SHA-256 of everything that a published bulletin says."""
    names = (
        "area_code",
        "figures",
        "text_zh",
        "text_en",
        "digest",
        "published_by",
        "correction_zh",
        "correction_en",
    )
    said = {name: getattr(bulletin, name) for name in names}
    said |= {"day": bulletin.day.isoformat(), "cutoff": bulletin.cutoff_at.timestamp()}
    text = json.dumps({**said, "corrects": str(bulletin.corrects_id or "")}, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def get_bulletin(bulletin_id: UUID) -> Bulletin:
    """Return one published bulletin; raises NotVisible."""
    found = published_bulletins().select_related("corrects").filter(id=bulletin_id).first()
    if found is None:
        raise NotVisible("portal.no_bulletin", "No such bulletin.", "Choose one from the list of bulletins.")
    return found


def own_orders(actor: Actor) -> ScopedQuerySet:
    """Return a resident's own orders that were confirmed, latest first. Needs: own.read."""
    scope = require_anywhere(actor, Permission.OWN_READ)
    shown = (OrderState.IN_FORCE, OrderState.RELEASED)
    return Order.objects.all().within(scope).filter(state__in=shown).order_by("-starts_at")


def list_differences(old: dict[str, Any], new: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what two bulletins state differently, the whole area first.

    Returns
    -------
    list of {code, name, name_en, measure, before, after}; ``None`` where one of them states nothing
    """
    before = {line["code"]: line for line in old["areas"]} | {"": old}
    after = {line["code"]: line for line in new["areas"]} | {"": new}
    lines_of = {**before, **after}
    found = []
    for code in dict.fromkeys(["", *after, *before]):
        for measure in MEASURES:
            was, now = (lines.get(code, {}).get(measure) for lines in (before, after))
            if was != now:
                line = lines_of[code] if code else new["area"]
                found.append({**_named(line), "measure": measure, "before": was, "after": now})
    return found


def _named(line: dict[str, Any]) -> dict[str, Any]:
    return {key: line.get(key, "") for key in ("code", "name", "name_en")}
