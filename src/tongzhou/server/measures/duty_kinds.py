"""The duties that orders and zones make."""

from __future__ import annotations

from datetime import timedelta

from tongzhou.server.duties.kinds import DutyKind, EvidenceField, EvidenceType, register_kind

_NOTE = EvidenceField("note", "备注", "Note", is_required=False)

INFORM = register_kind(
    DutyKind(
        name="inform_person",
        label_zh="上门告知",
        label_en="Informing in person",
        title_zh="上门告知：{order_zh}",
        title_en="Inform in person: {order_en}",
        post="grid_worker",
        warns_before=timedelta(hours=1),
        escalates_every=timedelta(hours=2),
        evidence=(
            EvidenceField(
                "outcome",
                "结果",
                "Outcome",
                EvidenceType.CHOICE,
                (
                    ("informed", "已告知并说明理由", "Informed, with the reason"),
                    ("by_phone", "电话告知", "Informed by phone"),
                    ("not_found", "没有找到", "Not found"),
                ),
            ),
            EvidenceField(
                "needs",
                "需要的帮助（药品、老人、孩子等）",
                "Help needed (medicine, elderly, children)",
                is_required=False,
            ),
            _NOTE,
        ),
    )
)

HAND_OVER = register_kind(
    DutyKind(
        name="hand_over",
        label_zh="转运交接",
        label_en="Handover to a site",
        title_zh="转运交接：送往隔离点",
        title_en="Hand over: bring to the quarantine site",
        post="site_keeper",
        family="handover",
        warns_before=timedelta(hours=1),
        escalates_every=timedelta(hours=1),
        evidence=(
            EvidenceField(
                "outcome",
                "结果",
                "Outcome",
                EvidenceType.CHOICE,
                (
                    ("arrived", "已到达并签收", "Arrived and received"),
                    ("home_instead", "改为居家", "Stays at home instead"),
                ),
            ),
            EvidenceField("room", "房间", "Room", is_required=False),
            _NOTE,
        ),
    )
)

HEALTH_CHECK = register_kind(
    DutyKind(
        name="health_check",
        label_zh="健康监测",
        label_en="Daily health checks",
        title_zh="健康监测：第 {day} 天",
        title_en="Daily health check: day {day}",
        post="grid_worker",
        warns_before=timedelta(hours=4),
        escalates_every=timedelta(hours=4),
        evidence=(
            EvidenceField(
                "temperature", "体温", "Temperature", EvidenceType.NUMBER, unit="°C", minimum=30, maximum=45
            ),
            EvidenceField(
                "symptoms",
                "症状",
                "Symptoms",
                EvidenceType.CHOICE,
                (
                    ("none", "没有", "None"),
                    ("fever", "发热", "Fever"),
                    ("respiratory", "咳嗽、咽痛等", "Cough, sore throat"),
                    ("other", "其他", "Other"),
                ),
            ),
            _NOTE,
        ),
    )
)

SECOND_PERSON = register_kind(
    DutyKind(
        name="approve_stricter",
        label_zh="严于规定的复核",
        label_en="Second person",
        title_zh="复核：严于规定的措施（{number}）",
        title_en="Second person: a measure stricter than the rule ({number})",
        post="duty_officer",
        warns_before=timedelta(hours=1),
        escalates_every=timedelta(hours=2),
        evidence=(_NOTE,),
    )
)

REVIEW_ORDER = register_kind(
    DutyKind(
        name="review_order",
        label_zh="措施复查",
        label_en="Review of orders",
        title_zh="复查：是否还需要继续（{number}）",
        title_en="Look again: must this go on? ({number})",
        post="investigator",
        warns_before=timedelta(hours=12),
        escalates_every=timedelta(hours=4),
        evidence=(
            EvidenceField(
                "outcome",
                "结果",
                "Outcome",
                EvidenceType.CHOICE,
                (
                    (
                        "ends",
                        "条件已满足：解除，或转入规则的下一阶段",
                        "The conditions are met: it ends, or goes to its next phase",
                    ),
                    ("goes_on", "条件未满足，继续", "The conditions are not met: it goes on"),
                ),
            ),
            _NOTE,
        ),
        can_refuse=False,
    )
)

CHECK_DRIFT = register_kind(
    DutyKind(
        name="check_drift",
        label_zh="措施与规定核对",
        label_en="Check against the rule",
        title_zh="措施与规定不一致，请核对（{number}）",
        title_en="A measure differs from its rule: check it ({number})",
        post="duty_officer",
        warns_before=timedelta(hours=1),
        escalates_every=timedelta(hours=2),
        evidence=(
            EvidenceField(
                "outcome",
                "结果",
                "Outcome",
                EvidenceType.CHOICE,
                (
                    ("ended", "措施已解除", "The measure was ended"),
                    ("grounded", "有依据，继续", "It has its ground and stays"),
                ),
            ),
            _NOTE,
        ),
        can_refuse=False,
    )
)

ANSWER_APPEAL = register_kind(
    DutyKind(
        name="answer_appeal",
        label_zh="答复申诉",
        label_en="Answers to appeals",
        title_zh="答复申诉（{number}）",
        title_en="Answer an appeal ({number})",
        post="duty_officer",
        warns_before=timedelta(hours=4),
        escalates_every=timedelta(hours=4),
        evidence=(_NOTE,),
        can_refuse=False,
    )
)

ZONE_ROUND = register_kind(
    DutyKind(
        name="zone_round",
        label_zh="风险区全员检测",
        label_en="Testing of zones",
        title_zh="{zone_zh}：期满前全员核酸检测",
        title_en="{zone_en}: test everybody before the end",
        post="area_officer",
        warns_before=timedelta(hours=12),
        escalates_every=timedelta(hours=4),
        evidence=(
            EvidenceField(
                "outcome",
                "结果",
                "Outcome",
                EvidenceType.CHOICE,
                (
                    ("all_negative", "全部阴性", "All negative"),
                    ("positive_found", "发现阳性", "Positive found"),
                ),
            ),
            EvidenceField("n_tested", "检测人数", "People tested", EvidenceType.NUMBER, minimum=0),
            _NOTE,
        ),
        can_refuse=False,
    )
)
