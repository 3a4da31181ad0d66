"""The words for settings, grades, orders and specimens, Chinese and English. Tables only."""

from __future__ import annotations

from tongzhou.core.exposures import Conveyance, Grade, Setting
from tongzhou.policy.model import Anchor, OrderKind, SubjectKind, Text

SETTINGS = {
    Setting.HOUSEHOLD: Text("同住", "lived in the same home"),
    Setting.SCHOOL: Text("在学校", "were at school together"),
    Setting.WORK: Text("在工作场所", "were at work together"),
    Setting.DINING: Text("一起用餐", "ate in the same place"),
    Setting.HEALTH_CARE: Text("在医疗机构", "were in the same health care place"),
    Setting.CARE_HOME: Text("在养老机构", "were in the same care home"),
    Setting.SHOP: Text("在商店", "were in the same shop"),
    Setting.LEISURE: Text("在休闲场所", "were in the same place of leisure"),
    Setting.WORSHIP: Text("在宗教活动场所", "were in the same place of worship"),
    Setting.TRANSPORT: Text("在交通场所", "were in the same place of transport"),
    Setting.QUARANTINE_SITE: Text("在隔离点", "were in the same quarantine site"),
    Setting.COMMUNITY: Text("在社区", "were in the same part of the community"),
    Setting.OTHER: Text("在同一地点", "were in the same place"),
}
CONVEYANCES = {
    Conveyance.AIRCRAFT: Text("同乘飞机", "took the same flight"),
    Conveyance.TRAIN_CLOSED: Text("同乘列车", "took the same train"),
    Conveyance.TRAIN_OPEN: Text("同乘普通列车", "took the same ordinary train"),
    Conveyance.BUS_CLOSED: Text("同乘空调客车", "took the same closed bus"),
    Conveyance.BUS_OPEN: Text("同乘客车", "took the same bus"),
    Conveyance.SHIP: Text("同乘船", "took the same ship"),
    Conveyance.METRO: Text("同乘地铁", "took the same metro train"),
    Conveyance.TAXI: Text("同乘出租车", "took the same taxi"),
}
GRADES = {
    Grade.CLOSE: Text("密切接触者", "a close contact"),
    Grade.SECONDARY: Text("密接的密接", "a contact of a close contact"),
    Grade.GENERAL: Text("一般接触者", "a general contact"),
    Grade.NONE: Text("不判定为接触者", "not a contact"),
}
SUBJECTS = {
    SubjectKind.CASE: Text("您的检测结果是阳性", "your test was positive"),
    SubjectKind.CLOSE: Text("您被判定为密切接触者", "you are a close contact of a case"),
    SubjectKind.SECONDARY: Text("您被判定为密接的密接", "you are a contact of a close contact"),
    SubjectKind.GENERAL: Text("您被判定为一般接触者", "you are a general contact"),
    SubjectKind.ARRIVAL: Text("您刚从境外入境", "you arrived from abroad"),
    SubjectKind.HIGH_ZONE: Text("您在高风险区停留过", "you stayed in a high-risk zone"),
    SubjectKind.MEDIUM_ZONE: Text("您在中风险区停留过", "you stayed in a medium-risk zone"),
    SubjectKind.LOW_ZONE: Text("您在低风险区停留过", "you stayed in a low-risk zone"),
    SubjectKind.KEY_AREA: Text("您从重点疫区来或经过那里", "you came from or through a key epidemic area"),
}
ORDER_KINDS = {
    OrderKind.ISOLATION: Text("隔离治疗", "isolation and treatment"),
    OrderKind.CENTRAL_QUARANTINE: Text("集中隔离", "central quarantine"),
    OrderKind.HOME_QUARANTINE: Text("居家隔离", "home quarantine"),
    OrderKind.HOME_HEALTH_MONITORING: Text("居家健康监测", "health monitoring at home"),
    OrderKind.HEALTH_MONITORING: Text("健康监测", "health monitoring"),
    OrderKind.FOLLOW_UP: Text("每日随访", "daily follow-up"),
}
RELEASES = {
    "period_over": Text("期满", "the period is over"),
    "tests_negative": Text("检测都是阴性", "all tests are negative"),
    "no_symptoms": Text("没有症状", "there are no symptoms"),
    "no_fever_3_days": Text("体温正常3天以上", "3 days without fever"),
    "symptoms_better": Text("症状明显好转", "symptoms are clearly better"),
    "two_negative_tests_24h": Text(
        "两次核酸检测阴性，间隔24小时以上", "two negative tests at least 24 hours apart"
    ),
    "rash_plus_days": Text("出疹后的隔离天数已满", "the days after the rash are over"),
    "clinician_agrees": Text("医生同意", "the clinician agrees"),
}
SPECIMENS = {
    "nasopharyngeal": Text("鼻咽拭子", "nasopharyngeal swab"),
    "oropharyngeal": Text("口咽拭子", "oropharyngeal swab"),
    "blood": Text("血液", "blood"),
    "serum": Text("血清", "serum"),
    "urine": Text("尿液", "urine"),
    "stool": Text("粪便", "stool"),
}
ANCHORS = {
    Anchor.LAST_EXPOSURE: Text("最后一次接触", "The last contact"),
    Anchor.ARRIVAL: Text("入境", "The arrival"),
    Anchor.LEFT_AREA: Text("离开那里", "The day of leaving"),
    Anchor.ONSET_OR_SAMPLE: Text("发病或采样", "The onset or the sample"),
}
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
HEADINGS = {
    "what": Text("要做什么", "What is asked"),
    "until": Text("到什么时候", "Until when"),
    "tests": Text("检测", "Tests"),
    "facts": Text("为什么是我", "Why me"),
    "rule": Text("规定怎么说", "What the rule says"),
    "help": Text("谁来帮忙", "Who helps"),
    "appeal": Text("怎么申诉", "How to appeal"),
    "source": Text("依据", "Source"),
}
NOW_FREE = Text("现在没有限制。", "There are no limits now.")
STRICTER = {
    "longer": Text("时间比规定的长。", "It lasts longer than the rules allow."),
    "wider": Text("范围比规定的大。", "It reaches wider than the rules allow."),
    "higher": Text("措施比规定的严。", "It is stricter than the rules allow."),
    "no_ground": Text("没有依据。", "The rules give no ground for it."),
    "more_tests": Text("检测比规定的多。", "It asks for more tests than the rules do."),
    "forbidden": Text("规定不允许。", "The rules forbid it."),
}
