"""Minutes of a meeting cut into clauses: who said it, its number (一要… 二是…), its text, its single steps.

Simplified and traditional characters, and the noise of scans and web copies, are read alike. A clause is a
draft: whose duty it becomes, and by when, a person decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_NUMERALS = "一二三四五六七八九十"
_GLOSS = re.compile(r"\s*[(（][a-zA-Zāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüńňǹḿ]{1,8}[)）]")
_DOUBLED_STOP = re.compile(r"[,，]+(?=[,，、。；;：:])|(?<=[、。；;：:！])[,，]+")
_BROKEN = re.compile(r"[\ufffd?？�]{2,}")
_TITLES = r"(?:省委书记|省委書記|省长|省長|市长|市長|副省长|副省長|书记|書記|主任|同志)?"
_SPEECH = r"(?:最后|還|还|进一步|進一步)?(?:在讲话中|在講話中)?(?:强调|強調|指出|要求|表示|提出)"
_SPEAKER = re.compile(
    rf"^(?:[^。，,]{{0,24}}?)?((?:会议|會議)|(?:他|她)|[\u4e00-\u9fff]{{2,3}}){_TITLES}(?:[^。，,]{{0,24}}?时)?{_SPEECH}[,，:：]"
)
_PRONOUN_SPEAKER = re.compile(rf"(?:^|(?<=[。；]))((?:他|她)){_SPEECH}[,，]")
_NUMBERED = re.compile(
    rf"(?:^|(?<=[。；;，,：:！\s]))(?:第)?([{_NUMERALS}]{{1,3}})(?:是要|是|要)(?![个些样起])"
)
_MUST = re.compile(
    r"^(?:同时)?(?:必须|必須|要(?!闻|聞)|务必|務必|应当|應當|不得|严禁|嚴禁|严格|嚴格|确保|確保|坚决|堅決|切实|切實|加强|加強|强化|強化|落实|落實|进一步|進一步|各地区|各地區|各级|各級|各部门|各部門)"
)
_CONTAINS_MUST = re.compile(
    r"[要须須]|必须|务必|确保|確保|坚决|堅決|加强|強化|强化|落实|落實|抓好|做好|推进|推進|严格|嚴格|坚持|堅持"
)
_NAVIGATION = re.compile(r"^(?:!\[|\[|- |\* |#|\||https?:)")
_CLOSING = re.compile(
    r"^(?:会上|會上|会后|會後|视频会议|視頻會議|省领导|省領導|参加|參加|(?:会议|會議)(?:以|还|還))"
)
_REPORT = re.compile(r"(?:报道|報道|讯|訊)[ 　:：]|出席会议|參加會議|参加会议|电视电话会议形式")


@dataclass(frozen=True, slots=True)
class Clause:
    """One instruction as the minutes state it.

    position : int — place among all clauses, from 1
    speaker : as named; 会议 for the meeting itself
    number : int or None — of an enumerated clause (一要 is 1), ``None`` for a plain one
    title : its first phrase
    text : whole, as written, noise removed
    steps : its sentences and parts that ask for something
    """

    position: int
    speaker: str
    number: int | None
    title: str
    text: str
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Minutes:
    """What was read: the clauses, and every paragraph that holds none (for the reader to check)."""

    title: str
    clauses: tuple[Clause, ...]
    unread: tuple[str, ...]


def clean_minutes(text: str) -> str:
    """Remove glosses like 學(xué), doubled commas and marks of broken characters.

    >>> clean_minutes("深入學(xué)習(xí)貫徹,,堅持“外防輸入,、內(nèi)防反彈”。")
    '深入學習貫徹，堅持“外防輸入、內防反彈”。'
    """
    text = _GLOSS.sub("", text.replace("\r\n", "\n"))
    text = _DOUBLED_STOP.sub("", text)
    text = re.sub(r"(?<=[\u4e00-\u9fff”’》)）])[,，]+(?=[\s\S])", "，", text)
    text = re.sub(r"，(?=[、。；：])|(?<=[、。；：])，", "", text)
    return _BROKEN.sub("□", text)


def parse_minutes(text: str) -> Minutes:
    """Cut the minutes of one meeting, or a page of several, into clauses.

    Parameters
    ----------
    text : plain text, paragraphs separated by line ends; lines broken inside a sentence are joined

    Notes
    -----
    A paragraph that opens with a speaker (…强调, …指出) sets the speaker until the next one. Enumerated
    clauses (一是, 一要, 二要 ...) become one clause each; otherwise each sentence that asks for something does.
    """
    paragraphs = list(_paragraphs(clean_minutes(text)))
    named = {found[1] for p in paragraphs if (found := _SPEAKER.match(p))} - {"会议", "會議", "他", "她"}
    clauses: list[Clause] = []
    unread: list[str] = []
    speaker = ""
    for paragraph in paragraphs:
        found = _SPEAKER.match(paragraph)
        if found and found[1] not in "他她":
            speaker = found[1]
        elif _PRONOUN_SPEAKER.search(paragraph) or _NUMBERED.search(paragraph):
            speaker = _first_named(paragraph, named) or speaker
        elif _CLOSING.match(paragraph) or _REPORT.search(paragraph[:60]) or len(paragraph) < 20:
            speaker = ""
        is_spoken = bool(speaker) or bool(_NUMBERED.search(paragraph))
        pieces = list(_clauses_of(paragraph, found.end() if found else 0)) if is_spoken else []
        for number, piece in pieces:
            clauses.append(_clause(len(clauses) + 1, speaker, number, piece))
        if not pieces:
            unread.append(paragraph)
    return Minutes(paragraphs[0] if paragraphs else "", tuple(clauses), tuple(unread))


def _first_named(paragraph: str, named: set[str]) -> str:
    places = [(paragraph.find(name), name) for name in named if name in paragraph]
    return min(places)[1] if places else ""


def _paragraphs(text: str) -> Iterator[str]:
    """Join lines that break inside a sentence."""
    held = ""
    for line in (raw.strip() for raw in text.split("\n")):
        if not line or _NAVIGATION.match(line):
            continue
        is_continued = held and len(held) > 60 and not re.search(r"[。！？；”）)]$", held)
        if is_continued and not _SPEAKER.match(line):
            held += line
        else:
            if held:
                yield held
            held = line
    if held:
        yield held


def _clauses_of(paragraph: str, start: int) -> Iterator[tuple[int | None, str]]:
    pronoun = _PRONOUN_SPEAKER.search(paragraph)
    if pronoun and not start:
        start = pronoun.end()
    body = paragraph[start:]
    marks = _enumeration(body)
    opening = body[: marks[0][1]] if marks else body
    for sentence in re.split(r"(?<=[。！])", opening):
        if _CLOSING.match(sentence.strip(" ，,")):
            continue
        if _MUST.match(sentence.strip(" ，,")) or (not marks and _CONTAINS_MUST.search(sentence)):
            yield None, sentence.strip(" ，,：:")
    for i, (number, at, _) in enumerate(marks):
        end = marks[i + 1][1] if i + 1 < len(marks) else len(body)
        yield number, body[at:end].strip(" ，,；;")


def _enumeration(body: str) -> list[tuple[int, int, int]]:
    """Return (number, start, end of mark) of numbered clauses that count 1, 2, 3 ... possibly more than once."""
    marks: list[tuple[int, int, int]] = []
    expected = 1
    for found in _NUMBERED.finditer(body):
        number = _numeral(found[1])
        if number in (expected, 1):
            marks.append((number, found.start(), found.end()))
            expected = number + 1
    return marks


def _numeral(text: str) -> int:
    if "十" not in text:
        return _NUMERALS.index(text[-1]) + 1
    tens, _, ones = text.partition("十")
    return (_NUMERALS.index(tens) + 1 if tens else 1) * 10 + (_NUMERALS.index(ones) + 1 if ones else 0)


def _clause(position: int, speaker: str, number: int | None, text: str) -> Clause:
    plain = _NUMBERED.sub("", text, count=1) if number else text
    plain = re.sub(r"^要", "", plain)
    title = re.split(r"[，。；：,;]", plain, maxsplit=1)[0]
    parts = [part.strip() for part in re.split(r"(?<=[。；;！])", plain) if part.strip()]
    steps = tuple(part.rstrip("。；;") for part in parts if part is parts[0] or _CONTAINS_MUST.search(part))
    return Clause(position, speaker, number, title[:60], text, steps)
