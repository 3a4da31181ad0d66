"""The account of each import."""

from __future__ import annotations

from django.db import models

from tongzhou.server.kernel.models import Job
from tongzhou.server.kernel.records import Record


class ImportRun(Record):
    """One file imported: what was read, kept, rejected and why, and who did it.

    ``file_digest`` with ``kind`` recognises the same file again. ``rejects_path`` is relative to the home folder.
    """

    area_code = models.CharField(max_length=24, blank=True)
    kind = models.CharField(max_length=40)
    file_name = models.CharField(max_length=200)
    file_digest = models.CharField(max_length=64)
    mapping = models.JSONField(default=dict)
    is_dry_run = models.BooleanField(default=False)
    n_read = models.BigIntegerField(default=0)
    n_accepted = models.BigIntegerField(default=0)
    n_unchanged = models.BigIntegerField(default=0)
    n_rejected = models.BigIntegerField(default=0)
    rejects_path = models.CharField(max_length=200, blank=True)
    findings = models.JSONField(default=list)
    requested_by = models.CharField(max_length=64)
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-recorded_at"]
        indexes = [models.Index(fields=["kind", "file_digest"], name="import_file")]
