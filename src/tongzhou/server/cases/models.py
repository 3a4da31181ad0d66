"""Cases, contacts and exposures."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from tongzhou.core.exposures import Conveyance, Grade, Setting
from tongzhou.server.cases.chain_models import Cluster, TransmissionLink
from tongzhou.server.cases.count_models import CountMeasure, ReportedCount
from tongzhou.server.kernel.records import Record
from tongzhou.server.people.models import Person, Place


class Classification(models.TextChoices):
    """How sure the diagnosis is, as the report card has it."""

    SUSPECTED = "suspected"
    CLINICAL = "clinical"
    CONFIRMED = "confirmed"
    CARRIER = "carrier"
    DISCARDED = "discarded"


class CaseOutcome(models.TextChoices):
    """How a case ended."""

    NONE = ""
    RECOVERED = "recovered"
    DIED = "died"


class Case(Record):
    """One person's illness or infection in this outbreak.

    ``window_from_at`` and ``window_until_at`` bound the infectious period by the pack; ``external_id`` with
    ``source`` names a case that came from a file, so that importing it again changes nothing.
    """

    number = models.CharField(max_length=40, unique=True)
    area_code = models.CharField(max_length=24)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="cases")
    disease = models.CharField(max_length=40)
    pack = models.CharField(max_length=40)
    pack_version = models.CharField(max_length=20)
    classification = models.CharField(max_length=12, choices=Classification)
    has_symptoms = models.BooleanField(null=True)
    onset_on = models.DateField(null=True)
    first_sampled_at = models.DateTimeField(null=True)
    diagnosed_at = models.DateTimeField()
    isolated_at = models.DateTimeField(null=True)
    admitted_at = models.DateTimeField(null=True)
    severity = models.CharField(max_length=16, blank=True)
    outcome = models.CharField(max_length=12, choices=CaseOutcome, blank=True)
    outcome_at = models.DateTimeField(null=True)
    window_from_at = models.DateTimeField()
    window_until_at = models.DateTimeField()
    investigator = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    report_card = models.JSONField(default=dict)
    source = models.CharField(max_length=40, blank=True)
    external_id = models.CharField(max_length=80, blank=True)
    is_imported_infection = models.BooleanField(null=True)
    note = models.TextField(blank=True)

    scope_person = "person_id"

    class Meta:
        ordering = ["-diagnosed_at"]
        indexes = [
            models.Index(fields=["area_code", "diagnosed_at", "classification", "id"], name="case_area_day"),
            models.Index(fields=["-diagnosed_at"], name="case_latest"),
            models.Index(fields=["person"], name="case_person"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"],
                condition=~models.Q(external_id=""),
                name="one_case_a_source",
            )
        ]


class Decided(models.TextChoices):
    """What an investigator made of a proposal."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class Contact(Record):
    """A person who met a case. ``grade`` is the strongest of the accepted or proposed exposures."""

    area_code = models.CharField(max_length=24)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="contacts")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="contacts")
    grade = models.CharField(max_length=12, choices=[(g.value, g.value) for g in Grade])
    decision = models.CharField(max_length=12, choices=Decided, default=Decided.PROPOSED)
    decided_by = models.CharField(max_length=64, blank=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    last_exposure_at = models.DateTimeField()
    located_at = models.DateTimeField(null=True)
    managed_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)

    scope_person = "person_id"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "person"], name="one_contact_a_case")]
        indexes = [
            models.Index(fields=["area_code", "decision"], name="contact_area"),
            models.Index(
                fields=[
                    "area_code",
                    "grade",
                    "decision",
                    "recorded_at",
                    "located_at",
                    "managed_at",
                    "person",
                ],
                name="contact_counts",
            ),
            models.Index(fields=["case", "grade"], name="contact_case"),
        ]


class ExposureOrigin(models.TextChoices):
    """Where an exposure came from."""

    COMPUTED = "computed"
    INTERVIEW = "interview"


class ExposureRecord(Record):
    """One meeting of a case and a contact, with its evidence, grade and reason."""

    area_code = models.CharField(max_length=24)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="exposures")
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="exposures")
    origin = models.CharField(max_length=12, choices=ExposureOrigin)
    setting = models.CharField(max_length=16, choices=[(s.value, s.value) for s in Setting])
    place = models.ForeignKey(Place, null=True, on_delete=models.PROTECT)
    conveyance = models.CharField(max_length=16, blank=True, choices=[(c.value, c.value) for c in Conveyance])
    vehicle = models.CharField(max_length=40, blank=True)
    from_at = models.DateTimeField()
    until_at = models.DateTimeField()
    minutes = models.FloatField()
    linger_minutes = models.FloatField(default=0)
    seats = models.JSONField(default=dict)
    evidence = models.JSONField(default=list)
    grade = models.CharField(max_length=12, choices=[(g.value, g.value) for g in Grade])
    rule_id = models.CharField(max_length=80)
    reason_zh = models.CharField(max_length=400)
    reason_en = models.CharField(max_length=600)
    decision = models.CharField(max_length=12, choices=Decided, default=Decided.PROPOSED)
    decided_by = models.CharField(max_length=64, blank=True)
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.CharField(max_length=300, blank=True)
    fingerprint = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["contact", "fingerprint"], name="one_exposure_a_meeting")
        ]


__all__ = [
    "Case",
    "CaseOutcome",
    "Classification",
    "Cluster",
    "Contact",
    "CountMeasure",
    "Decided",
    "ExposureOrigin",
    "ExposureRecord",
    "ReportedCount",
    "TransmissionLink",
]
