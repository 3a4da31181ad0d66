"""The actor behind an account, its scopes, and who holds a post."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.conf import settings
from django.db.models import Q, QuerySet

from tongzhou.core.access import Actor, Grant, Purpose, Scope
from tongzhou.core.area_codes import WHOLE_TREE
from tongzhou.core.errors import Denied, NotVisible
from tongzhou.server.access import rules
from tongzhou.server.access.models import Account, BreakGlass, Decision, Holding, RoleGrant
from tongzhou.server.access.rules import Permission
from tongzhou.server.areas.models import Post
from tongzhou.server.areas.queries import code_lengths
from tongzhou.server.areas.rules import ancestor_codes
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.records import prefix_range

ANONYMOUS = Actor(account_id="anonymous")
AREAS_AT_ONCE = 1000
ACCOUNT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

NOWHERE = "-"
"""Stands for the area where a permission is asked for anywhere at all."""


def actor_of(account: Account) -> Actor:
    """Return the actor of an account with the grants and broken glass that hold now."""
    now = clock.now()
    holds = Q(since_at__lte=now) & (Q(until_at=None) | Q(until_at__gt=now))
    grants = [
        Grant(role, prefix, Purpose(purpose))
        for role, prefix, purpose in RoleGrant.objects.filter(holds, account=account).values_list(
            "role", "area_prefix", "purpose"
        )
    ]
    glass = BreakGlass.objects.filter(account=account, until_at__gt=now)
    grants += [Grant(g.role, g.area_prefix, Purpose.RESPONSE) for g in glass]
    return Actor(str(account.id), tuple(grants), account.person_number)


def scope_for(actor: Actor, permission: Permission) -> Scope:
    """Return where the actor may do `permission`; nothing when nowhere."""
    if actor.is_system:
        return Scope(prefixes=("",), reason=actor.account_id)
    return rules.scope_of(actor, permission)


def require(
    actor: Actor, permission: Permission, area_code: str, subject: tuple[str, str] = ("", "")
) -> None:
    """Raise Denied unless the actor has the permission in the area; the log notes a refusal and why."""
    if rules.is_allowed(actor, permission, area_code):
        return
    note_decision(
        actor, permission, area_code, subject, is_allowed=False, why=explain_refusal(actor, permission)
    )
    raise Denied(
        "access.denied",
        f"This needs the permission {permission.value}, which you have in no area."
        if area_code == NOWHERE
        else f"This needs the permission {permission.value} in area {area_code or 'of the whole tree'}.",
        "Ask the holder of the post in that area, or your access officer.",
        {"permission": permission.value},
    )


def require_anywhere(actor: Actor, permission: Permission) -> Scope:
    """Return the actor's scope for a permission; raise Denied when it is empty."""
    scope = scope_for(actor, permission)
    if scope.is_empty:
        require(actor, permission, NOWHERE)
    return scope


def explain_refusal(actor: Actor, permission: Permission) -> str:
    """Say which part was missing: no role with the permission, or none in that area."""
    prefixes = rules.scope_of(actor, permission).prefixes
    return f"permission held only in {', '.join(prefixes)}" if prefixes else "no role carries the permission"


def note_decision(
    actor: Actor,
    permission: Permission,
    area_code: str,
    subject: tuple[str, str] = ("", ""),
    *,
    is_allowed: bool,
    why: str,
) -> None:
    """Write one line of the decision log."""
    Decision.objects.create(
        account_id=actor.account_id,
        permission=permission.value,
        area_code=area_code if area_code != "-" else "",
        subject_kind=subject[0],
        subject_id=str(subject[1]),
        is_allowed=is_allowed,
        why=why[:200],
    )


def decisions_within(scope: Scope) -> QuerySet[Decision]:
    """Return what was refused and which plain data was shown, latest first; what names no area is the root's."""
    latest = Decision.objects.order_by("-id")
    if WHOLE_TREE in scope.prefixes:
        return latest
    clause = Q(pk__in=[])
    for prefix in scope.prefixes:
        clause |= prefix_range("area_code", prefix)
        clause |= Q(area_code="") if prefix == settings.ROOT_AREA else Q()
    return latest.filter(clause)


def account_names(ids: Iterable[str]) -> dict[str, str]:
    """Return display names by account identifier."""
    wanted = [text for text in set(ids) if ACCOUNT_ID.fullmatch(text)]
    rows = Account.objects.filter(id__in=wanted).values_list("id", "display_name", "username")
    return {str(number): name or username for number, name, username in rows}


def not_visible(actor: Actor, permission: Permission, kind: str, identifier: object) -> NotVisible:
    """Return the error for a record that is absent or beyond the scope, after noting the attempt."""
    note_decision(
        actor, permission, "", (kind, str(identifier)), is_allowed=False, why="absent or outside scope"
    )
    return NotVisible(
        "access.not_visible", f"No such {kind}.", "Check the number, or search for it in your area."
    )


def find_holder(area_code: str, kind: str) -> tuple[Account | None, str]:
    """Return who holds a post for an area, walking up the tree, and the area where it is held.

    Returns ``(None, area_code)`` when nobody up to the top holds it: a gap.
    """
    return find_holders([(area_code, kind)])[area_code, kind]


def find_holders(wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], tuple[Account | None, str]]:
    """Return what `find_holder` does for many areas and kinds of post, in one query for each thousand areas."""
    above = {(area, kind): ancestor_codes(area, code_lengths()) for area, kind in wanted}
    codes = sorted({code for some in above.values() for code in some})
    standing = Holding.objects.filter(Q(until_at=None) | Q(until_at__gt=clock.now()), account__is_active=True)
    standing = standing.filter(post__kind__in={kind for _, kind in above}).select_related("account", "post")
    latest: dict[tuple[str, str], Holding] = {}
    for start in range(0, len(codes), AREAS_AT_ONCE):
        some = standing.filter(post__area_id__in=codes[start : start + AREAS_AT_ONCE])
        for holding in some.order_by("since_at", "id"):
            latest[holding.post.area_id, holding.post.kind] = holding
    found: dict[tuple[str, str], tuple[Account | None, str]] = {}
    for (area, kind), codes_up in above.items():
        nearest = next((code for code in codes_up if (code, kind) in latest), None)
        found[area, kind] = (None, area) if nearest is None else (latest[nearest, kind].account, nearest)
    return found


def list_gaps(area_prefix: str) -> Iterable[Post]:
    """Return the posts of an area that nobody holds now."""
    now = clock.now()
    filled = Holding.objects.filter(Q(until_at=None) | Q(until_at__gt=now), account__is_active=True)
    posts = Post.objects.filter(prefix_range("area_id", area_prefix)).select_related("area")
    return posts.exclude(id__in=filled.values("post_id")).order_by("area_id", "kind")
