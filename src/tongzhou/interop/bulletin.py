"""The bulletin of one cut-off: composed in Chinese and English from figures, and read back from official wording.

Pure: the figures are the caller's, each traceable there. Never counts anything itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tongzhou.core.errors import InputError
from tongzhou.interop.area_names import AreaNames, short_name
from tongzhou.interop.bulletin_text import parse_area_counts

DISEASE_ZH = "新型冠状病毒感染的肺炎"
DISEASE_EN = "COVID-19"
_ENGLISH = {
    "内蒙古": "Inner Mongolia", "西藏": "Tibet", "香港": "Hong Kong", "澳门": "Macao", "陕西": "Shaanxi",
    "哈尔滨": "Harbin", "乌鲁木齐": "Urumqi", "呼和浩特": "Hohhot", "拉萨": "Lhasa", "中国": "China", "全国": "China",
}  # fmt: skip
_MONTHS = tuple(
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class AreaFigures:
    """Figures of one area: cumulative persons, and new since the period began; ``None`` is not stated."""

    code: str
    name: str
    confirmed: int | None
    new: int | None = None
    discharged: int | None = None
    deaths: int | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """A published figure that was wrong."""

    area: str
    measure: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class BulletinFigures:
    """Everything one bulletin states.

    area_name : full Chinese name of the reporting area (广东省)
    on, cutoff : local day and HH:MM, 00:00 to 24:00
    confirmed, suspected, discharged, deaths : cumulative persons; new_* : since 0:00 of the day
    areas : areas below, in the order to print; those with no case may be left out
    """

    area_name: str
    on: date
    cutoff: str
    confirmed: int
    new_confirmed: int | None = None
    suspected: int | None = None
    discharged: int | None = None
    new_discharged: int | None = None
    deaths: int | None = None
    new_deaths: int | None = None
    areas: tuple[AreaFigures, ...] = ()
    corrections: tuple[Correction, ...] = ()
    disease_zh: str = DISEASE_ZH
    disease_en: str = DISEASE_EN


_MEASURES_ZH = {
    "confirmed": "累计确诊",
    "suspected": "疑似",
    "cured": "累计出院",
    "discharged": "累计出院",
    "dead": "累计死亡",
    "deaths": "累计死亡",
}
_MEASURES_EN = {
    "confirmed": "confirmed cases",
    "suspected": "suspected cases",
    "cured": "discharged",
    "discharged": "discharged",
    "dead": "deaths",
    "deaths": "deaths",
}


def english_name(name: str) -> str:
    """Return the English name of a Chinese area: its pinyin unless it has another.

    >>> english_name("深圳市"), english_name("内蒙古自治区")
    ('Shenzhen', 'Inner Mongolia')
    """
    from pypinyin import lazy_pinyin

    short = short_name(name)
    if short in _ENGLISH:
        return _ENGLISH[short]
    return "".join(lazy_pinyin(short)).capitalize()


def compose_zh(figures: BulletinFigures) -> str:
    """Return the bulletin in Chinese, in the official wording."""
    day, hour = f"{figures.on.month}月{figures.on.day}日", _hour_zh(figures.cutoff)
    whole = _whole(figures.area_name)
    lines = [
        f"截至{figures.on.year}年{day}{hour}，{figures.area_name}累计报告{figures.disease_zh}确诊病例{figures.confirmed}例{_rest_zh(figures)}。"
    ]
    news = _news_zh(figures)
    if news:
        lines.append(f"{day}0-{hour}，{whole}{news}。")
    fresh = [f"{a.name}{a.new}例" for a in figures.areas if a.new]
    if fresh:
        lines.append(f"新增确诊病例中，{'、'.join(fresh)}。")
    total = [f"{a.name}{a.confirmed}例" for a in figures.areas if a.confirmed]
    if total:
        lines.append(f"累计报告确诊病例中，{'、'.join(total)}。")
    for c in figures.corrections:
        lines.append(
            f"订正：{c.area}{_MEASURES_ZH.get(c.measure, c.measure)}由{c.before}例订正为{c.after}例。"
        )
    return "\n".join(lines)


def _rest_zh(figures: BulletinFigures) -> str:
    """Return the other figures; one that no source states is said to be not reported, where others are."""
    words = (
        (figures.suspected, "现有疑似病例"),
        (figures.discharged, "累计出院"),
        (figures.deaths, "累计死亡"),
    )
    if all(number is None for number, _ in words):
        return ""
    return "".join(f"，{word}{'未报告' if number is None else f'{number}例'}" for number, word in words)


def _news_zh(figures: BulletinFigures) -> str:
    parts = []
    if figures.new_confirmed is not None:
        parts.append(f"新增确诊病例{figures.new_confirmed}例")
    if figures.new_discharged is not None:
        parts.append(f"新增出院{figures.new_discharged}例")
    if figures.new_deaths is not None:
        parts.append(f"新增死亡{figures.new_deaths}例")
    return "，".join(parts)


def compose_en(figures: BulletinFigures) -> str:
    """Return the bulletin in English."""
    day = f"{figures.on.day} {_MONTHS[figures.on.month - 1]} {figures.on.year}"
    place = english_name(figures.area_name)
    stated = (
        (figures.suspected, "suspected cases"),
        (figures.discharged, "patients discharged"),
        (figures.deaths, _plural(figures.deaths, "death")),
    )
    is_more = any(number is not None for number, _ in stated)
    rest = [
        f"{word} not reported" if number is None else f"{number:,} {word}"
        for number, word in stated
        if is_more
    ]
    cases = f"{figures.confirmed:,} confirmed {_plural(figures.confirmed, 'case')} of {figures.disease_en} in total"
    head = f"By {figures.cutoff} on {day}, {place} had reported {cases}"
    lines = [f"{head}{', ' + ', '.join(rest) if rest else ''}."]
    new = [
        f"{number:,} {word}"
        for number, word in (
            (figures.new_confirmed, f"new confirmed {_plural(figures.new_confirmed, 'case')}"),
            (figures.new_discharged, "newly discharged"),
            (figures.new_deaths, f"new {_plural(figures.new_deaths, 'death')}"),
        )
        if number is not None
    ]
    if new:
        lines.append(f"From 00:00 to {figures.cutoff} on {day}: {', '.join(new)}.")
    fresh = [f"{english_name(a.name)} {a.new:,}" for a in figures.areas if a.new]
    if fresh:
        lines.append(f"New confirmed cases by area: {', '.join(fresh)}.")
    total = [f"{english_name(a.name)} {a.confirmed:,}" for a in figures.areas if a.confirmed]
    if total:
        lines.append(f"All confirmed cases by area: {', '.join(total)}.")
    for c in figures.corrections:
        word = _MEASURES_EN.get(c.measure, c.measure)
        lines.append(f"Correction: {word} of {english_name(c.area)} from {c.before:,} to {c.after:,}.")
    return "\n".join(lines)


def _plural(n: int | None, word: str) -> str:
    return word if n == 1 else f"{word}s"


def _hour_zh(cutoff: str) -> str:
    hour, minute = cutoff.split(":")
    return f"{int(hour)}时" if minute == "00" else f"{int(hour)}时{minute}分"


def _whole(area_name: str) -> str:
    level = area_name[-1:] if area_name[-1:] in "省市县州盟旗" else "区" if area_name.endswith("区") else ""
    return f"全{level}" if level else area_name


_HEAD = re.compile(
    r"截[至止](?:到)?(?:(?P<year>[0-9]{4})年)?(?P<month>[0-9]{1,2})月(?P<day>[0-9]{1,2})日(?P<hour>[0-9]{1,2})[时點点](?:(?P<minute>[0-9]{1,2})分)?[，,]?"
    r"(?P<area>[\u4e00-\u9fff]{2,14}?)?(?:全[省市区县州盟国旗])?累计(?:报告)?(?P<disease>[\u4e00-\u9fff（）()]*?)确诊病例(?P<confirmed>[0-9]+)例"
)
_LINE = {
    "suspected": re.compile(r"(?:现有)?疑似病例([0-9]+)例"),
    "discharged": re.compile(r"累计(?:治愈)?出院(?:病例)?([0-9]+)例"),
    "deaths": re.compile(r"累计死亡(?:病例)?([0-9]+)例"),
    "new_confirmed": re.compile(r"新增(?:[\u4e00-\u9fff]{0,14})?确诊病例([0-9]+)例"),
    "new_discharged": re.compile(r"新增(?:治愈)?出院(?:病例)?([0-9]+)例"),
    "new_deaths": re.compile(r"新增死亡(?:病例)?([0-9]+)例"),
}
_NEW_AREAS = re.compile(r"新增确诊病例中[，,]?(?:其中[，,]?)?([^。]*)")
_ALL_AREAS = re.compile(r"累计(?:报告)?确诊病例中[，,]?(?:其中[，,]?)?([^。]*)")
_CORRECTION = re.compile(
    r"订正：([\u4e00-\u9fff]{2,14}?)(累计确诊|疑似|累计出院|累计死亡)由([0-9]+)例订正为([0-9]+)例"
)


def parse_zh(
    text: str, *, year: int | None = None, area_name: str = "", areas: AreaNames | None = None
) -> BulletinFigures:
    """Read the official Chinese wording.

    Parameters
    ----------
    year : of the bulletin, where the text leaves it out
    area_name : reporting area, where the text says only 全省
    areas : to give the areas their codes and full names; without it codes are empty

    Raises
    ------
    InputError : ``bulletin.no_total`` or ``bulletin.no_year``
    """
    flat = re.sub(r"\s+", "", text).replace(",", "，").replace("－", "-")
    head = _HEAD.search(flat)
    if not head:
        raise InputError(
            "bulletin.no_total",
            "The text does not say 截至 ... 累计报告 ... 确诊病例 ... 例.",
            "Paste the whole bulletin, beginning with its cut-off.",
        )
    stated = int(head["year"]) if head["year"] else year
    if stated is None:
        raise InputError("bulletin.no_year", "The text names no year.", "Say the year of the bulletin.")
    try:
        on = date(stated, int(head["month"]), int(head["day"]))
    except ValueError:
        raise InputError(
            "bulletin.bad_day",
            f"{head['month']}月{head['day']}日 of {stated} is not a day.",
            "Check the bulletin's date.",
        ) from None
    numbers = {name: int(m[1]) for name, pattern in _LINE.items() if (m := pattern.search(flat))}
    corrections = tuple(
        Correction(area, _measure_of(word), int(before), int(after))
        for area, word, before, after in _CORRECTION.findall(flat)
    )
    name = re.sub(r"全[省市区县州盟国旗]$|全$", "", head["area"] or "") or area_name
    return BulletinFigures(
        area_name=name or area_name,
        on=on,
        cutoff=f"{int(head['hour']):02d}:{int(head['minute'] or 0):02d}",
        confirmed=int(head["confirmed"]),
        areas=_area_figures(_listed(_ALL_AREAS, flat), dict(_listed(_NEW_AREAS, flat)), areas, name),
        corrections=corrections,
        disease_zh=head["disease"] or DISEASE_ZH,
        suspected=numbers.get("suspected"),
        discharged=numbers.get("discharged"),
        deaths=numbers.get("deaths"),
        new_confirmed=numbers.get("new_confirmed"),
        new_discharged=numbers.get("new_discharged"),
        new_deaths=numbers.get("new_deaths"),
    )


def _listed(pattern: re.Pattern[str], text: str) -> list[tuple[str, int]]:
    found = pattern.search(text)
    return parse_area_counts(found[1]) if found else []


def _measure_of(word: str) -> str:
    return {"累计确诊": "confirmed", "疑似": "suspected", "累计出院": "discharged", "累计死亡": "deaths"}[
        word
    ]


def _area_figures(
    total: Sequence[tuple[str, int]], fresh: dict[str, int], areas: AreaNames | None, parent: str
) -> tuple[AreaFigures, ...]:
    within = (areas.resolve(parent) or "") if areas and parent else ""
    figures = []
    count: int | None
    for name, count in [*total, *((n, None) for n in fresh if n not in dict(total))]:
        code = (areas.resolve(name, within=within) or "") if areas else ""
        full = (areas.name_of(code) if areas and code else None) or name
        figures.append(AreaFigures(code, full, count, fresh.get(name)))
    return tuple(figures)
