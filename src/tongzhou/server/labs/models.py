"""Laboratories, positive results, and results whose person is not known yet."""

from __future__ import annotations

from django.db import models

from tongzhou.server.kernel.records import Record
from tongzhou.server.people.models import Person
from tongzhou.server.vault.fields import EncryptedTextField


class Laboratory(Record):
    """A laboratory that reports results."""

    area_code = models.CharField(max_length=24)
    code = models.CharField(max_length=40, unique=True)
    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160, blank=True)


class Outcome(models.TextChoices):
    """What a test said."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    INDETERMINATE = "indeterminate"


class PositiveResult(Record):
    """A positive result of a known person; ``ledger_row`` is the fact it came from."""

    area_code = models.CharField(max_length=24)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="positives")
    laboratory = models.ForeignKey(Laboratory, null=True, on_delete=models.PROTECT)
    sample_code = models.CharField(max_length=80)
    sampled_at = models.DateTimeField()
    resulted_at = models.DateTimeField()
    method = models.CharField(max_length=40, blank=True)
    ledger_row = models.BigIntegerField(null=True)
    entered_by = models.CharField(max_length=64)

    scope_person = "person_id"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sample_code", "person"], name="one_positive_a_sample")
        ]
        indexes = [models.Index(fields=["area_code", "resulted_at"], name="positive_area")]


class UnlinkedResult(Record):
    """A result without an exact document match: kept with its identity encrypted until somebody links it.

    Never becomes a person by itself. ``batch_id`` groups the negatives of one file under one duty.
    """

    area_code = models.CharField(max_length=24)
    batch_id = models.CharField(max_length=80, db_index=True)
    laboratory = models.ForeignKey(Laboratory, null=True, on_delete=models.PROTECT)
    name = EncryptedTextField(blank=True)
    document = EncryptedTextField(blank=True)
    phone = EncryptedTextField(blank=True)
    sample_code = models.CharField(max_length=80)
    sampled_at = models.DateTimeField()
    resulted_at = models.DateTimeField()
    method = models.CharField(max_length=40, blank=True)
    outcome = models.CharField(max_length=16, choices=Outcome)
    ledger_row = models.BigIntegerField(null=True)
    linked_person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    linked_by = models.CharField(max_length=64, blank=True)
    linked_at = models.DateTimeField(null=True)
    dedupe_key = models.CharField(max_length=64, unique=True)
