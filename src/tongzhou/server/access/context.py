"""What every template knows of the actor."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from tongzhou.server.access.queries import ANONYMOUS
from tongzhou.server.access.rules import ROLES


def actor(request: HttpRequest) -> dict[str, Any]:
    """Give templates ``actor`` and ``may``, the set of permissions held somewhere."""
    who = getattr(request, "actor", ANONYMOUS)
    may = {permission.value for grant in who.grants for permission in ROLES.get(grant.role, ())}
    return {"actor": who, "may": may}
