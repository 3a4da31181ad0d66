"""The printable sheet of an order: "why me?" as a PDF, in Chinese and English.

Set by Typst from the template beside this file, with fonts of this machine; reaches for no network.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from tongzhou.core.access import Actor
from tongzhou.core.errors import Conflict
from tongzhou.server.access.queries import note_decision
from tongzhou.server.access.rules import Permission
from tongzhou.server.kernel import clock
from tongzhou.server.measures.models import Order
from tongzhou.server.measures.screens import kind_word, told_lines
from tongzhou.server.vault.masking import mask_name

TEMPLATE = Path(__file__).with_name("sheet.typ")
CHINESE_FONTS = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Noto Sans SC",
    "Noto Serif CJK SC",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "PingFang SC",
    "Microsoft YaHei",
    "SimHei",
)
LANGUAGES = {"zh": "zh-hans", "en": "en"}


@lru_cache(maxsize=1)
def chinese_fonts() -> tuple[str, ...]:
    """Return the Chinese font families of this machine that the sheet may use, best first."""
    import typst  # loads a compiler: only when a sheet is set

    families = set(typst.Fonts().families())
    return tuple(name for name in CHINESE_FONTS if name in families)


def sheet_of(order: Order, language: str, person: str) -> dict[str, Any]:
    """Return what the sheet of an order says, in ``zh`` or ``en``."""
    with translation.override(LANGUAGES[language]):
        is_open = not order.phases[-1]["ends_at"]
        ends = _("when the conditions below are met") if is_open else _end(order.released_at or order.ends_at)
        facts = [
            (_("Measure"), capfirst(kind_word(order.kind))),
            (_("From"), _local(order.starts_at)),
            (_("Until"), ends),
        ]
        now = _local(clock.now())
        return {
            "language": language,
            "title": _("Why am I under this measure?"),
            "number": _("Order %(number)s") % {"number": order.number},
            "person": person,
            "facts": facts,
            "parts": told_lines(order, language),
            "note": _("Printed %(at)s (%(zone)s). Rules: %(pack)s.")
            % {"at": now, "zone": clock.zone().key, "pack": f"{order.pack} {order.pack_version}"},
            "foot": _("Tongzhou · Order %(number)s") % {"number": order.number},
        }


def _local(at: datetime) -> str:
    return f"{at.astimezone(clock.zone()):%Y-%m-%d %H:%M}"


def _end(at: datetime) -> str:
    """Write an end at midnight as 24:00 of the last day: nobody reads it a day too long."""
    local = at.astimezone(clock.zone())
    is_midnight = (local.hour, local.minute) == (0, 0)
    return f"{local - timedelta(days=1):%Y-%m-%d} 24:00" if is_midnight else _local(at)


def set_sheet(sheet: dict[str, Any]) -> bytes:
    """Set a sheet as PDF. Raises Conflict when it holds Chinese and this machine has no Chinese font."""
    import typst

    fonts = chinese_fonts()
    text = json.dumps(sheet, ensure_ascii=False)
    if not fonts and any("\u4e00" <= letter <= "\u9fff" for letter in text):
        raise Conflict(
            "measures.no_font",
            "This server has no Chinese font to print with.",
            "Install one, for example the package fonts-noto-cjk; the page itself can be printed meanwhile.",
        )
    named = [*fonts[:1], "Libertinus Serif"]
    inputs = {"sheet": json.dumps({**sheet, "fonts": named}, ensure_ascii=False)}
    return typst.compile(str(TEMPLATE), root=str(TEMPLATE.parent), sys_inputs=inputs)


def language_of(request: HttpRequest) -> str:
    """Return the language asked for: ``lang`` of the query, else the page's."""
    asked = request.GET.get("lang", "")
    active = "zh" if (translation.get_language() or "").startswith("zh") else "en"
    return asked if asked in LANGUAGES else active


def order_sheet(request: HttpRequest, order: Order, *, is_own: bool = False) -> HttpResponse:
    """Answer with the sheet of an order: the person's own with the full name, an officer's with a masked one."""
    person = order.person.name if is_own else mask_name(order.person.name)
    language = language_of(request)
    pdf = set_sheet(sheet_of(order, language, person))
    _note_print(request.actor, order, is_own)
    response = HttpResponse(pdf, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="order-{order.number}-{language}.pdf"'
    return response


def _note_print(actor: Actor, order: Order, is_own: bool) -> None:
    permission = Permission.OWN_READ if is_own else Permission.ORDER_READ
    note_decision(
        actor, permission, order.area_code, ("order", str(order.id)), is_allowed=True, why="sheet printed"
    )
