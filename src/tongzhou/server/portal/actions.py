"""Publish a bulletin; publish a correction beside the one it corrects."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tongzhou.core.access import Actor
from tongzhou.core.errors import Conflict, InputError
from tongzhou.server.access.actions import acting
from tongzhou.server.access.queries import require
from tongzhou.server.access.rules import Permission
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.outbox import publish
from tongzhou.server.portal.curve import curve_of
from tongzhou.server.portal.figures import compose_figures
from tongzhou.server.portal.models import Bulletin
from tongzhou.server.portal.queries import digest_whole, published_bulletins
from tongzhou.server.portal.wording import digest_of, json_of, text_of


@dataclass(frozen=True, slots=True)
class BulletinOrder:
    """What to publish. ``digest`` is what the officer saw: figures that changed since are not published unseen."""

    area_code: str
    on: date
    cutoff: str = "24:00"
    digest: str = ""
    correction_zh: str = ""
    correction_en: str = ""


def publish_bulletin(actor: Actor, order: BulletinOrder) -> Bulletin:
    """Publish the bulletin of an area at a cut-off.

    Needs: bulletin.publish in the area. Writes: Bulletin. Records: bulletin.publish; publishes
    ``bulletin.published``. Idempotent by area, cut-off and content. Another one for the same cut-off is a
    correction, names the one it corrects and says why in both languages.

    Raises
    ------
    Conflict : ``portal.changed`` — the figures are no longer the ones that were shown
    InputError : ``portal.no_reason`` — a correction without its words; ``bulletin.no_figures``
    """
    require(actor, Permission.BULLETIN_PUBLISH, order.area_code)
    figures = compose_figures(order.area_code, order.on, order.cutoff)
    document = json_of(figures)
    digest = digest_of(document)
    if order.digest and order.digest != digest:
        raise Conflict("portal.changed", "The figures changed while you read them.", "Check them again.")
    earlier = published_bulletins(order.area_code).filter(cutoff_at=figures.as_of)
    if known := earlier.filter(digest=digest).first():
        return known
    corrected = earlier.order_by("-published_at").first()
    if corrected and not (order.correction_zh.strip() and order.correction_en.strip()):
        message = "A bulletin of this cut-off is published already: this one corrects it."
        raise InputError(
            "portal.no_reason", message, "Say in Chinese and in English what was corrected and why."
        )
    with acting(actor, Permission.BULLETIN_PUBLISH, order.area_code, "bulletin.publish") as record:
        bulletin = Bulletin.objects.create(
            area_code=order.area_code,
            day=figures.on,
            cutoff_at=figures.as_of,
            figures={**document, "curve": curve_of(figures)},
            text_zh=text_of(figures, "zh"),
            text_en=text_of(figures, "en"),
            digest=digest,
            published_at=clock.now(),
            published_by=actor.account_id,
            corrects=corrected,
            correction_zh=order.correction_zh.strip()[:400] if corrected else "",
            correction_en=order.correction_en.strip()[:600] if corrected else "",
        )
        record.subject = ("bulletin", str(bulletin.id))
        record.detail = {
            "digest": digest[:16],
            "whole": digest_whole(bulletin),
            "corrects": str(corrected.id) if corrected else "",
        }
        publish("bulletin.published", order.area_code, {"bulletin": str(bulletin.id)})
    return bulletin
