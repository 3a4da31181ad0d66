"""A retried request gets its first answer; the same key with other content is a conflict."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.db import transaction

from tongzhou.core.errors import Conflict
from tongzhou.server.kernel.models import IdempotencyKey


def once(
    key: str, *, account_id: str, action: str, request: Any, run: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """Run `run` at most once for a key, in one transaction with the note of its answer.

    An empty key runs without protection. Raises Conflict (``kernel.key_reused``) when the key was used
    with other content.
    """
    if not key:
        return run()
    digest = hashlib.sha256(json.dumps(request, sort_keys=True, default=str).encode()).hexdigest()
    with transaction.atomic():
        note, is_new = IdempotencyKey.objects.select_for_update().get_or_create(
            account_id=account_id, action=action, key=key, defaults={"request_digest": digest}
        )
        if not is_new:
            if note.request_digest != digest:
                raise Conflict(
                    "kernel.key_reused",
                    "This idempotency key was used for another request.",
                    "Use a new key for a new request; repeat the old one unchanged to get its answer.",
                )
            return dict(note.answer)
        note.answer = run()
        note.save(update_fields=["answer"])
    return dict(note.answer)
