"""The outbox of facts, background jobs, and keys that make a retried request safe."""

from __future__ import annotations

from django.db import models

from tongzhou.server.kernel import clock
from tongzhou.server.kernel.records import Record, ScopedManager


class Fact(models.Model):
    """Something that happened, for other apps to act on: written in the transaction that made it true.

    ``payload`` holds identifiers and codes, never personal data. ``id`` is the order of delivery.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=64)
    area_code = models.CharField(max_length=24, blank=True)
    payload = models.JSONField(default=dict)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=clock.now)
    delivered_at = models.DateTimeField(null=True)
    n_attempts = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["id"], condition=models.Q(delivered_at=None), name="fact_undelivered"),
            models.Index(fields=["kind", "id"], name="fact_kind"),
        ]


class JobState(models.TextChoices):
    """Where a background job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Job(Record):
    """A long piece of work: progress, cancel, and resume from its checkpoint after a crash."""

    kind = models.CharField(max_length=64)
    area_code = models.CharField(max_length=24, blank=True)
    options = models.JSONField(default=dict)
    requested_by = models.CharField(max_length=64)
    state = models.CharField(max_length=12, choices=JobState, default=JobState.QUEUED)
    n_done = models.BigIntegerField(default=0)
    n_total = models.BigIntegerField(null=True)
    step = models.CharField(max_length=120, blank=True)
    checkpoint = models.JSONField(default=dict)
    outcome = models.JSONField(default=dict)
    error = models.CharField(max_length=300, blank=True)
    is_cancel_requested = models.BooleanField(default=False)
    n_attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-recorded_at"]
        indexes = [models.Index(fields=["state", "lease_until"], name="job_claim")]


class IdempotencyKey(models.Model):
    """The answer once given to a key, so that a retry gets the same answer and changes nothing."""

    key = models.CharField(max_length=120)
    account_id = models.CharField(max_length=64)
    action = models.CharField(max_length=64)
    request_digest = models.CharField(max_length=64)
    answer = models.JSONField(default=dict)
    recorded_at = models.DateTimeField(default=clock.now)

    objects = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account_id", "action", "key"], name="one_answer_a_key")
        ]


__all__ = ["Fact", "IdempotencyKey", "Job", "JobState", "Record", "ScopedManager"]
