"""The duties that results make and settle."""

from __future__ import annotations

from datetime import timedelta

from tongzhou.server.duties.kinds import DutyKind, EvidenceField, EvidenceType, register_kind

LINK_RESULT = register_kind(
    DutyKind(
        name="link_result",
        label_zh="阳性结果核对身份",
        label_en="Linking positive results",
        title_zh="核对身份：样本 {sample}（阳性）",
        title_en="Link a result to its person: sample {sample} (positive)",
        post="lab_clerk",
        warns_before=timedelta(minutes=20),
        escalates_every=timedelta(hours=1),
        evidence=(EvidenceField("note", "备注", "Note", is_required=False),),
        can_refuse=False,
    )
)

LINK_BATCH = register_kind(
    DutyKind(
        name="link_batch",
        label_zh="阴性结果核对身份",
        label_en="Linking negative results",
        title_zh="核对身份：{n} 份阴性结果（批次 {batch}）",
        title_en="Link {n} negative results to their persons (batch {batch})",
        post="lab_clerk",
        warns_before=timedelta(hours=4),
        escalates_every=timedelta(hours=12),
        evidence=(EvidenceField("note", "备注", "Note", is_required=False),),
    )
)

TEST_DUE = register_kind(
    DutyKind(
        name="test_due",
        label_zh="核酸采样",
        label_en="Tests due",
        title_zh="核酸采样：{phase_zh}第 {day} 天",
        title_en="Test due: day {day} of {phase_en}",
        post="grid_worker",
        warns_before=timedelta(hours=6),
        escalates_every=timedelta(hours=4),
        evidence=(
            EvidenceField("sample", "样本编号", "Sample number"),
            EvidenceField(
                "method",
                "采样方式",
                "Specimen",
                EvidenceType.CHOICE,
                (
                    ("oropharyngeal", "口咽拭子", "Oropharyngeal swab"),
                    ("nasopharyngeal", "鼻咽拭子", "Nasopharyngeal swab"),
                    ("other", "其他", "Other"),
                ),
            ),
        ),
    )
)
