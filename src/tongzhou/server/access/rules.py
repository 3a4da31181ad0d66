"""Roles and their permissions: pure data and pure decisions."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from tongzhou.core.access import Actor, Grant, Purpose, Scope


class Permission(StrEnum):
    """Everything that can be allowed. Reading a person's plain data is apart from reading the record."""

    SITUATION_READ = "situation.read"
    CASE_READ = "case.read"
    CASE_WRITE = "case.write"
    PERSON_READ = "person.read"
    PERSON_UNMASK = "person.unmask"
    RESULT_WRITE = "result.write"
    RESULT_LINK = "result.link"
    ORDER_READ = "order.read"
    ORDER_CONFIRM = "order.confirm"
    ORDER_APPROVE = "order.approve"
    APPEAL_DECIDE = "appeal.decide"
    ZONE_CONFIRM = "zone.confirm"
    DUTY_READ = "duty.read"
    DUTY_DO = "duty.do"
    DUTY_ASSIGN = "duty.assign"
    DAY_CLOSE = "day.close"
    IMPORT_RUN = "import.run"
    BULLETIN_PUBLISH = "bulletin.publish"
    ANALYSIS_READ = "analysis.read"
    CAPACITY_WRITE = "capacity.write"
    AUDIT_READ = "audit.read"
    ACCESS_MANAGE = "access.manage"
    POST_MANAGE = "post.manage"
    OWN_READ = "own.read"
    GLASS_BREAK = "glass.break"


P = Permission
_OFFICER = {P.SITUATION_READ, P.DUTY_READ, P.DUTY_DO, P.GLASS_BREAK}

ROLES: dict[str, frozenset[Permission]] = {
    "duty_officer": frozenset(
        _OFFICER
        | {P.CASE_READ, P.ORDER_READ, P.ORDER_APPROVE, P.ZONE_CONFIRM, P.DUTY_ASSIGN, P.DAY_CLOSE}
        | {P.IMPORT_RUN, P.BULLETIN_PUBLISH, P.POST_MANAGE, P.ANALYSIS_READ, P.APPEAL_DECIDE}
        | {P.PERSON_READ, P.CAPACITY_WRITE}
    ),
    "investigator": frozenset(
        _OFFICER
        | {P.CASE_READ, P.CASE_WRITE, P.PERSON_READ, P.PERSON_UNMASK, P.RESULT_LINK}
        | {P.ORDER_READ, P.ORDER_CONFIRM, P.ZONE_CONFIRM, P.ANALYSIS_READ}
    ),
    "area_officer": frozenset(
        _OFFICER
        | {P.CASE_READ, P.PERSON_READ, P.ORDER_READ, P.ORDER_CONFIRM, P.ORDER_APPROVE}
        | {P.DUTY_ASSIGN, P.DAY_CLOSE, P.POST_MANAGE, P.ZONE_CONFIRM, P.APPEAL_DECIDE}
    ),
    "grid_worker": frozenset({P.DUTY_READ, P.DUTY_DO, P.PERSON_READ}),
    "lab_clerk": frozenset({P.RESULT_WRITE, P.RESULT_LINK, P.DUTY_READ, P.DUTY_DO, P.IMPORT_RUN}),
    "site_keeper": frozenset({P.DUTY_READ, P.DUTY_DO, P.ORDER_READ, P.PERSON_READ}),
    "dispatcher": frozenset({P.SITUATION_READ, P.DUTY_READ, P.DUTY_DO}),
    "enterprise_contact": frozenset({P.DUTY_READ, P.DUTY_DO}),
    "resident": frozenset({P.OWN_READ}),
    "analyst": frozenset({P.SITUATION_READ, P.ANALYSIS_READ}),
    "auditor": frozenset({P.SITUATION_READ, P.AUDIT_READ}),
    "access_officer": frozenset({P.ACCESS_MANAGE, P.POST_MANAGE, P.AUDIT_READ}),
}


def scope_of(actor: Actor, permission: Permission, extra: Iterable[Grant] = ()) -> Scope:
    """Return where the actor has a permission: the union of the grants whose role carries it.

    A resident's own-record permission gives a scope of one person and no area.
    """
    grants = [g for g in [*actor.grants, *extra] if permission in ROLES.get(g.role, frozenset())]
    if permission == Permission.OWN_READ:
        own = actor.person_id if grants else None
        return Scope(person_id=own, purpose=Purpose.OWN_RECORD)
    prefixes = sorted({grant.area_prefix for grant in grants}, key=len)
    kept: list[str] = []
    for prefix in prefixes:
        if not any(prefix.startswith(wider) for wider in kept):
            kept.append(prefix)
    return Scope(prefixes=tuple(kept), purpose=grants[0].purpose if grants else Purpose.RESPONSE)


def is_allowed(actor: Actor, permission: Permission, area_code: str, extra: Iterable[Grant] = ()) -> bool:
    """Tell whether the actor has the permission in the area. The system's own parts act everywhere."""
    if actor.is_system:
        return True
    return any(area_code.startswith(prefix) for prefix in scope_of(actor, permission, extra).prefixes)
