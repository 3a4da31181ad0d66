"""“Why me?” has every part in both languages, in short sentences."""

from __future__ import annotations

import re
from datetime import date, datetime

import pytest

from tongzhou.core.exposures import Exposure, Setting
from tongzhou.core.time import SHANGHAI
from tongzhou.core.zones import ZoneFacts, ZoneLevel
from tongzhou.policy import (
    SubjectFacts,
    SubjectKind,
    Text,
    draft_order,
    explain,
    grade_exposure,
    list_packs,
    load_pack,
    step_down,
)

SINCE = datetime(2022, 7, 1, 18, tzinfo=SHANGHAI)
MEAL = Exposure(1, 2, Setting.DINING, int(SINCE.timestamp()) - 3600, int(SINCE.timestamp()), 60.0)
CASES = [
    (entry.name, kind)
    for entry in list_packs()
    for kind in SubjectKind
    if load_pack(entry.name).order_for(kind) is not None
]


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_every_order_of_every_pack_is_explained_whole(name, kind):
    pack = load_pack(name)
    draft = draft_order(pack, SubjectFacts(2, SINCE, SINCE, SINCE, sampled_at=SINCE), kind, SINCE)
    explanation = explain(draft, pack)
    for lang in ("zh", "en"):
        headings = [heading for heading, sentence in explanation.lines(lang) if len(sentence) > 5]
        assert len(headings) == 7 + bool(draft.tests)


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_sentences_are_short_enough_for_a_child(name, kind):
    pack = load_pack(name)
    draft = draft_order(pack, SubjectFacts(2, SINCE, SINCE, SINCE, sampled_at=SINCE), kind, SINCE)
    for _, sentence in explain(draft, pack).lines("en")[:-1]:
        assert max(len(part.split()) for part in re.split(r"[.;:]", sentence)) <= 36
    for _, sentence in explain(draft, pack).lines("zh")[:-1]:
        assert max(map(len, re.split(r"[。；，：]", sentence))) <= 45


def test_the_facts_of_the_exposure_are_repeated(edition9):
    graded = grade_exposure(edition9, MEAL)
    facts = SubjectFacts(2, SINCE, exposure_reason=Text(graded.reason_zh, graded.reason_en))
    explanation = explain(draft_order(edition9, facts, graded.grade, SINCE), edition9)
    assert "7月1日和病例一起用餐，共处1小时" in explanation.facts.zh
    assert "you and the case" in explanation.facts.en
    assert "this person" not in explanation.facts.en
    assert explanation.until.en == "It ends by itself at the end of 11 Jul, if all tests are negative."


def test_a_graded_exposure_can_be_explained(edition9):
    explanation = explain(grade_exposure(edition9, MEAL), edition9)
    assert explanation.what == Text("判定结果：密切接触者。", "The result: a close contact.")


def test_a_zone_says_when_it_goes_down(edition9):
    facts = ZoneFacts(ZoneLevel.HIGH, date(2022, 7, 1), date(2022, 7, 2))
    explanation = explain(step_down(edition9, facts, datetime(2022, 7, 5, tzinfo=SHANGHAI)), edition9)
    assert explanation.until.zh == "没有新增的话，最早7月10日00:00降级。"
    assert "Stay at home" in explanation.what.en


def test_a_free_person_reads_that_nothing_is_asked(edition9):
    late = datetime(2022, 7, 20, tzinfo=SHANGHAI)
    explanation = explain(draft_order(edition9, SubjectFacts(2, SINCE), SubjectKind.CLOSE, late), edition9)
    assert explanation.what.zh == "对您没有要求。"
    assert "10 days counted from 1 Jul are over" in explanation.facts.en


def test_anything_else_cannot_be_explained(edition9):
    with pytest.raises(TypeError, match="str cannot be explained"):
        explain("why", edition9)
