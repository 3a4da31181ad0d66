"""Template tags of every screen: times, numbers, state badges, clocks, strips, strings of the components.

Owns how a value is written for a person; reads no database, knows no domain. Contract: docs/front-end.md.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django import template
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext

from tongzhou.server.kernel.sentences import say_text, shown_name

from .ui_strings import component_strings

register = template.Library()

STATES = ("neutral", "active", "soon", "late", "danger", "done", "void")
RING_RADIUS = 15.9155  # a circumference of 100, so that dash lengths are percentages
WAN = 10_000
MINUS = "\u2212"


def _local(at: datetime | str) -> datetime:
    """The instant `at` (ISO text or aware datetime) in the active zone."""
    if isinstance(at, str):
        at = datetime.fromisoformat(at)
    if timezone.is_naive(at):
        raise ValueError(f"instant {at!r} has no zone; pass an aware datetime")
    return timezone.localtime(at)


def _time_tag(at: datetime, text: str, kind: str = "") -> SafeString:
    return format_html(
        '<time datetime="{}"{}>{}</time>', at.isoformat(timespec="seconds"), kind and f" {kind}", text
    )


register.filter("shown_name", shown_name)


@register.filter
def said(text: str) -> str:
    """The sentence of an error in the language of the reader."""
    return say_text(text)


@register.filter
def instant(at: datetime | str | None) -> str:
    """`2020-02-01 12:00` in the active zone."""
    if not at:
        return "–"
    local = _local(at)
    return _time_tag(local, local.strftime("%Y-%m-%d %H:%M"))


@register.filter
def clock_time(at: datetime | str | None) -> str:
    """`12:00` in the active zone."""
    if not at:
        return "–"
    local = _local(at)
    return _time_tag(local, local.strftime("%H:%M"))


@register.filter
def until(at: datetime | str | None, since: datetime | str) -> str:
    """`12:00` on the day of `since`, with its day on another one."""
    return clock_time(at) if not at or _local(at).date() == _local(since).date() else instant(at)


@register.filter
def day(on: date | datetime | str | None) -> str:
    """`2020-02-01`; an aware instant gives its local day."""
    if not on:
        return "–"
    if isinstance(on, datetime):
        on = _local(on).date()
    text = on if isinstance(on, str) else on.isoformat()
    return format_html('<time datetime="{}">{}</time>', text, text)


def _age_text(seconds: float) -> str:
    minutes = int(abs(seconds) // 60)
    if minutes < 1:
        return gettext("just now")
    if minutes < 60:
        span = ngettext("%(n)s min", "%(n)s min", minutes) % {"n": minutes}
    elif minutes < 60 * 48:
        span = ngettext("%(n)s h", "%(n)s h", minutes // 60) % {"n": minutes // 60}
    else:
        span = ngettext("%(n)s day", "%(n)s days", minutes // 1440) % {"n": minutes // 1440}
    return (gettext("%(span)s ago") if seconds > 0 else gettext("in %(span)s")) % {"span": span}


@register.filter
def age(at: datetime | str | None) -> str:
    """`3 min ago`; the script of the page keeps it current."""
    if not at:
        return "–"
    local = _local(at)
    return _time_tag(local, _age_text((timezone.now() - local).total_seconds()), "data-age")


@register.simple_tag
def zone_note() -> str:
    """`Times in Asia/Shanghai (UTC+08:00)`, said once per screen."""
    offset = timezone.localtime().strftime("%z")
    zone = f"{timezone.get_current_timezone_name()}"
    name = getattr(timezone.get_current_timezone(), "key", zone)
    return gettext("Times in %(zone)s (UTC%(offset)s)") % {
        "zone": name,
        "offset": f"{offset[:3]}:{offset[3:]}",
    }


@register.simple_tag
def zone_name() -> str:
    """The IANA name of the active zone, for scripts."""
    zone = timezone.get_current_timezone()
    return getattr(zone, "key", "UTC")


def _is_number(n: Any) -> bool:
    return isinstance(n, (int, float)) and not isinstance(n, bool) and math.isfinite(n)


@register.filter
def grouped(n: float | None, digits: int = 0) -> str:
    """`12,345`; a dash for what is not known, never a zero."""
    if not _is_number(n):
        return "–"
    return f"{n:,.{digits}f}"


@register.filter
def wan(n: float | None) -> str:
    """`1.2万` in Chinese from 10,000 on, grouped digits otherwise."""
    if not _is_number(n):
        return "–"
    is_chinese = (translation.get_language() or "").startswith("zh")
    if not is_chinese or abs(n) < WAN:  # type: ignore[arg-type]
        return grouped(n)
    unit, name = (WAN * WAN, "亿") if abs(n) >= WAN * WAN else (WAN, "万")  # type: ignore[arg-type]
    text = f"{n / unit:,.1f}".removesuffix(".0")  # type: ignore[operator]
    return f"{text}{name}"


@register.filter
def signed(n: float | None) -> str:
    """`+12`, `−3` with a true minus sign, `0`."""
    if not _is_number(n):
        return "–"
    sign = "+" if n > 0 else MINUS if n < 0 else ""  # type: ignore[operator]
    return f"{sign}{grouped(abs(n))}"  # type: ignore[arg-type]


@register.filter
def percent(share: float | None, digits: int = 1) -> str:
    """`12.3%` of a share between 0 and 1."""
    return f"{share:.{digits}%}" if _is_number(share) else "–"


@register.simple_tag
def icon(name: str) -> SafeString:
    """A 16 px outline that readers of the screen by voice skip."""
    return mark_safe(render_to_string("partials/icon.html", {"name": name}).strip())  # noqa: S308


@register.inclusion_tag("partials/state_badge.html")
def state_badge(state: str, label: str) -> dict[str, str]:
    """A mark and a word; `state` is one of STATES."""
    if state not in STATES:
        raise template.TemplateSyntaxError(f"state {state!r} is not one of {', '.join(STATES)}")
    return {"state": state, "label": label}


@register.inclusion_tag("partials/masked.html", takes_context=True)
def masked(context: Any, value: str, url: str = "") -> dict[str, Any]:
    """A masked value; with `url`, a way to see it that asks for a reason."""
    return {"value": value, "url": url, "csrf_token": context.get("csrf_token")}


def ring_state(
    now: datetime, due_at: datetime, started_at: datetime, soon_s: float | None = None
) -> tuple[str, float]:
    """State and share of time used of a clock, at `now`."""
    span = max((due_at - started_at).total_seconds(), 1.0)
    left = (due_at - now).total_seconds()
    soon = span / 4 if soon_s is None else soon_s
    state = "late" if left <= 0 else "soon" if left <= soon else "active"
    return state, min(max(1 - left / span, 0.0), 1.0)


@register.inclusion_tag("partials/clock_ring.html")
def clock_ring(
    due_at: datetime | str,
    started_at: datetime | str,
    label: str,
    done_at: datetime | str | None = None,
    soon_s: float | None = None,
) -> dict[str, Any]:
    """A small ring that empties until `due_at`; amber when due soon, red when late, green when done."""
    due, started = _local(due_at), _local(started_at)
    done = _local(done_at) if done_at else None
    state, used = ring_state(done or timezone.now(), due, started, soon_s)
    text = gettext("done") if done else _left_text((due - timezone.now()).total_seconds())
    shown = ("late" if state == "late" else "done") if done else state
    return {
        "due": due,
        "started": started,
        "done": done,
        "label": capfirst(label),
        "soon_s": soon_s,
        "state": shown,
        "left": f"{100 - used * 100:.1f}" if shown != "done" else "100",
        "radius": RING_RADIUS,
        "text": text,
    }


def _left_text(seconds: float) -> str:
    hours, minutes = divmod(int(abs(seconds) // 60), 60)
    span = f"{hours}:{minutes:02d}"
    if hours >= 48:
        span = gettext("%(days)sd %(hours)sh") % {"days": hours // 24, "hours": hours % 24}
    return (gettext("%(span)s late") if seconds <= 0 else gettext("%(span)s left")) % {"span": span}


@register.inclusion_tag("partials/sparkline.html")
def sparkline(values: Sequence[float | None], label: str) -> dict[str, Any]:
    """A line of the values, 80 by 20; `None` breaks the line."""
    known = [v for v in values if v is not None]
    low, high = (min([*known, 0]), max(known)) if known else (0, 1)
    step, scale = 78 / max(len(values) - 1, 1), 16 / ((high - low) or 1)
    path, is_down = [], False
    for i, value in enumerate(values):
        if value is not None:
            path.append(f"{'L' if is_down else 'M'}{1 + i * step:.1f} {18 - (value - low) * scale:.1f}")
        is_down = value is not None
    return {
        "path": " ".join(path),
        "label": label,
        "last": known[-1] if known else None,
        "first": known[0] if known else None,
    }


@register.inclusion_tag("partials/capacity_strip.html")
def capacity_strip(items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Beds, rooms, tests, supplies: what is free and for how many days."""
    rows = []
    for item in items:
        total = item.get("total") or 0
        rows.append(
            {"state": "neutral", **item, "free_share": f"{100 * item['free'] / total:.1f}" if total else None}
        )
    return {"items": rows}


@register.inclusion_tag("partials/custody_funnel.html")
def custody_funnel(steps: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Counts from positive to tested; a step that is a part of another one (`of`) has a bar and its share."""
    return {"steps": [{**step, "share": _share(step)} for step in steps]}


def _share(step: Mapping[str, Any]) -> str:
    return f"{100 * step['n'] / step['of']:.0f}" if step.get("of") else ""


@register.simple_tag(takes_context=True)
def query_with(context: Any, key: str, value: Any) -> str:
    """The page's own query with `key` set to `value` (dropped when empty), from the first page on."""
    request = context.get("request")
    query = request.GET.copy() if request else QueryDict(mutable=True)
    query.pop("page", None)
    query[key] = str(value)
    if value in ("", None):
        del query[key]
    return f"?{query.urlencode()}"


@register.simple_tag
def ui_strings() -> SafeString:
    """The strings of all components as one block that scripts read."""
    text = json.dumps({key: str(value) for key, value in component_strings().items()}, ensure_ascii=False)
    safe = text.replace("<", "\\u003C").replace(">", "\\u003E").replace("&", "\\u0026")
    return mark_safe(f'<script type="application/json" id="ui-strings">{safe}</script>')  # noqa: S308
