"""Published bulletins."""

from __future__ import annotations

from django.db import models

from tongzhou.server.kernel.records import Record


class Bulletin(Record):
    """The bulletin of an area at a cut-off, as published. A correction is a new one that names the old.

    ``figures`` is the composed record with, for each figure, the sources it came from.
    """

    area_code = models.CharField(max_length=24)
    day = models.DateField()
    cutoff_at = models.DateTimeField()
    figures = models.JSONField()
    text_zh = models.TextField()
    text_en = models.TextField()
    digest = models.CharField(max_length=64)
    published_at = models.DateTimeField()
    published_by = models.CharField(max_length=64)
    corrects = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="corrections")
    correction_zh = models.CharField(max_length=400, blank=True)
    correction_en = models.CharField(max_length=600, blank=True)

    class Meta:
        ordering = ["-cutoff_at", "-published_at"]
        indexes = [models.Index(fields=["area_code", "-cutoff_at"], name="bulletin_area")]
