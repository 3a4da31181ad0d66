"""Figures of travel, and what residents say of theirs."""

from __future__ import annotations

from django.db import models

from tongzhou.server.kernel.records import Record
from tongzhou.server.vault.fields import EncryptedTextField


class TravelDirection(models.TextChoices):
    """Towards the area, or out of it."""

    ARRIVING = "in"
    LEAVING = "out"


class TravelFigure(Record):
    """Travellers of one day and one other place: how many registered so far, how many are expected in all.

    ``other`` is where they come from, or go to, with the cases reported there in seven days and its population where
    known; ``checkpoint`` where they are screened.
    """

    area_code = models.CharField(max_length=24)
    direction = models.CharField(max_length=4, choices=TravelDirection)
    on = models.DateField()
    other = models.CharField(max_length=24)
    checkpoint = models.CharField(max_length=80, blank=True)
    n_registered = models.PositiveIntegerField(default=0)
    n_expected = models.PositiveIntegerField(null=True)
    other_cases = models.PositiveIntegerField(null=True)
    other_population = models.PositiveBigIntegerField(null=True)
    as_of = models.DateField()
    source = models.CharField(max_length=200)
    entered_by = models.CharField(max_length=64)
    is_superseded = models.BooleanField(default=False)

    class Meta:
        ordering = ["on", "other", "checkpoint"]
        indexes = [models.Index(fields=["area_code", "direction", "on"], name="travel_area")]
        constraints = [
            models.UniqueConstraint(
                fields=["area_code", "direction", "on", "other", "checkpoint"],
                condition=models.Q(is_superseded=False),
                name="one_travel_figure",
            )
        ]


class Means(models.TextChoices):
    """By what somebody travels."""

    TRAIN = "train"
    PLANE = "plane"
    COACH = "coach"
    CAR = "car"
    SHIP = "ship"


class TravelRegistration(Record):
    """What a resident says of a journey to come: when, from or to where, by what, how many together.

    ``stays_in`` is the street or community where those who arrive stay, where they said so. Who it is, and at which
    door, lies encrypted, is used to reach the household about this journey, and is erased once the journey lies far
    enough back, or when it is withdrawn; the counts remain. ``handed_at`` is when the duty to reach them was made.
    ``code_index`` finds it by the code its author was given, ``phone_index`` another statement of the same journey.
    """

    area_code = models.CharField(max_length=24)
    direction = models.CharField(max_length=4, choices=TravelDirection)
    on = models.DateField()
    other = models.CharField(max_length=24)
    means = models.CharField(max_length=8, choices=Means)
    n_people = models.PositiveSmallIntegerField()
    name = EncryptedTextField(blank=True)
    phone = EncryptedTextField(blank=True)
    stays_in = models.CharField(max_length=24, blank=True)
    address = EncryptedTextField(blank=True)
    phone_index = models.CharField(max_length=32, blank=True)
    code_index = models.CharField(max_length=32)
    consented_at = models.DateTimeField()
    handed_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)
    is_superseded = models.BooleanField(default=False)

    class Meta:
        ordering = ["on", "other"]
        indexes = [
            models.Index(fields=["area_code", "direction", "on"], name="registration_area"),
            models.Index(fields=["code_index"], name="registration_code"),
            models.Index(fields=["on"], condition=models.Q(erased_at=None), name="registration_to_erase"),
        ]
