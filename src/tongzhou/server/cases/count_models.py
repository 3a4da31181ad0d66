"""The counts that areas reported: one row a source, area, measure and cut-off. Corrections supersede."""

from __future__ import annotations

from django.db import models

from tongzhou.server.kernel.records import Record


class CountMeasure(models.TextChoices):
    """What is counted; figures are cumulative persons."""

    CONFIRMED = "confirmed"
    SUSPECTED = "suspected"
    DISCHARGED = "discharged"
    DEATHS = "deaths"


class CountSource(models.TextChoices):
    """Where a count comes from, strongest first: where sources disagree the stronger wins, both are kept."""

    BULLETIN = "bulletin", "Official bulletin"
    OFFICIAL_SERIES = "official_series", "Official daily series"
    SNAPSHOT = "snapshot", "Crawled snapshot"
    ENTERED = "entered", "Entered by an officer"


class ReportedCount(Record):
    """A cumulative count of one area at one cut-off.

    ``cutoff_at`` is what the figure is as of; ``crawled_at`` is when a copy was taken; they are never mixed.
    ``is_correction`` marks a figure lower than an earlier one of the same source. ``area_name`` keeps the
    source's own word; ``area_code`` is empty where it names no area (people from elsewhere, unknown).
    """

    area_code = models.CharField(max_length=24, blank=True)
    parent_code = models.CharField(max_length=24, blank=True)
    area_name = models.CharField(max_length=80)
    measure = models.CharField(max_length=12, choices=CountMeasure)
    cutoff_at = models.DateTimeField()
    count = models.IntegerField()
    source = models.CharField(max_length=16, choices=CountSource)
    source_url = models.TextField(blank=True)
    crawled_at = models.DateTimeField(null=True)
    is_correction = models.BooleanField(default=False)
    is_superseded = models.BooleanField(default=False)
    batch_id = models.CharField(max_length=80)
    dedupe_key = models.CharField(max_length=64, unique=True)

    class Meta:
        indexes = [
            models.Index(fields=["area_code", "measure", "cutoff_at"], name="count_area"),
            models.Index(fields=["parent_code", "cutoff_at"], name="count_parent"),
        ]
