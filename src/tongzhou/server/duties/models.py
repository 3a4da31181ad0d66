"""Duties, the notes of what happened to them, and closed days."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from tongzhou.server.duties.kinds import DutyKind, get_kind
from tongzhou.server.duties.rules import DutyState, state_of
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.records import Record, ScopedManager


class Duty(Record):
    """Something owed: what, about whom, by which post where, until when.

    ``holder`` is who holds the post now (``None`` is a gap, shown as such); ``held_in`` is the area where
    the post was found. ``next_at`` is the next instant that matters; the poller looks at nothing else.
    ``dedupe_key`` makes creating it again a no-op. ``params`` fill the title and hold no personal data.
    """

    kind = models.CharField(max_length=48)
    subject_kind = models.CharField(max_length=32)
    subject_id = models.CharField(max_length=64)
    person_number = models.BigIntegerField(null=True)
    area_code = models.CharField(max_length=24)
    post_kind = models.CharField(max_length=24)
    held_in = models.CharField(max_length=24, blank=True)
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="duties"
    )
    params = models.JSONField(default=dict)
    starts_at = models.DateTimeField()
    due_at = models.DateTimeField()
    warn_at = models.DateTimeField()
    next_at = models.DateTimeField(null=True)
    escalated_to = models.CharField(max_length=24, blank=True)
    n_escalations = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    settled_by = models.CharField(max_length=64, blank=True)
    evidence = models.JSONField(default=dict)
    reason = models.CharField(max_length=300, blank=True)
    parent = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="parts")
    dedupe_key = models.CharField(max_length=160, unique=True)

    class Meta:
        ordering = ["due_at", "id"]
        indexes = [
            models.Index(fields=["next_at"], name="duty_clock"),
            models.Index(fields=["subject_kind", "subject_id"], name="duty_subject"),
            models.Index(
                fields=["holder", "due_at"],
                condition=models.Q(done_at=None, refused_at=None, cancelled_at=None),
                name="duty_list",
            ),
            models.Index(
                fields=["area_code", "due_at"],
                condition=models.Q(done_at=None, refused_at=None, cancelled_at=None),
                name="duty_open",
            ),
            models.Index(fields=["area_code", "due_at"], name="duty_area_due"),
            models.Index(fields=["person_number"], name="duty_person"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(refused_at=None) | ~models.Q(reason=""), name="refusal_has_reason"
            )
        ]

    @property
    def specification(self) -> DutyKind:
        """The registered kind."""
        return get_kind(self.kind)

    @property
    def state(self) -> DutyState:
        """Where the duty stands now."""
        return self.state_at(clock.now())

    def state_at(self, now: object) -> DutyState:
        """Where the duty stands at an instant."""
        return state_of(
            due_at=self.due_at,
            warn_at=self.warn_at,
            done_at=self.done_at,
            refused_at=self.refused_at,
            cancelled_at=self.cancelled_at,
            now=now,
        )

    def title(self, language: str) -> str:
        """Return the title in ``zh…`` or English, filled from `params`."""
        kind = self.specification
        text = kind.title_zh if language.startswith("zh") else kind.title_en
        filled = text.format_map(_Blank(self.params))
        return filled[:1].upper() + filled[1:]


class _Blank(dict):
    """Leaves an unknown placeholder empty instead of failing a list of a thousand rows."""

    def __missing__(self, key: str) -> str:
        return ""


class DutyNote(models.Model):
    """One thing that happened to a duty: made, warned, late, escalated, handed over, done, refused."""

    duty = models.ForeignKey(Duty, on_delete=models.CASCADE, related_name="notes")
    at = models.DateTimeField(default=clock.now)
    what = models.CharField(max_length=24)
    actor_id = models.CharField(max_length=64)
    area_code = models.CharField(max_length=24, blank=True)
    text = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["at", "id"]


class DayClose(Record):
    """One closed day of an area: what was due, done, late, why, escalated. Sealed in the audit chain."""

    area_code = models.CharField(max_length=24)
    day = models.DateField()
    closed_at = models.DateTimeField()
    closed_by = models.CharField(max_length=64)
    figures = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)
    audit_seq = models.BigIntegerField(null=True)

    class Meta:
        ordering = ["-day"]
        constraints = [models.UniqueConstraint(fields=["area_code", "day"], name="one_close_a_day")]


class DayCloseItem(models.Model):
    """One duty that the day did not settle in time: named, explained, escalated."""

    close = models.ForeignKey(DayClose, on_delete=models.CASCADE, related_name="items")
    duty = models.ForeignKey(Duty, on_delete=models.PROTECT, related_name="+")
    area_code = models.CharField(max_length=24)
    state = models.CharField(max_length=12)
    why = models.CharField(max_length=300)
    escalated_to = models.CharField(max_length=24, blank=True)

    objects = ScopedManager()
    scope_area = "area_code"
    scope_person = ""
