"""Rotate the data key: add a new one, then rewrite every personal field under it. Safe to run again."""

from __future__ import annotations

import os

from django.apps import apps
from django.db import transaction
from django.db.models import Model

from tongzhou.core.errors import InputError
from tongzhou.server.vault import keys
from tongzhou.server.vault.fields import EncryptedTextField

CHUNK = 500


def add_key() -> int:
    """Add a data key to the ring's file; return its number. New values use it at once.

    Raises InputError when the ring comes from the environment: change it there.
    """
    if os.environ.get("TONGZHOU_VAULT_KEYS"):
        raise InputError(
            "vault.keys_elsewhere",
            "The key ring comes from TONGZHOU_VAULT_KEYS.",
            "Add a key where that variable is set, then run the rewrite.",
        )
    path = keys.key_file()
    text = keys.rotated_text(keys.key_ring())
    draft = path.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
    draft.replace(path)
    keys.key_ring.cache_clear()
    return keys.key_ring().current


def rewrite_fields() -> int:
    """Rewrite every encrypted value under the newest key; return how many rows were rewritten."""
    return sum(_rewrite(model, names) for model, names in encrypted_models())


def encrypted_models() -> list[tuple[type[Model], list[str]]]:
    """Return the models with encrypted fields, and those fields."""
    found = []
    for model in apps.get_models():
        names = [field.name for field in model._meta.fields if isinstance(field, EncryptedTextField)]
        if names:
            found.append((model, names))
    return found


def _rewrite(model: type[Model], names: list[str]) -> int:
    """Walk one table in key order, a transaction a chunk, so that it may be stopped and run again."""
    rows = model._base_manager.order_by("pk").only("pk", *names)
    last, n_rows = None, 0
    while True:
        chunk = list((rows.filter(pk__gt=last) if last is not None else rows)[:CHUNK])
        if not chunk:
            return n_rows
        with transaction.atomic():
            model._base_manager.bulk_update(chunk, names)
        last, n_rows = chunk[-1].pk, n_rows + len(chunk)
