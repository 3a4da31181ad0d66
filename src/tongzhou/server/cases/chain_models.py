"""Who infected whom, and which cases belong together."""

from __future__ import annotations

from django.db import models

from tongzhou.core.exposures import Setting
from tongzhou.server.kernel.records import Record


class Cluster(Record):
    """Cases with a common source or chain."""

    area_code = models.CharField(max_length=24)
    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160, blank=True)
    cases = models.ManyToManyField("cases.Case", related_name="clusters")
    is_open = models.BooleanField(default=True)


class TransmissionLink(Record):
    """A pair: infector and infectee, with setting, probability and where it is known from."""

    area_code = models.CharField(max_length=24)
    infector = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="infected")
    infectee = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="infected_by")
    setting = models.CharField(max_length=16, choices=[(s.value, s.value) for s in Setting], blank=True)
    probability = models.FloatField(default=1.0)
    source = models.CharField(max_length=40)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["infector", "infectee"], name="one_link_a_pair"),
            models.CheckConstraint(
                condition=~models.Q(infector=models.F("infectee")), name="nobody_infects_themselves"
            ),
        ]
        indexes = [models.Index(fields=["area_code"], name="link_area")]
