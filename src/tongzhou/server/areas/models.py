"""Areas and the posts in them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy


class Area(models.Model):
    """One area of the tree; its code starts with its parent's code.

    Coordinates carry their system and are converted at the edge. Population is the registered
    population with its date and source.
    """

    code = models.CharField(max_length=24, primary_key=True)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    level = models.CharField(max_length=24, db_index=True)
    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160, blank=True)
    pinyin = models.CharField(max_length=200, blank=True)
    longitude = models.FloatField(null=True)
    latitude = models.FloatField(null=True)
    coordinate_system = models.CharField(max_length=8, blank=True)
    population = models.BigIntegerField(null=True)
    population_on = models.DateField(null=True)
    population_source = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["code"]
        indexes = [
            models.Index(fields=["name_zh"], name="area_name"),
            models.Index(fields=["pinyin"], name="area_pinyin"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name_zh}"


class PostKind(models.TextChoices):
    """The posts of the responsibility chain, from the headquarters to the door."""

    COMMANDER = "commander", gettext_lazy("Commander of the headquarters")
    DUTY_OFFICER = "duty_officer", gettext_lazy("Duty officer")
    INVESTIGATOR = "investigator", gettext_lazy("Case investigator")
    AREA_OFFICER = "area_officer", gettext_lazy("Officer of the area")
    LAB_CLERK = "lab_clerk", gettext_lazy("Laboratory clerk")
    SITE_KEEPER = "site_keeper", gettext_lazy("Quarantine-site keeper")
    DISPATCHER = "dispatcher", gettext_lazy("Supplies dispatcher")
    GRID_WORKER = "grid_worker", gettext_lazy("Grid worker")
    COMMUNITY_CADRE = "community_cadre", gettext_lazy("Community cadre")
    POLICE_OFFICER = "police_officer", gettext_lazy("Police officer of the team of three")
    COMMUNITY_DOCTOR = "community_doctor", gettext_lazy("Doctor of the team of three")
    COMMUNITY_TEAM = "community_team", gettext_lazy("Community team of three")
    MEDICAL_WORKER = "medical_worker", gettext_lazy("Health worker who reports")
    VOLUNTEER = "volunteer", gettext_lazy("Volunteer")


class Post(models.Model):
    """A post that some area must keep filled, in a named unit."""

    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="posts")
    kind = models.CharField(max_length=24, choices=PostKind)
    unit = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["area", "kind", "unit"], name="one_post")]
        indexes = [models.Index(fields=["kind", "area"], name="post_kind")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.area_id}"
