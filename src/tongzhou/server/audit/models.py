"""Events of the chain, and its head."""

from __future__ import annotations

from typing import Any

from django.db import models

from tongzhou.server.kernel.records import ScopedManager


class Event(models.Model):
    """One action. The chain covers `content_digest`, not the content, so that content may lawfully go.

    ``salt`` and the content columns are emptied by erasure; an erasure is itself an event that lists
    the sequence numbers it emptied.
    """

    seq = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    actor_id = models.CharField(max_length=64)
    action = models.CharField(max_length=64)
    area_code = models.CharField(max_length=24, blank=True)
    subject_kind = models.CharField(max_length=32, blank=True)
    subject_id = models.CharField(max_length=64, blank=True)
    detail = models.JSONField(default=dict)
    salt = models.CharField(max_length=32, blank=True)
    content_digest = models.CharField(max_length=64)
    previous_digest = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    objects = ScopedManager()
    scope_area = "area_code"
    scope_person = ""

    @property
    def content(self) -> dict[str, Any]:
        """The part that the content digest covers."""
        names = ("actor_id", "action", "area_code", "subject_kind", "subject_id", "detail")
        return {name: getattr(self, name) for name in names}

    class Meta:
        ordering = ["-seq"]
        indexes = [
            models.Index(fields=["subject_kind", "subject_id"], name="event_subject"),
            models.Index(fields=["actor_id", "seq"], name="event_actor"),
            models.Index(fields=["area_code", "seq"], name="event_area"),
        ]


class Head(models.Model):
    """The last link, sealed with the key: one row, locked by every append, so that the chain never forks."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    seq = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=64, default="0" * 64)
    seal = models.CharField(max_length=64, blank=True)
