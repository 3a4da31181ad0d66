"""The sentences shown to people, Chinese and English, short and plain. Decides nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tongzhou.core.exposures import Conveyance, Exposure, Grade, Setting
from tongzhou.policy.model import OrderKind, Pack, SubjectKind, Text

if TYPE_CHECKING:
    from tongzhou.policy.orders import OrderDraft, PhaseDraft

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
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def say_day(day: date) -> Text:
    """Return a day as people say it.

    >>> say_day(date(2022, 7, 5))
    Text(zh='7月5日', en='5 Jul')
    """
    return Text(f"{day.month}月{day.day}日", f"{day.day} {_MONTHS[day.month - 1]}")


def say_instant(instant: datetime, zone: ZoneInfo) -> Text:
    """Return an instant as local day and clock time."""
    local = instant.astimezone(zone)
    day = say_day(local.date())
    return Text(f"{day.zh}{local:%H:%M}", f"{local:%H:%M} on {day.en}")


def say_minutes(minutes: float) -> Text:
    """Return a length of time in minutes, hours or days.

    >>> say_minutes(1).en, say_minutes(90).en, say_minutes(3000).zh
    ('1 minute', '1.5 hours', '约2天')
    """
    if minutes < 60:
        n = round(minutes)
        return Text(f"{n}分钟", f"{n} minute{'' if n == 1 else 's'}")
    if minutes < 48 * 60:
        hours = f"{minutes / 60:.1f}".removesuffix(".0")
        return Text(f"{hours}小时", f"{hours} hour{'' if hours == '1' else 's'}")
    days = round(minutes / 1440)
    return Text(f"约{days}天", f"about {days} days")


def exposure_reason(pack: Pack, exposure: Exposure, grade: Grade, rule_id: str) -> Text:
    """Return the facts, the rule and the grade of one exposure as two or three plain sentences."""
    start = datetime.fromtimestamp(exposure.from_s, UTC).astimezone(pack.time_zone)
    day, length = say_day(start.date()), say_minutes(exposure.minutes)
    where = CONVEYANCES[exposure.conveyance] if exposure.conveyance else SETTINGS[exposure.setting]
    is_contact = rule_id == "secondary" or rule_id.endswith("/contact")
    whom = Text("密切接触者", "a close contact") if is_contact else Text("病例", "the case")
    vehicle = exposure.vehicle
    doubt = _doubt(rule_id)
    says = pack.note(rule_id).says
    return Text(
        f"{day.zh}和{whom.zh}{where.zh}{vehicle and f'（{vehicle}）'}，共处{length.zh}。{doubt.zh}{says.zh}判定：{GRADES[grade].zh}。",
        f"On {day.en} this person and {whom.en} {where.en}{vehicle and f' ({vehicle})'}, for {length.en}. "
        f"{doubt.en}{says.en} Graded: {GRADES[grade].en}.",
    )


def _doubt(rule_id: str) -> Text:
    if rule_id.endswith("/unknown"):
        return Text("座位还不清楚，先查座位。", "The seats are not known yet and must be asked for. ")
    if rule_id.endswith("/outside"):
        return Text("座位在规定范围以外。", "The seat is outside the circle of the rule. ")
    if rule_id.endswith("/contact"):
        return Text("这不是和病例本人的接触。", "This was not contact with the case. ")
    return Text("", "")


def no_rule(pack: Pack, subject: SubjectKind | None) -> Text:
    """Return why a pack asks nothing of a kind of subject."""
    if subject is None:
        return Text("不判定为接触者，没有任何要求。", "Not a contact: nothing is asked.")
    return Text(
        f"{pack.title.zh}对这类人没有要求。", f"The {pack.title.en} asks nothing of this kind of person."
    )


def too_old(day_0: date, within_days: int) -> Text:
    """Return why a ground that lies too far back asks for nothing."""
    day = say_day(day_0)
    return Text(
        f"离开那天是{day.zh}，已经超过{within_days}天，没有要求。",
        f"The day of leaving was {day.en}, more than {within_days} days ago: nothing is asked.",
    )


def period_over(day_0: date, n_days: int | None) -> Text:
    """Return why an order whose period has passed is not drafted."""
    day = say_day(day_0)
    return Text(
        f"从{day.zh}起算的{n_days}天已经满了，没有要求。",
        f"The {n_days} days counted from {day.en} are over: nothing is asked.",
    )


def order_reason(pack: Pack, draft: OrderDraft, exposure: Text | None) -> Text:
    """Return why an order is drafted, what it asks and until when."""
    note = pack.note(draft.rule_id)
    subject = SUBJECTS[draft.subject]
    steps = [say_phase(phase, pack.time_zone) for phase in draft.phases]
    before = exposure or Text("", "")
    day_0 = say_day(draft.day_0_on) if draft.day_0_on and draft.subject is not SubjectKind.CASE else None
    count = Text(f"{day_0.zh}算第0天。", f"{day_0.en} counts as day 0. ") if day_0 else Text("", "")
    gap = " " if before.en else ""
    return Text(
        f"{before.zh}因为{subject.zh}。{note.says.zh}{count.zh}{'；'.join(step.zh for step in steps)}。",
        f"{before.en}{gap}Because {subject.en}. {note.says.en} {count.en}{'; then '.join(step.en for step in steps)}.",
    )


def say_phase(phase: PhaseDraft, zone: ZoneInfo) -> Text:
    """Return what a phase asks and until when."""
    kind = ORDER_KINDS[phase.kind]
    if phase.until_at is None:
        ends = [RELEASES[name] for name in phase.release]
        return Text(
            f"{kind.zh}，到{'、'.join(end.zh for end in ends)}为止",
            f"{kind.en} until {' and '.join(end.en for end in ends)}",
        )
    last = say_day((phase.until_at - timedelta(seconds=1)).astimezone(zone).date())
    return Text(f"{kind.zh}到{last.zh}24时", f"{kind.en} until the end of {last.en}")
