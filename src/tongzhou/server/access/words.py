"""Roles in words, in the active language."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

ROLE_WORDS: dict[str, str | Promise] = {
    "duty_officer": gettext_lazy("Duty officer"),
    "investigator": gettext_lazy("Case investigator"),
    "area_officer": gettext_lazy("Officer of the area"),
    "grid_worker": gettext_lazy("Grid worker"),
    "lab_clerk": gettext_lazy("Laboratory clerk"),
    "site_keeper": gettext_lazy("Quarantine-site keeper"),
    "dispatcher": gettext_lazy("Supplies dispatcher"),
    "enterprise_contact": gettext_lazy("Contact of an enterprise"),
    "resident": gettext_lazy("Resident"),
    "analyst": gettext_lazy("Analyst"),
    "auditor": gettext_lazy("Auditor"),
    "access_officer": gettext_lazy("Access officer"),
}


def role_word(role: str) -> str | Promise:
    """Return a role in words."""
    return ROLE_WORDS.get(role, role)
