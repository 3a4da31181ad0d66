"""The account of a home: for each table its rows and a digest of what they say.

Left out are identifiers and salts, which are drawn at random, digests that cover those, and how often something was
tried. Where another row is named, its own name stands in: the key of a duty, the area and day of a closed day. A fact
about many is a line for each of them: the clock takes duties by the hundred, and a kill cuts its hundreds elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

DRAWN = {
    "audit.event": {"salt", "content_digest", "previous_digest", "digest"},
    "audit.head": {"digest", "seal"},
    "access.account": {"last_login"},
}
TRIES = {"n_attempts", "retry_at", "last_error"}
UNLIKE = {"access.decision"}
"""Tables that note every try: who asked again is noted again."""


def account() -> dict[str, list[Any]]:
    """Return rows and digest by table."""
    from django.apps import apps

    names = _names()
    answer = {}
    for model in apps.get_models():
        label = model._meta.label_lower
        if model.__module__.startswith("tongzhou.") and label not in UNLIKE:
            lines = sorted(_lines(model, DRAWN.get(label, set()) | TRIES, names))
            answer[label] = [len(lines), hashlib.sha256("\n".join(lines).encode()).hexdigest()]
    return answer


def _names() -> dict[str, str]:
    from tongzhou.server.duties.models import DayClose, Duty

    duties = Duty.objects.everything("bench").values_list("id", "dedupe_key")
    closes = DayClose.objects.everything("bench").values_list("id", "area_code", "day")
    return {str(key): name for key, name in duties} | {str(k): f"{area} {day}" for k, area, day in closes}


def _lines(model: Any, left_out: set[str], names: dict[str, str]) -> Iterator[str]:
    """Yield each row as one line."""
    columns = [one.attname for one in model._meta.concrete_fields if not one.primary_key]
    columns = [name for name in columns if name not in left_out]
    for row in model._base_manager.order_by().values_list(*columns).iterator(chunk_size=2000):
        for line in _apart(row):
            yield json.dumps([_named(value, names) for value in line], default=str, sort_keys=True)


def _apart(row: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """Yield the row, or where a column holds one list of others, one row for each of those."""
    for at, value in enumerate(row):
        if isinstance(value, dict) and value.keys() <= {"duties", "orders"} and value:
            ((name, members),) = value.items()
            for member in members:
                yield (*row[:at], {name: member}, *row[at + 1 :])
            return
    yield row


def _named(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _named(one, names) for key, one in value.items()}
    if isinstance(value, list):
        return [_named(one, names) for one in value]
    return names.get(str(value), value)
