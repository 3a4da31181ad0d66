"""Policy packs: load them, and evaluate facts against them with reasons.

Owns the rules as data and their pure evaluation: `(pack, facts, now)` to drafts. Never stores, never acts, never reads a
clock; an order is only drafted here, a person confirms it elsewhere.
"""

from tongzhou.policy.contacts import (
    CaseFacts,
    grade_exposure,
    grade_person,
    infectious_window,
    last_exposure_at,
)
from tongzhou.policy.load import PackEntry, list_packs, load_pack
from tongzhou.policy.model import OrderKind, Pack, SubjectKind, Text
from tongzhou.policy.orders import OrderDraft, PhaseDraft, SubjectFacts, TestDue, draft_order

__all__ = [
    "CaseFacts",
    "OrderDraft",
    "OrderKind",
    "Pack",
    "PackEntry",
    "PhaseDraft",
    "SubjectFacts",
    "SubjectKind",
    "TestDue",
    "Text",
    "draft_order",
    "grade_exposure",
    "grade_person",
    "infectious_window",
    "last_exposure_at",
    "list_packs",
    "load_pack",
]
