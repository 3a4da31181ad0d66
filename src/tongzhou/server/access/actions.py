"""Writes of access, and the one frame that every action of every app runs in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from tongzhou.core.access import Actor, Purpose
from tongzhou.core.errors import InputError
from tongzhou.server.access.models import Account, BreakGlass, Holding, RoleGrant
from tongzhou.server.access.queries import require
from tongzhou.server.access.rules import ROLES, Permission
from tongzhou.server.areas.models import Post
from tongzhou.server.areas.queries import get_area
from tongzhou.server.audit.actions import append_event
from tongzhou.server.kernel import clock

GLASS_LIMIT = timedelta(hours=4)


@dataclass(slots=True)
class Recording:
    """What the audit event of a running action will say; the action fills it in."""

    subject: tuple[str, str] = ("", "")
    detail: dict[str, Any] = field(default_factory=dict)


@contextmanager
def acting(
    actor: Actor,
    permission: Permission,
    area_code: str,
    action: str,
    subject: tuple[str, object] = ("", ""),
) -> Iterator[Recording]:
    """Frame one action: permission first, then one transaction, then one audit event in it.

    Every write of the server runs in it::

        with acting(actor, Permission.CASE_WRITE, area, "case.open") as record:
            case = Case.objects.create(...)
            record.subject = ("case", str(case.id))

    Raises Denied before anything is written.
    """
    require(actor, permission, area_code, (subject[0], str(subject[1])))
    with transaction.atomic():
        record = Recording(subject=(subject[0], str(subject[1])))
        yield record
        append_event(
            actor.account_id, action, area_code=area_code, subject=record.subject, detail=record.detail
        )


def create_account(
    actor: Actor, username: str, password: str, *, display_name: str = "", language: str = ""
) -> Account:
    """Make an account without any right.

    Needs: access.manage. Writes: Account. Records: account.create.
    """
    with acting(actor, Permission.ACCESS_MANAGE, "", "account.create") as record:
        account = Account.objects.create_user(
            username, password, display_name=display_name, language=language
        )
        record.subject = ("account", str(account.id))
    return account


def grant_role(
    actor: Actor,
    account: Account,
    role: str,
    area_prefix: str,
    purpose: Purpose = Purpose.RESPONSE,
    *,
    until_at: datetime | None = None,
) -> RoleGrant:
    """Give an account one role within an area.

    Needs: access.manage in the area. Writes: RoleGrant. Records: access.grant.
    """
    if role not in ROLES:
        raise InputError("access.unknown_role", f"{role!r} is no role.", f"Roles: {', '.join(ROLES)}.")
    with acting(actor, Permission.ACCESS_MANAGE, area_prefix, "access.grant") as record:
        grant = RoleGrant.objects.create(
            account=account,
            role=role,
            area_prefix=area_prefix,
            purpose=purpose.value,
            until_at=until_at,
            granted_by=actor.account_id,
        )
        record.subject = ("account", str(account.id))
        record.detail = {"role": role, "area": area_prefix, "purpose": purpose.value}
    return grant


def open_post(actor: Actor, area_code: str, kind: str, unit: str = "") -> Post:
    """Make sure an area has a post.

    Needs: post.manage in the area. Writes: Post. Records: post.open. Idempotent by area, kind and unit.
    """
    get_area(area_code)
    with acting(actor, Permission.POST_MANAGE, area_code, "post.open") as record:
        post, _ = Post.objects.get_or_create(area_id=area_code, kind=kind, unit=unit)
        record.subject = ("post", str(post.id))
    return post


def appoint(actor: Actor, account: Account, post: Post) -> Holding:
    """Give a post to an account, beside whoever holds it now.

    Needs: post.manage in the post's area. Writes: Holding. Records: post.appoint.
    Idempotent by account and post.
    """
    with acting(actor, Permission.POST_MANAGE, post.area_id, "post.appoint", ("post", post.id)) as record:
        holding, _ = Holding.objects.get_or_create(account=account, post=post, until_at=None)
        record.detail = {"account": str(account.id)}
    return holding


def end_holding(actor: Actor, holding: Holding) -> None:
    """End a holding now. Needs: post.manage. Writes: Holding. Records: post.end."""
    post = holding.post
    with acting(actor, Permission.POST_MANAGE, post.area_id, "post.end", ("post", post.id)) as record:
        Holding.objects.filter(id=holding.id, until_at=None).update(until_at=clock.now())
        record.detail = {"account": str(holding.account_id)}


def break_glass(
    actor: Actor, account: Account, area_prefix: str, role: str, reason: str, hours: float = 1.0
) -> BreakGlass:
    """See an area beyond one's grants for a stated reason and a short time, on the record.

    Needs: glass.break anywhere; the role must be one the account already has elsewhere. Writes: BreakGlass.
    Records: access.break_glass. Raises InputError for an empty reason or more than four hours.
    """
    if len(reason.strip()) < 10:
        raise InputError(
            "access.no_reason", "Breaking the glass needs a reason of at least ten characters.",
            "Say who is in need and why nobody with the right is at hand.",
        )  # fmt: skip
    if not 0 < hours <= GLASS_LIMIT.total_seconds() / 3600:
        raise InputError("access.bad_hours", f"{hours} hours is not allowed.", "Give more than 0, at most 4.")
    get_area(area_prefix)
    if role not in {grant.role for grant in actor.grants}:
        raise InputError("access.unknown_role", f"You do not have the role {role!r}.", "Choose one of yours.")
    own = next((g.area_prefix for g in actor.grants if Permission.GLASS_BREAK in ROLES[g.role]), "-")
    with acting(actor, Permission.GLASS_BREAK, own, "access.break_glass") as record:
        glass = BreakGlass.objects.create(
            account=account,
            role=role,
            area_prefix=area_prefix,
            reason=reason.strip(),
            until_at=clock.now() + timedelta(hours=hours),
        )
        record.subject = ("account", str(account.id))
        record.detail = {"area": area_prefix, "role": role, "hours": hours, "reason_length": len(reason)}
    return glass
