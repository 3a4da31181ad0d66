"""The error sentences of the source, and their Chinese."""

from __future__ import annotations

import re

import sentences


def test_every_error_that_can_reach_a_screen_has_its_chinese():
    assert sentences.missing_sentences() == []


def test_no_chinese_is_kept_for_a_sentence_that_is_gone():
    used = set(sentences.all_sentences()) | set(sentences.words())
    source = "\n".join(path.read_text(encoding="utf-8") for path in sentences.SOURCE.rglob("*.py"))
    gone = [  # a sentence may also be put together where no error is made of it: then its parts stand there
        text
        for text in sorted(set(sentences.read_chinese()) - used)
        if not all(part in source for part in re.split(r"{\d+}", text))
    ]
    assert gone == []


def test_values_are_numbered_and_each_branch_is_a_sentence(tmp_path):
    source = tmp_path / "shop.py"
    source.write_text(
        'hint = f"Pay {price}."\n'
        'raise Conflict("shop.shut", f"{day} is {word}." if day else "It is shut.", hint)\n'
        'raise InputError("shop.said", _("Already translated."))\n'
    )
    found = {text for _, text in sentences.error_sentences(source)}
    assert found == {"{1} is {2}.", "It is shut.", "Pay {1}."}
