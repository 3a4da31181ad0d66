"""A model field that is encrypted in the database and plain in Python."""

from __future__ import annotations

from typing import Any

from django.db import models

from tongzhou.server.vault.crypto import decrypt, encrypt


class EncryptedTextField(models.TextField):
    """Text encrypted at rest. It cannot be filtered on; keep a blind index beside it for exact search."""

    @property
    def _label(self) -> str:
        return f"{self.model._meta.label_lower}.{self.name}"

    def get_prep_value(self, value: Any) -> str | None:
        text = super().get_prep_value(value)
        return encrypt(text, self._label) if text else text

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        return decrypt(value, self._label) if value else value

    def get_lookup(self, lookup_name: str) -> Any:
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None
