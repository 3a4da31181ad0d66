"""Minutes of meetings cut into clauses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.interop.samples import shared
from tongzhou.interop.minutes import clean_minutes, parse_minutes


def test_enumerated_clauses_carry_speaker_and_number():
    minutes = parse_minutes("张三强调，要高度重视。一要摸清底数；二要查清重点，做到全覆盖。三是抓好落实。")
    assert [(c.speaker, c.number, c.title) for c in minutes.clauses] == [
        ("张三", None, "高度重视"),
        ("张三", 1, "摸清底数"),
        ("张三", 2, "查清重点"),
        ("张三", 3, "抓好落实"),
    ]


def test_plain_sentences_that_ask_are_clauses():
    minutes = parse_minutes("会议指出，要保障供应。要加强值守。天气很好。")
    assert [c.title for c in minutes.clauses] == ["保障供应", "加强值守"]


def test_traditional_text_with_noise_reads_alike():
    noisy = "李四強調,,要深入學(xué)習(xí)貫徹精神,堅持到底。一要強化“以快制快”,,以更快措施滅疫,。二要壓實責(zé)任。"
    assert [(c.speaker, c.number) for c in parse_minutes(noisy).clauses] == [
        ("李四", None),
        ("李四", 1),
        ("李四", 2),
    ]
    assert "(" not in clean_minutes(noisy)


def test_clause_is_cut_into_its_steps():
    [clause] = parse_minutes("张三强调，一是要压实责任。要每日报告；要公开信息。").clauses
    assert clause.steps == ("压实责任", "要每日报告", "要公开信息")


@pytest.mark.parametrize(
    ("file", "n", "speaker", "numbers"),
    [
        ("guangdong-2020-02-01", 27, "李希", [1, 2, 3, 4, 1, 2, 3, 4, 5, 1, 2, 3]),
        ("guangdong-2022-07-12", 14, "李希", [1, 2, 3, 4]),
        ("liaoning-2020-02-03", 71, "唐一军", [1, 2, 3, 4]),
    ],
)
def test_real_minutes_are_cut_clause_by_clause(file, n, speaker, numbers):
    minutes = parse_minutes(shared(f"meetings/{file}.txt").read_text(encoding="utf-8"))
    assert len(minutes.clauses) == n
    assert [c.number for c in minutes.clauses if c.speaker == speaker and c.number] == numbers


@given(st.text(alphabet="一二三要是，。张三强调会议指出\n(a)", max_size=80))
def test_no_text_breaks_the_reader(text):
    assert [c.position for c in parse_minutes(text).clauses] == list(
        range(1, len(parse_minutes(text).clauses) + 1)
    )
