"""Runs of estimators on the records of an area."""

from __future__ import annotations

from django.db import models

from tongzhou.server.kernel.models import Job
from tongzhou.server.kernel.records import Record


class RunKind(models.TextChoices):
    """What a run estimates."""

    RT = "rt"
    NOWCAST = "nowcast"
    FORECAST = "forecast"
    ALARMS = "alarms"


class Run(Record):
    """One estimate for an area: what it gave, by which method, from which inputs, by which code and pack.

    ``result`` holds columns with intervals, or nothing where ``problem`` says why there is no number.
    """

    area_code = models.CharField(max_length=24)
    kind = models.CharField(max_length=12, choices=RunKind)
    disease = models.CharField(max_length=40)
    from_on = models.DateField(null=True)
    until_on = models.DateField()
    n_cases = models.PositiveIntegerField()
    method = models.CharField(max_length=120)
    reference = models.CharField(max_length=300, blank=True)
    options = models.JSONField(default=dict)
    inputs_digest = models.CharField(max_length=64)
    code_version = models.CharField(max_length=40)
    pack = models.CharField(max_length=40)
    pack_version = models.CharField(max_length=20)
    result = models.JSONField(default=dict)
    problem = models.JSONField(default=dict)
    is_superseded = models.BooleanField(default=False)
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+")
    requested_by = models.CharField(max_length=64)

    class Meta:
        ordering = ["-recorded_at"]
        indexes = [models.Index(fields=["area_code", "kind"], name="run_area")]
        constraints = [
            models.UniqueConstraint(
                fields=["area_code", "kind", "disease"],
                condition=models.Q(is_superseded=False),
                name="one_current_run",
            )
        ]
