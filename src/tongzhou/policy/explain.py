"""Answer “why me?” in plain words: rule, facts, what, until when, who helps, how to appeal."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch

from tongzhou.core.exposures import Grade, GradedExposure
from tongzhou.policy import wording, words
from tongzhou.policy.model import Pack, Text
from tongzhou.policy.orders import OrderDraft
from tongzhou.policy.zones import StepDownDraft, level_text


@dataclass(frozen=True, slots=True)
class Explanation:
    """One restriction explained. Every part is there in Chinese and English; `tests` may be empty."""

    what: Text
    facts: Text
    rule: Text
    until: Text
    tests: Text
    help: Text
    appeal: Text
    source: Text

    def lines(self, lang: str = "zh") -> list[tuple[str, str]]:
        """Return pairs of heading and sentence in one language, ``zh`` or ``en``, without empty ones."""
        pairs = [
            (getattr(words.HEADINGS[name], lang), getattr(getattr(self, name), lang))
            for name in words.HEADINGS
        ]
        return [pair for pair in pairs if pair[1]]


@singledispatch
def explain(subject: object, pack: Pack) -> Explanation:
    """Explain a drafted order, a graded exposure or a zone's step down by the pack it came from.

    Parameters
    ----------
    subject : OrderDraft, GradedExposure or StepDownDraft
    pack : Pack

    Raises
    ------
    TypeError — for anything else
    """
    raise TypeError(
        f"{type(subject).__name__} cannot be explained; give an order, a graded exposure or a step down."
    )


@explain.register
def _(subject: OrderDraft, pack: Pack) -> Explanation:
    if not subject.is_restricting:
        rule = pack.note(subject.rule_id).says if subject.rule_id else Text("", "")
        return _explanation(pack, wording.nothing_asked(), subject.reason, rule, words.NOW_FREE)
    return _explanation(
        pack,
        wording.say_order(subject, pack.time_zone),
        wording.said_to_the_person(wording.say_ground(subject, pack)),
        pack.note(subject.rule_id).says,
        wording.say_end(subject, pack.time_zone),
        wording.say_tests(subject, pack.time_zone),
    )


@explain.register
def _(subject: GradedExposure, pack: Pack) -> Explanation:
    grade = words.GRADES[subject.grade]
    what = Text(f"判定结果：{grade.zh}。", f"The result: {grade.en}.")
    until = words.NOW_FREE if subject.grade in (Grade.NONE,) else Text("", "")
    facts = wording.said_to_the_person(Text(subject.reason_zh, subject.reason_en))
    return _explanation(pack, what, facts, pack.note(subject.rule_id).says, until)


@explain.register
def _(subject: StepDownDraft, pack: Pack) -> Explanation:
    text = level_text(pack, subject.step.level)
    rule = pack.note(subject.step.rule_id).says if subject.step.rule_id else Text("", "")
    what = Text(
        f"您所在的地方是{text.name.zh}。{text.asks.zh}", f"Your place is in a {text.name.en}. {text.asks.en}"
    )
    return _explanation(pack, what, subject.reason, rule, wording.say_step_end(subject.step, pack.time_zone))


def _explanation(
    pack: Pack, what: Text, facts: Text, rule: Text, until: Text, tests: Text | None = None
) -> Explanation:
    helps, appeal = pack.contacts["help"], pack.contacts["appeal"]
    return Explanation(
        what=what,
        facts=facts,
        rule=rule,
        until=until,
        tests=tests or Text("", ""),
        help=Text(f"有困难找{helps.zh}。", f"If you need help, ask {helps.en}."),
        appeal=Text(f"不同意可以{appeal.zh}。", f"If you disagree: {appeal.en}."),
        source=Text(f"{pack.legal_source}。", f"The {pack.title.en}: {pack.legal_source}."),
    )
