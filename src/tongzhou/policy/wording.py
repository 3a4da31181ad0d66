"""The sentences shown to people, Chinese and English, short and plain. Decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tongzhou.core.exposures import Exposure, Grade
from tongzhou.core.zones import StepDown
from tongzhou.policy.model import Pack, SubjectKind, Text
from tongzhou.policy.words import (
    ANCHORS,
    CONVEYANCES,
    GRADES,
    MONTHS,
    NOW_FREE,
    ORDER_KINDS,
    RELEASES,
    SETTINGS,
    SPECIMENS,
    SUBJECTS,
)

if TYPE_CHECKING:
    from tongzhou.policy.measures import JustifiedUnit
    from tongzhou.policy.orders import OrderDraft, PhaseDraft


def say_day(day: date) -> Text:
    """Return a day as people say it.

    >>> say_day(date(2022, 7, 5))
    Text(zh='7月5日', en='5 Jul')
    """
    return Text(f"{day.month}月{day.day}日", f"{day.day} {MONTHS[day.month - 1]}")


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


_THE_EXPOSED = "this person and"


def said_to_the_person(reason: Text) -> Text:
    """Return the facts of an exposure as they are said to who was exposed; the Chinese names nobody and stays.

    >>> said_to_the_person(Text("", "On 1 May 2022 this person and the case ate together.")).en
    'On 1 May 2022 you and the case ate together.'
    """
    return Text(reason.zh, reason.en.replace(_THE_EXPOSED, "you and"))


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
    name = Text(f"（{vehicle}）", f" ({vehicle})") if vehicle else Text("", "")
    return Text(
        f"{day.zh}和{whom.zh}{where.zh}{name.zh}，共处{length.zh}。"
        f"{doubt.zh}{says.zh}判定：{GRADES[grade].zh}。",
        f"On {day.en} {_THE_EXPOSED} {whom.en} {where.en}{name.en}, for {length.en}. "
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
    if n_days is None:
        return Text("各阶段都已结束，没有要求。", "Every phase is over: nothing is asked.")
    return Text(
        f"从{day.zh}起算的{n_days}天已经满了，没有要求。",
        f"The {n_days} days counted from {day.en} are over: nothing is asked.",
    )


def order_reason(pack: Pack, draft: OrderDraft) -> Text:
    """Return why an order is drafted, what it asks and until when."""
    says, ground = pack.note(draft.rule_id).says, say_ground(draft, pack)
    steps = [say_phase(phase, pack.time_zone) for phase in draft.phases]
    return Text(
        f"{ground.zh}{says.zh}{'；'.join(step.zh for step in steps)}。",
        f"{ground.en} {says.en} {_capital('; then '.join(step.en for step in steps))}.",
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


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


def step_reason(pack: Pack, step: StepDown) -> Text:
    """Return why a zone goes down now, or what is still missing."""
    if step.earliest_at is None or step.last_day_on is None or step.next_level is None:
        return Text("没有下一级。", "There is no lower level.")
    says = pack.note(step.rule_id).says
    last = say_day(step.last_day_on)
    if step.is_due:
        return Text(f"{says.zh}到{last.zh}已满足。", f"{says.en} This was met on {last.en}.")
    if step.lacks_round:
        return Text(
            f"{says.zh}还差{last.zh}的全员检测结果。",
            f"{says.en} Still missing: the round of tests of {last.en}, all negative.",
        )
    return Text(f"{says.zh}最早要到{last.zh}24时。", f"{says.en} At the earliest at the end of {last.en}.")


def say_step_end(step: StepDown, zone: ZoneInfo) -> Text:
    """Return until when a zone lasts if nothing new is found."""
    if step.earliest_at is None:
        return NOW_FREE
    when = say_instant(step.earliest_at, zone)
    return Text(
        f"没有新增的话，最早{when.zh}降级。", f"If nothing new is found, until {when.en} at the earliest."
    )


def nothing_asked() -> Text:
    """Return that a person is free."""
    return Text("对您没有要求。", "Nothing is asked of you.")


def say_order(draft: OrderDraft, zone: ZoneInfo) -> Text:
    """Return what an order asks, phase by phase."""
    steps = [say_phase(phase, zone) for phase in draft.phases]
    return Text(
        f"请您{'；然后'.join(step.zh for step in steps)}。",
        f"{_capital('; then '.join(step.en for step in steps))}.",
    )


def say_ground(draft: OrderDraft, pack: Pack) -> Text:
    """Return the facts an order rests on."""
    subject = SUBJECTS[draft.subject]
    zh, en = f"{subject.zh}。", f"This is because {subject.en}."
    if draft.exposure_reason is not None:
        zh, en = f"{zh}{draft.exposure_reason.zh}", f"{en} {draft.exposure_reason.en}"
    if draft.counts_from is not None and draft.day_0_on is not None:
        day, fact = say_day(draft.day_0_on), ANCHORS[draft.counts_from]
        zh, en = f"{zh}{fact.zh}是{day.zh}，算第0天。", f"{en} {fact.en} was on {day.en}; that is day 0."
    if draft.conditions_met_on is not None:
        day = say_day(draft.conditions_met_on)
        zh = f"{zh}{day.zh}已符合解除隔离的条件，这一天算第0天。"
        en = f"{en} The conditions to end the isolation were met on {day.en}; that is day 0."
    return Text(zh, en)


def say_end(draft: OrderDraft, zone: ZoneInfo) -> Text:
    """Return when an order ends, and by which conditions."""
    names = [name for name in draft.phases[-1].release if name != "period_over"]
    ends = [RELEASES[name] for name in names]
    if draft.until_at is None:
        return Text(
            f"到{'、'.join(end.zh for end in ends)}为止。", f"Until {' and '.join(end.en for end in ends)}."
        )
    last = say_day((draft.until_at - timedelta(seconds=1)).astimezone(zone).date())
    given = Text(
        f"，条件是{'、'.join(end.zh for end in ends)}", f", if {' and '.join(end.en for end in ends)}"
    )
    given = given if ends else Text("", "")
    return Text(
        f"到{last.zh}24时自动结束{given.zh}。", f"It ends by itself at the end of {last.en}{given.en}."
    )


def say_tests(draft: OrderDraft, zone: ZoneInfo) -> Text:
    """Return the days on which tests are due."""
    if not draft.tests:
        return Text("", "")
    days = [say_day(test.from_at.astimezone(zone).date()) for test in draft.tests]
    kind = SPECIMENS[draft.tests[0].specimen]
    return Text(
        f"{'、'.join(day.zh for day in days)}做检测（{kind.zh}）。",
        f"Tests on {', '.join(day.en for day in days)} ({kind.en}).",
    )


def allowed_order(pack: Pack, draft: OrderDraft | None) -> Text:
    """Return what the pack allows for a person."""
    if draft is None:
        return Text("没有给出依据。", "No ground is given.")
    if not draft.is_restricting:
        return draft.reason
    steps = [say_phase(phase, pack.time_zone) for phase in draft.phases]
    says = pack.note(draft.rule_id).says
    return Text(
        f"规定允许：{'；'.join(step.zh for step in steps)}。{says.zh}",
        f"The rules allow {'; then '.join(step.en for step in steps)}. {says.en}",
    )


def allowed_ground(units: Sequence[JustifiedUnit]) -> Text:
    """Return which units the evidence justifies."""
    if not units:
        return Text("没有证据支持划定任何区域。", "No evidence supports a zone anywhere.")
    names = ", ".join(f"{item.unit.kind} {item.unit.code} ({item.level.value})" for item in units)
    return Text(f"证据只支持：{names}。", f"The evidence supports only {names}.")


def allowed_until(instant: datetime, zone: ZoneInfo) -> Text:
    """Return until when a zone may last."""
    when = say_instant(instant, zone)
    return Text(f"按规定最早{when.zh}降级。", f"By the rules it goes down at {when.en}.")


def nothing_allowed() -> Text:
    """Return that the rules give no ground."""
    return Text("规定没有给出依据。", "The rules give no ground for it.")
