"""The duty that an arrival makes: to reach those who stated a journey, where they stay."""

from __future__ import annotations

from datetime import timedelta

from tongzhou.server.duties.kinds import DutyKind, EvidenceField, EvidenceType, register_kind

JOURNEY = "journey"
"""The kind of subject: a travel registration by its number."""

ARRIVAL = register_kind(
    DutyKind(
        name="reach_arrival",
        label_zh="联系返回人员",
        label_en="Reaching those who arrive",
        title_zh="联系返回人员：{from_zh}来，{n}人",
        title_en="Reach those who arrive: {n} from {from_en}",
        post="community_team",
        warns_before=timedelta(hours=4),
        escalates_every=timedelta(hours=24),
        evidence=(
            EvidenceField(
                "outcome",
                "结果",
                "Outcome",
                EvidenceType.CHOICE,
                (
                    ("met", "已当面见到", "Met in person"),
                    ("by_phone", "已电话联系", "Reached by phone"),
                    ("not_arrived", "没有来", "Did not arrive"),
                    ("not_found", "没有找到", "Not found"),
                ),
            ),
            EvidenceField(
                "symptoms",
                "有无发热、咳嗽等症状",
                "Fever, cough or other symptoms",
                EvidenceType.CHOICE,
                (
                    ("none", "没有", "None"),
                    ("some", "有，已告知就医", "Some: told to see a doctor"),
                    ("unknown", "不清楚", "Not known"),
                ),
            ),
            EvidenceField("note", "备注", "Note", is_required=False),
        ),
    )
)
