"""Public notices of trips that carried a confirmed case."""

from __future__ import annotations

from django.db import models

from tongzhou.core.exposures import Conveyance
from tongzhou.server.kernel.records import Record


class TripNotice(Record):
    """One trip that carried a confirmed case, as an authority published it. Holds nobody's name.

    ``vehicle`` is the normalised number (``AQ1275``); ``vehicle_shown`` is masked for private plates.
    ``dedupe_key`` makes importing the same notice again a no-op; each source is kept.
    """

    area_code = models.CharField(max_length=24, blank=True)
    conveyance = models.CharField(
        max_length=16, choices=[(c.value, c.value) for c in Conveyance] + [("other", "other")]
    )
    vehicle = models.CharField(max_length=80, db_index=True)
    vehicle_shown = models.CharField(max_length=120)
    trip_on = models.DateField(db_index=True)
    from_at = models.DateTimeField(null=True)
    until_at = models.DateTimeField(null=True)
    seats_note = models.CharField(max_length=300, blank=True)
    station_from = models.CharField(max_length=120, blank=True)
    station_to = models.CharField(max_length=120, blank=True)
    note = models.TextField(blank=True)
    source = models.CharField(max_length=24)
    source_name = models.CharField(max_length=160, blank=True)
    source_url = models.TextField(blank=True)
    is_verified = models.BooleanField(default=False)
    published_at = models.DateTimeField(null=True)
    dedupe_key = models.CharField(max_length=64, unique=True)

    class Meta:
        indexes = [models.Index(fields=["vehicle", "trip_on"], name="notice_lookup")]
