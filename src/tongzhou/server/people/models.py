"""Persons, households, units and places. Their numbers are the ledger's person and place numbers."""

from __future__ import annotations

from django.db import models

from tongzhou.core.exposures import Setting
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.records import Record, ScopedManager
from tongzhou.server.vault.fields import EncryptedTextField


class Numbered(models.Model):
    """A record named by a 64-bit number that the ledger also uses."""

    id = models.BigAutoField(primary_key=True)
    recorded_at = models.DateTimeField(default=clock.now, editable=False)

    objects = ScopedManager()
    scope_area = "area_code"
    scope_person = ""

    class Meta:
        abstract = True


class UnitKind(models.TextChoices):
    """Sizes of unit that a zone can be drawn with, smallest first."""

    BUILDING = "building", "Building"
    COMPOUND = "compound", "Residential compound or village"


class Unit(models.Model):
    """A building or compound, below the smallest area: ``code`` starts with its area's code.

    ``population`` is the registered population with its date.
    """

    code = models.CharField(max_length=40, primary_key=True)
    kind = models.CharField(max_length=12, choices=UnitKind)
    parent_code = models.CharField(max_length=40, db_index=True)
    area_code = models.CharField(max_length=24, db_index=True)
    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160, blank=True)
    population = models.IntegerField(default=0)
    population_on = models.DateField(null=True)
    longitude = models.FloatField(null=True)
    latitude = models.FloatField(null=True)


class Place(Numbered):
    """Somewhere people stay: a home, a shop, a ward. Coordinates carry their system."""

    area_code = models.CharField(max_length=24, db_index=True)
    unit_code = models.CharField(max_length=40, blank=True, db_index=True)
    setting = models.CharField(max_length=16, choices=[(s.value, s.value) for s in Setting])
    name_zh = models.CharField(max_length=160)
    name_en = models.CharField(max_length=200, blank=True)
    longitude = models.FloatField(null=True)
    latitude = models.FloatField(null=True)
    coordinate_system = models.CharField(max_length=8, default="WGS-84")
    capacity = models.IntegerField(null=True)


class Household(Numbered):
    """People who live together at one place."""

    area_code = models.CharField(max_length=24, db_index=True)
    home = models.ForeignKey(Place, null=True, on_delete=models.PROTECT, related_name="households")


class Sex(models.TextChoices):
    """As on the report card."""

    MALE = "male"
    FEMALE = "female"
    UNKNOWN = "unknown"


class Person(Numbered):
    """One person. Exact search goes by the blind indexes; ``merged_into`` points on after a merge."""

    area_code = models.CharField(max_length=24, db_index=True)
    household = models.ForeignKey(Household, null=True, on_delete=models.SET_NULL, related_name="members")
    name = EncryptedTextField(blank=True)
    name_index = models.CharField(max_length=32, blank=True, db_index=True)
    document = EncryptedTextField(blank=True)
    document_index = models.CharField(max_length=32, blank=True)
    phone = EncryptedTextField(blank=True)
    phone_index = models.CharField(max_length=32, blank=True, db_index=True)
    address = EncryptedTextField(blank=True)
    sex = models.CharField(max_length=8, choices=Sex, default=Sex.UNKNOWN)
    birth_year = models.SmallIntegerField(null=True)
    population_group = models.CharField(max_length=32, blank=True)
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="merged")
    erased_at = models.DateTimeField(null=True)

    scope_person = "id"

    class Meta:
        indexes = [
            models.Index(fields=["birth_year", "area_code"], name="person_alike"),
            models.Index(fields=["document_index"], name="person_document"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["document_index"],
                condition=~models.Q(document_index="") & models.Q(merged_into=None),
                name="one_person_a_document",
            )
        ]


class Merge(Record):
    """Two persons found to be one; ``undone_at`` when it was taken back. Nothing is deleted by it."""

    area_code = models.CharField(max_length=24)
    kept = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    merged = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    evidence = models.JSONField(default=dict)
    merged_by = models.CharField(max_length=64)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=64, blank=True)
