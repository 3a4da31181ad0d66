"""Orders, zones, their steps, and appeals."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from tongzhou.server.cases.models import Case, Contact
from tongzhou.server.kernel.records import Record
from tongzhou.server.people.models import Person, Place
from tongzhou.server.vault.fields import EncryptedTextField


class OrderState(models.TextChoices):
    """Where an order stands."""

    DRAFT = "draft"
    AWAITING_SECOND = "awaiting_second"
    IN_FORCE = "in_force"
    RELEASED = "released"
    REJECTED = "rejected"


class Order(Record):
    """A restriction on one person: rule, facts, start, end, tests due, release, appeal.

    ``phases`` is a list of ``{kind, starts_at, ends_at}`` in time order; ``tests`` of ``{on, kind, phase}``.
    ``facts`` names the records it rests on by kind and identifier. ``findings`` lists what is stricter than
    the rule; with any, ``approved_by`` must be a second person.
    """

    number = models.CharField(max_length=40, unique=True)
    area_code = models.CharField(max_length=24)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="orders")
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="orders")
    contact = models.ForeignKey(Contact, null=True, on_delete=models.PROTECT, related_name="orders")
    kind = models.CharField(max_length=32)
    pack = models.CharField(max_length=40)
    pack_version = models.CharField(max_length=20)
    rule_id = models.CharField(max_length=80)
    facts = models.JSONField(default=dict)
    phases = models.JSONField(default=list)
    tests = models.JSONField(default=list)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason_zh = models.TextField()
    reason_en = models.TextField()
    findings = models.JSONField(default=list)
    state = models.CharField(max_length=16, choices=OrderState, default=OrderState.DRAFT)
    site = models.ForeignKey(Place, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_by = models.CharField(max_length=64, blank=True)
    confirmed_at = models.DateTimeField(null=True)
    approved_by = models.CharField(max_length=64, blank=True)
    approval_reason = models.CharField(max_length=300, blank=True)
    released_at = models.DateTimeField(null=True)
    release_reason = models.CharField(max_length=300, blank=True)
    next_at = models.DateTimeField(null=True)
    dedupe_key = models.CharField(max_length=160, unique=True)

    scope_person = "person_id"

    class Meta:
        ordering = ["-starts_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="order_ends_after_start"
            )
        ]
        indexes = [
            models.Index(
                fields=["area_code", "state", "kind", "confirmed_at", "starts_at", "id"], name="order_area"
            ),
            models.Index(fields=["-starts_at", "id"], name="order_latest"),
            models.Index(fields=["contact", "state"], name="order_contact"),
            models.Index(fields=["person", "state"], name="order_person"),
            models.Index(fields=["next_at"], name="order_clock"),
            models.Index(
                fields=["area_code", "state"], name="order_beyond", condition=~models.Q(findings=[])
            ),
        ]

    @property
    def known_end(self) -> datetime | None:
        """When it ends by its rule; None for one that ends when its conditions are met."""
        return self.ends_at if self.phases and self.phases[-1]["ends_at"] else None


class ZoneState(models.TextChoices):
    """Where a zone stands."""

    PROPOSED = "proposed"
    AWAITING_SECOND = "awaiting_second"
    IN_FORCE = "in_force"
    LIFTED = "lifted"
    REJECTED = "rejected"


class Zone(Record):
    """A unit under a level: as small as the evidence allows, stepping down by rule by itself.

    ``n_persons`` is the registered population of the unit on ``population_on``.
    """

    area_code = models.CharField(max_length=24)
    unit_code = models.CharField(max_length=40)
    unit_name_zh = models.CharField(max_length=120)
    unit_name_en = models.CharField(max_length=160, blank=True)
    level = models.CharField(max_length=16)
    pack = models.CharField(max_length=40)
    pack_version = models.CharField(max_length=20)
    rule_id = models.CharField(max_length=80)
    ground = models.JSONField(default=dict)
    reason_zh = models.TextField()
    reason_en = models.TextField()
    n_persons = models.IntegerField()
    population_on = models.DateField(null=True)
    findings = models.JSONField(default=list)
    state = models.CharField(max_length=16, choices=ZoneState, default=ZoneState.PROPOSED)
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    last_infection_at = models.DateTimeField()
    next_at = models.DateTimeField(null=True)
    confirmed_by = models.CharField(max_length=64, blank=True)
    confirmed_at = models.DateTimeField(null=True)
    approved_by = models.CharField(max_length=64, blank=True)
    approval_reason = models.CharField(max_length=300, blank=True)
    longitude = models.FloatField(null=True)
    latitude = models.FloatField(null=True)

    class Meta:
        ordering = ["-recorded_at"]
        indexes = [
            models.Index(fields=["area_code", "state"], name="zone_area"),
            models.Index(fields=["next_at"], name="zone_clock"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["unit_code"],
                condition=models.Q(state__in=["proposed", "awaiting_second", "in_force"]),
                name="one_zone_a_unit",
            )
        ]


class ZoneStep(models.Model):
    """One change of a zone's level, by rule or by a person, and why."""

    zone = models.ForeignKey(Zone, on_delete=models.CASCADE, related_name="steps")
    at = models.DateTimeField()
    level_from = models.CharField(max_length=16, blank=True)
    level_to = models.CharField(max_length=16)
    rule_id = models.CharField(max_length=80, blank=True)
    why_zh = models.CharField(max_length=300)
    why_en = models.CharField(max_length=400)
    actor_id = models.CharField(max_length=64)

    class Meta:
        ordering = ["at"]


class AppealState(models.TextChoices):
    """Where an appeal stands."""

    OPEN = "open"
    GRANTED = "granted"
    DISMISSED = "dismissed"


class Appeal(Record):
    """A person's objection to an order; it makes a duty with a clock, and an answer is owed."""

    area_code = models.CharField(max_length=24)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="appeals")
    text = EncryptedTextField()
    state = models.CharField(max_length=12, choices=AppealState, default=AppealState.OPEN)
    answer = EncryptedTextField(blank=True)
    decided_by = models.CharField(max_length=64, blank=True)
    decided_at = models.DateTimeField(null=True)
