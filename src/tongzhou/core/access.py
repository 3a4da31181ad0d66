"""Who asks, for what, and how far they may see. Plain values; the decision is made in the server."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Purpose(StrEnum):
    """Why personal data is read. A grant names its purposes; every read states one."""

    RESPONSE = "response"
    CARE = "care"
    SUPPLY = "supply"
    PUBLIC_INFORMATION = "public_information"
    ANALYSIS = "analysis"
    AUDIT = "audit"
    OWN_RECORD = "own_record"


@dataclass(frozen=True, slots=True)
class Grant:
    """One role, within one area prefix, for one purpose."""

    role: str
    area_prefix: str
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: an account, or the system itself in a named part.

    account_id : str — plain identifier, kept by the audit
    person_id : int or None — the resident behind the account, for their own record
    """

    account_id: str
    grants: tuple[Grant, ...] = ()
    person_id: int | None = None
    is_system: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """What one actor may see for one permission: area prefixes, or one person's own record.

    An empty scope sees nothing; there is no scope that sees everything by default.
    """

    prefixes: tuple[str, ...] = ()
    person_id: int | None = None
    purpose: Purpose = Purpose.RESPONSE
    reason: str = field(default="", compare=False)

    @property
    def is_empty(self) -> bool:
        """Whether this scope sees nothing at all."""
        return not self.prefixes and self.person_id is None


def system_actor(part: str) -> Actor:
    """Return the actor for work that no person started, named by its part (``playbooks``)."""
    return Actor(account_id=f"system:{part}", is_system=True)
