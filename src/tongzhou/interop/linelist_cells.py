"""The tags of a line list and the cleaning of its cells: dates in several forms, words, ages.

Each reader returns the value and the reason of the change; a cell that cannot be read becomes empty.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from tongzhou.interop.columns import Field
from tongzhou.interop.text_values import fold_word, parse_days

DATE_TAGS = (
    "date_exposure",
    "date_infection",
    "date_onset",
    "date_specimen",
    "date_reporting",
    "date_confirmation",
    "date_admission",
    "date_discharge",
    "date_outcome",
    "date_death",
)
TAGS = (
    Field("id", ("case_id", "patient_id", "caseid", "编号", "病例编号", "no"), is_required=False),
    Field("date_exposure", ("exposure_date", "暴露日期", "last_poss_exposure"), is_required=False),
    Field("date_infection", ("date_of_infection", "infection date", "感染日期"), is_required=False),
    Field(
        "date_onset",
        (
            "onset",
            "symptom_onset",
            "date_of_onset",
            "date_onset_symptoms",
            "symptom_onset_date",
            "发病日期",
            "发病时间",
            "发病",
        ),
        is_required=False,
    ),
    Field("date_specimen", ("specimen_date", "sampled_on", "采样日期", "采样时间"), is_required=False),
    Field(
        "date_reporting",
        ("reporting", "report_date", "date_of_report", "报告日期", "报告时间"),
        is_required=False,
    ),
    Field(
        "date_confirmation",
        ("confirmed", "confirm_date", "confirmed_date", "date_of_confirmation", "确诊日期", "确诊时间"),
        is_required=False,
    ),
    Field(
        "date_admission",
        (
            "admission",
            "date_hospital",
            "date_of_hospitalisation",
            "date_admission_hospital",
            "入院日期",
            "住院日期",
        ),
        is_required=False,
    ),
    Field(
        "date_discharge", ("discharge", "released_date", "date_of_discharge", "出院日期"), is_required=False
    ),
    Field("date_outcome", ("date_of_outcome", "date_death_or_discharge", "转归日期"), is_required=False),
    Field("date_death", ("date_of_death", "deceased_date", "死亡日期"), is_required=False),
    Field("sex", ("gender", "性别"), is_required=False),
    Field("age", ("age_years", "年龄", "年龄(岁)"), is_required=False),
    Field("outcome", ("转归", "结局", "state", "status"), is_required=False),
    Field("location", ("place", "city", "district", "现住址", "地区", "城市"), is_required=False),
    Field("occupation", ("职业",), is_required=False),
    Field("hcw", ("health_care_worker", "is_hcw", "医务人员"), is_required=False),
)
SEX = {"male": ("m", "male", "男", "男性", "1"), "female": ("f", "female", "女", "女性", "2")}
OUTCOMES = {
    "death": ("death", "dead", "died", "deceased", "fatal", "d", "死亡", "病亡", "死"),
    "recovery": (
        "recovery",
        "recovered",
        "recover",
        "discharged",
        "discharge",
        "released",
        "cured",
        "alive",
        "治愈",
        "出院",
        "康复",
        "好转",
        "痊愈",
    ),
    "in_care": (
        "isolated",
        "hospitalised",
        "hospitalized",
        "in hospital",
        "ongoing",
        "stable",
        "住院",
        "在院",
        "治疗中",
        "隔离治疗",
    ),
}
YES_NO = {"yes": ("yes", "y", "true", "1", "是", "有"), "no": ("no", "n", "false", "0", "否", "无")}
_BLANK = frozenset(
    {
        "",
        "na",
        "n/a",
        "nan",
        "null",
        "none",
        "unknown",
        "unk",
        "?",
        "？",
        "-",
        "--",
        "不详",
        "未知",
        "无",
        "missing",
        "#n/a",
    }
)
_WORDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {"sex": SEX, "outcome": OUTCOMES, "hcw": YES_NO}
_TWO_NUMBERS = re.compile(r"^([0-9]{1,2})[/.\-]([0-9]{1,2})[/.\-]([0-9]{4})(?:[ T][0-9:.]+)?$")
_SERIAL = re.compile(r"^([2-6][0-9]{4})(?:\.[0-9]+)?$")
_AGE_RANGE = re.compile(r"^([0-9]{1,3})\s*(?:-|–|~|至|到)\s*([0-9]{1,3})\s*(?:岁|years?)?$")
_AGE = re.compile(r"^([0-9]{1,3}(?:\.[0-9]+)?)\s*(岁|周岁|years?|yrs?|y|个?月龄?|months?|mo|天|日龄|days?)?$")
_UNITS = {"月": 12.0, "m": 12.0, "天": 365.25, "日": 365.25, "d": 365.25}
_SHEET_EPOCH = date(1899, 12, 30)


@dataclass(frozen=True, slots=True)
class CleaningOptions:
    """What the caller knows.

    day_first : whether 01/02/2020 is 1 February; ``None`` lets each column decide by its own unambiguous values
    latest : no date may be later
    keeps_repeats : keep rows that repeat an id
    """

    day_first: bool | None = None
    latest: date | None = None
    keeps_repeats: bool = False


def clean_column(tag: str, texts: pl.Series, options: CleaningOptions) -> tuple[pl.Series, dict[str, str]]:
    """Return the cleaned column and, for each distinct text that was changed or lost, the reason."""
    distinct = texts.drop_nulls().unique().to_list()
    if tag in DATE_TAGS:
        values, reasons = _dates(distinct, options)
        return _mapped(texts, values, pl.Date()), reasons
    if tag == "age":
        return _applied(texts, distinct, _age, pl.Float64())
    words = _WORDS.get(tag)
    if words:
        folded = {fold_word(w): meaning for meaning, ws in words.items() for w in (meaning, *ws)}
        return _applied(texts, distinct, lambda t: _word(t, folded), pl.String())
    return _applied(texts, distinct, _plain, pl.String())


def _applied(
    texts: pl.Series, distinct: list[str], read: Callable[[str], tuple[object, str]], dtype: pl.DataType
) -> tuple[pl.Series, dict[str, str]]:
    results = {text: read(text) for text in distinct}
    values = {text: value for text, (value, _) in results.items()}
    return _mapped(texts, values, dtype), {text: reason for text, (_, reason) in results.items() if reason}


def _mapped(texts: pl.Series, values: Mapping[str, object], dtype: pl.DataType) -> pl.Series:
    return pl.Series(texts.name, [values.get(t) if t is not None else None for t in texts], dtype=dtype)


def _plain(text: str) -> tuple[str | None, str]:
    squeezed = re.sub(r"[\s\u3000]+", " ", text).strip()
    if squeezed.lower() in _BLANK:
        return None, "stands for unknown"
    return squeezed, "spaces removed" if squeezed != text else ""


def _word(text: str, folded: Mapping[str, str]) -> tuple[str | None, str]:
    meaning = folded.get(fold_word(text))
    if meaning is None:
        return None, "stands for unknown" if text.strip().lower() in _BLANK else "not a known word"
    return meaning, "written in one word" if meaning != text else ""


def _age(text: str) -> tuple[float | None, str]:
    folded = text.strip().lower()
    if folded in _BLANK:
        return None, "stands for unknown"
    if found := _AGE_RANGE.match(folded):
        low, high = int(found[1]), int(found[2])
        return ((low + high) / 2, "middle of the range") if low <= high <= 130 else (None, "not an age")
    if found := re.match(r"^([0-9]{1,3})s$", folded):
        return int(found[1]) + 5.0, "middle of the ten years"
    found = _AGE.match(folded)
    if not found:
        return None, "not an age"
    unit = (found[2] or "").removeprefix("个")
    years = float(found[1]) / _UNITS.get(unit[:1], 1.0)
    if years > 130:
        return None, "not an age"
    return years, "turned into years" if unit else ""


def _dates(distinct: list[str], options: CleaningOptions) -> tuple[dict[str, date | None], dict[str, str]]:
    plain = dict(zip(distinct, parse_days(pl.Series(distinct, dtype=pl.String)), strict=True))
    day_first = options.day_first if options.day_first is not None else _tell_day_first(distinct)
    values: dict[str, date | None] = {}
    reasons: dict[str, str] = {}
    for text, day in plain.items():
        values[text], reason = (
            (day, "" if day.isoformat() == text else "written as YYYY-MM-DD")
            if day
            else _odd_date(text, day_first)
        )
        if reason:
            reasons[text] = reason
    return values, reasons


def _odd_date(text: str, day_first: bool | None) -> tuple[date | None, str]:
    folded = text.strip()
    if folded.lower() in _BLANK:
        return None, "stands for unknown"
    if serial := _SERIAL.match(folded):
        return _SHEET_EPOCH + timedelta(days=int(serial[1])), "number of a spreadsheet day"
    if found := _TWO_NUMBERS.match(folded):
        return _day_or_month_first(int(found[1]), int(found[2]), int(found[3]), day_first)
    with_clock = re.match(r"^([0-9]{4}-[0-9]{2}-[0-9]{2})[ T][0-9:.]+(?:Z|[+-][0-9:]+)?$", folded)
    if with_clock:
        return parse_days(pl.Series([with_clock[1]]))[0], "clock dropped"
    if len(re.findall(r"[0-9]{4}", folded)) > 1 or re.search(r"[0-9]\s+-\s+[0-9]", folded):
        return None, "a range of days"
    return None, "not a day that exists"


def _day_or_month_first(a: int, b: int, year: int, day_first: bool | None) -> tuple[date | None, str]:
    if a > 12 or b > 12 or a == b:
        day, month = (a, b) if b <= 12 else (b, a)
    elif day_first is None:
        return None, "day and month could be either; say day_first"
    else:
        day, month = (a, b) if day_first else (b, a)
    try:
        return date(year, month, day), "written as YYYY-MM-DD"
    except ValueError:
        return None, "not a day that exists"


def _tell_day_first(distinct: list[str]) -> bool | None:
    """Return what the unambiguous values of a column say, ``None`` when they say nothing or both."""
    found = [m for m in map(_TWO_NUMBERS.match, distinct) if m]
    day_first = any(int(m[1]) > 12 for m in found)
    month_first = any(int(m[2]) > 12 for m in found)
    return day_first if day_first != month_first else None
