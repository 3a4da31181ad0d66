"""Rejected rows come back with their reasons in the language of who reads them."""

from __future__ import annotations

from pathlib import Path

from django.utils import translation

from tests.answers import finish
from tongzhou.server.kernel.rejects import rejects_answer
from tongzhou.server.kernel.sentences import say, say_reasons

REASONS = (
    "sampled_at · 2020-02-30 · not a time that exists (write 2020-02-01 08:30); result ·  · result is missing"
)


def read(path: Path) -> str:
    answer = rejects_answer(path)
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    finish(answer)
    return text


def test_the_reasons_of_a_file_are_said_in_chinese_and_the_rows_stay(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text('row,结果,reason\n2,阳性,"age_text · 300 · not an age in years"\n', encoding="utf-8-sig")
    with translation.override("zh-hans"):
        assert read(path).splitlines()[1] == "2,阳性,age_text · 300 · 不是以岁计的年龄"
    with translation.override("en"):
        assert "not an age in years" in read(path)


def test_each_reason_of_a_row_is_said() -> None:
    with translation.override("zh-hans"):
        said = say_reasons(REASONS)
    assert "不是存在的时间（请写成2020-02-01 08:30）" in said
    assert said.endswith("result ·  · 缺少结果")


def test_a_reason_inside_a_sentence_is_said_too() -> None:
    with translation.override("zh-hans"):
        assert say("Row 3, sex: neither 男 nor 女.") == "第3行，sex：既不是男也不是女。"
