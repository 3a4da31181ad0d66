"""Studies with what they were made from, and capacities of areas."""

from __future__ import annotations

from django.db import models

from tongzhou.server.kernel.models import Job
from tongzhou.server.kernel.records import Record


class StudyKind(models.TextChoices):
    """What a study answers."""

    WHATIF = "whatif"
    POLICY = "policy"
    RETURN_PEAK = "return_peak"


class Study(Record):
    """One answer about what may come: the question, what it was asked of, and the numbers with their digests.

    ``inputs`` holds everything that decides the answer, so that it can be asked again bit for bit; ``subject_key``
    is what stays the same when the question is asked again of newer records, and a newer study supersedes.
    ``needs`` is apart from ``result`` because it is large.
    """

    area_code = models.CharField(max_length=24)
    kind = models.CharField(max_length=12, choices=StudyKind)
    disease = models.CharField(max_length=60)
    subject_key = models.CharField(max_length=64)
    from_on = models.DateField()
    inputs = models.JSONField()
    inputs_digest = models.CharField(max_length=64)
    method = models.CharField(max_length=120)
    code_version = models.CharField(max_length=40)
    packs = models.JSONField(default=list)
    result = models.JSONField(default=dict)
    needs = models.JSONField(default=dict)
    result_digest = models.CharField(max_length=64)
    is_superseded = models.BooleanField(default=False)
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+")
    requested_by = models.CharField(max_length=64)

    class Meta:
        ordering = ["-recorded_at"]
        indexes = [models.Index(fields=["area_code", "kind", "-recorded_at"], name="study_area")]
        constraints = [
            models.UniqueConstraint(
                fields=["area_code", "kind", "subject_key"],
                condition=models.Q(is_superseded=False),
                name="one_current_study",
            )
        ]


class Repetition(Record):
    """A study computed again from its inputs, and whether every bit was equal."""

    area_code = models.CharField(max_length=24)
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="repetitions")
    code_version = models.CharField(max_length=40)
    result_digest = models.CharField(max_length=64)
    is_equal = models.BooleanField()
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+")
    requested_by = models.CharField(max_length=64)

    class Meta:
        ordering = ["-recorded_at"]


class CapacityKind(models.TextChoices):
    """What can run short."""

    TESTS_PER_DAY = "tests_per_day"
    TRACERS = "tracers"
    QUARANTINE_ROOMS = "quarantine_rooms"
    BEDS = "beds"
    ICU_BEDS = "icu_beds"
    SHELTER_BEDS = "shelter_beds"


class Capacity(Record):
    """What an area has of a kind on a day, by a source; a newer figure supersedes.

    ``lead_days`` is the area's own lead time where it differs from the sourced table.
    """

    area_code = models.CharField(max_length=24)
    kind = models.CharField(max_length=20, choices=CapacityKind)
    amount = models.PositiveIntegerField()
    lead_days = models.PositiveSmallIntegerField(null=True)
    as_of = models.DateField()
    source = models.CharField(max_length=200)
    entered_by = models.CharField(max_length=64)
    is_superseded = models.BooleanField(default=False)

    class Meta:
        ordering = ["area_code", "kind"]
        constraints = [
            models.UniqueConstraint(
                fields=["area_code", "kind"], condition=models.Q(is_superseded=False), name="one_capacity"
            )
        ]
