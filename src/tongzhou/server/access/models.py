"""Accounts, grants, holdings, break-glass, and the decision log."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import models

from tongzhou.core.access import Purpose
from tongzhou.server.access.rules import ROLES, Permission
from tongzhou.server.areas.models import Post
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.records import make_record_id


class AccountManager(BaseUserManager["Account"]):
    """Makes accounts with a hashed password."""

    def create_user(self, username: str, password: str | None = None, **fields: object) -> Account:
        account = self.model(username=self.model.normalize_username(username), **fields)
        account.set_password(password)
        account.save(using=self._db)
        return account


class Account(AbstractBaseUser):
    """Somebody who can sign in. It has no rights of its own: those come from grants.

    ``person_number`` is the resident behind the account, for their own record.
    """

    id = models.UUIDField(primary_key=True, default=make_record_id, editable=False)
    username = models.CharField(max_length=150, unique=True, validators=[UnicodeUsernameValidator()])
    display_name = models.CharField(max_length=80, blank=True)
    language = models.CharField(max_length=10, blank=True)
    is_active = models.BooleanField(default=True)
    person_number = models.BigIntegerField(null=True)
    joined_at = models.DateTimeField(default=clock.now)

    objects: ClassVar[AccountManager] = AccountManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.username


class RoleGrant(models.Model):
    """One role, within one area prefix, for one purpose, for a time."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(max_length=32, choices=[(role, role) for role in ROLES])
    area_prefix = models.CharField(max_length=24, blank=True)
    purpose = models.CharField(max_length=24, choices=[(p.value, p.value) for p in Purpose])
    since_at = models.DateTimeField(default=clock.now)
    until_at = models.DateTimeField(null=True)
    granted_by = models.CharField(max_length=64)

    class Meta:
        indexes = [models.Index(fields=["account", "until_at"], name="grant_account")]


class Holding(models.Model):
    """Who holds a post, and since when. Handing a post over hands over its open duties."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="holdings")
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="holdings")
    since_at = models.DateTimeField(default=clock.now)
    until_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["post", "until_at"], name="holding_post")]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "post"], condition=models.Q(until_at=None), name="one_open_holding"
            )
        ]


class BreakGlass(models.Model):
    """Sight beyond one's grants: for a reason, for a time, in one area, and never unseen."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    role = models.CharField(max_length=32)
    area_prefix = models.CharField(max_length=24)
    reason = models.CharField(max_length=300)
    opened_at = models.DateTimeField(default=clock.now)
    until_at = models.DateTimeField()


class Decision(models.Model):
    """Why access was refused, or a person's plain data was shown. Codes and identifiers only."""

    at = models.DateTimeField(default=clock.now)
    account_id = models.CharField(max_length=64)
    permission = models.CharField(max_length=32, choices=[(p.value, p.value) for p in Permission])
    area_code = models.CharField(max_length=24, blank=True)
    subject_kind = models.CharField(max_length=32, blank=True)
    subject_id = models.CharField(max_length=64, blank=True)
    is_allowed = models.BooleanField()
    why = models.CharField(max_length=200)

    class Meta:
        ordering = ["-at"]
        indexes = [models.Index(fields=["account_id", "at"], name="decision_account")]
