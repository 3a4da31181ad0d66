"""The duties that cases make: their clocks, and what an investigator owes."""

from __future__ import annotations

from datetime import timedelta

from tongzhou.server.duties.kinds import DutyKind, EvidenceField, EvidenceType, register_kind

_DONE_NOTE = EvidenceField("note", "备注", "Note", is_required=False)

CASE_CLOCK = register_kind(
    DutyKind(
        name="case_clock",
        label_zh="病例时限",
        label_en="Clocks of cases",
        title_zh="{name_zh}：病例 {number}",
        title_en="{name_en}: case {number}",
        post="investigator",
        warns_before=timedelta(minutes=45),
        escalates_every=timedelta(hours=1),
        evidence=(_DONE_NOTE,),
        can_refuse=False,
    )
)

REVIEW_EXPOSURES = register_kind(
    DutyKind(
        name="review_exposures",
        label_zh="核实密接",
        label_en="Review of contacts",
        title_zh="核实密接：病例 {number}，{n} 人待定",
        title_en="Review contacts: case {number}, {n} to decide",
        post="investigator",
        warns_before=timedelta(hours=1),
        escalates_every=timedelta(hours=2),
        evidence=(
            EvidenceField("is_complete", "全部接触者已判定", "Every contact is decided", EvidenceType.FLAG),
            _DONE_NOTE,
        ),
        can_refuse=False,
    )
)

LOCATE_CONTACT = register_kind(
    DutyKind(
        name="locate_contact",
        label_zh="查找接触者",
        label_en="Locating contacts",
        title_zh="查找接触者（病例 {number}）",
        title_en="Locate a contact (case {number})",
        post="grid_worker",
        warns_before=timedelta(hours=2),
        escalates_every=timedelta(hours=2),
        evidence=(
            EvidenceField(
                "outcome",
                "结果",
                "Outcome",
                EvidenceType.CHOICE,
                (
                    ("at_home", "在家找到", "Found at home"),
                    ("elsewhere", "在别处找到", "Found elsewhere"),
                    ("left_area", "已离开本地", "Has left the area"),
                ),
            ),
            _DONE_NOTE,
        ),
    )
)
