"""Policy packs: load them, and evaluate facts against them with reasons.

Owns the rules as data and their pure evaluation: `(pack, facts, now)` to drafts. Never stores, never acts,
never reads a clock; an order is only drafted here, a person confirms it elsewhere.
"""

from tongzhou.policy.clocks import ClockDue, clocks, due_clocks
from tongzhou.policy.compare import (
    Burden,
    Change,
    ComparedPerson,
    PackComparison,
    PersonDifference,
    compare,
    draft_for,
    person_days,
)
from tongzhou.policy.contacts import (
    CaseFacts,
    grade_exposure,
    grade_person,
    infectious_window,
    last_exposure_at,
)
from tongzhou.policy.explain import Explanation, explain
from tongzhou.policy.load import PackEntry, list_packs, load_pack
from tongzhou.policy.measures import (
    Finding,
    JustifiedUnit,
    Measure,
    MeasureFacts,
    MeasureKind,
    MeasurePhase,
    Strictness,
    check_measure,
    measure_of,
)
from tongzhou.policy.model import ClockRule, FormField, OrderKind, OrderRule, Pack, SubjectKind, Text
from tongzhou.policy.orders import OrderDraft, PhaseDraft, SubjectFacts, TestDue, draft_order
from tongzhou.policy.report_card import FieldGap, missing_report_card_fields, report_card_fields
from tongzhou.policy.zones import StepDownDraft, level_text, step_down

__all__ = [
    "Burden",
    "CaseFacts",
    "Change",
    "ClockDue",
    "ClockRule",
    "ComparedPerson",
    "Explanation",
    "FieldGap",
    "Finding",
    "FormField",
    "JustifiedUnit",
    "Measure",
    "MeasureFacts",
    "MeasureKind",
    "MeasurePhase",
    "OrderDraft",
    "OrderKind",
    "OrderRule",
    "Pack",
    "PackComparison",
    "PackEntry",
    "PersonDifference",
    "PhaseDraft",
    "StepDownDraft",
    "Strictness",
    "SubjectFacts",
    "SubjectKind",
    "TestDue",
    "Text",
    "check_measure",
    "clocks",
    "compare",
    "draft_for",
    "draft_order",
    "due_clocks",
    "explain",
    "grade_exposure",
    "grade_person",
    "infectious_window",
    "last_exposure_at",
    "level_text",
    "list_packs",
    "load_pack",
    "measure_of",
    "missing_report_card_fields",
    "person_days",
    "report_card_fields",
    "step_down",
]
