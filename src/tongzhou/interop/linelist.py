"""Line lists: the field's tags, cleaning with a report of every change, epicurve and delays.

A cell that cannot be read becomes empty and is listed; a row that cannot be true is rejected and listed.
Nothing is guessed: a date whose day and month could be either stays empty until the caller says which.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from tongzhou.core.errors import InputError
from tongzhou.interop.columns import ColumnMapping, Field, map_columns
from tongzhou.interop.reports import Finding, join_reports, reject_where
from tongzhou.interop.tabular import TableSource
from tongzhou.interop.text_values import fold_word, parse_days

DATE_TAGS = (
    "date_exposure", "date_infection", "date_onset", "date_specimen", "date_reporting", "date_confirmation",
    "date_admission", "date_discharge", "date_outcome", "date_death",
)  # fmt: skip
TAGS = (
    Field("id", ("case_id", "patient_id", "caseid", "编号", "病例编号", "no"), is_required=False),
    Field("date_exposure", ("exposure_date", "暴露日期", "last_poss_exposure"), is_required=False),
    Field("date_infection", ("date_of_infection", "infection date", "感染日期"), is_required=False),
    Field("date_onset", ("onset", "symptom_onset", "date_of_onset", "date_onset_symptoms", "symptom_onset_date", "发病日期", "发病时间", "发病"), is_required=False),
    Field("date_specimen", ("specimen_date", "sampled_on", "采样日期", "采样时间"), is_required=False),
    Field("date_reporting", ("reporting", "report_date", "date_of_report", "报告日期", "报告时间"), is_required=False),
    Field("date_confirmation", ("confirmed", "confirm_date", "confirmed_date", "date_of_confirmation", "确诊日期", "确诊时间"), is_required=False),
    Field("date_admission", ("admission", "date_hospital", "date_of_hospitalisation", "date_admission_hospital", "入院日期", "住院日期"), is_required=False),
    Field("date_discharge", ("discharge", "released_date", "date_of_discharge", "出院日期"), is_required=False),
    Field("date_outcome", ("date_of_outcome", "date_death_or_discharge", "转归日期"), is_required=False),
    Field("date_death", ("date_of_death", "deceased_date", "死亡日期"), is_required=False),
    Field("sex", ("gender", "性别"), is_required=False),
    Field("age", ("age_years", "年龄", "年龄(岁)"), is_required=False),
    Field("outcome", ("转归", "结局", "state", "status"), is_required=False),
    Field("location", ("place", "city", "district", "现住址", "地区", "城市"), is_required=False),
    Field("occupation", ("职业",), is_required=False),
    Field("hcw", ("health_care_worker", "is_hcw", "医务人员"), is_required=False),
)  # fmt: skip
SEX = {"male": ("m", "male", "男", "男性", "1"), "female": ("f", "female", "女", "女性", "2")}
OUTCOMES = {
    "death": ("death", "dead", "died", "deceased", "fatal", "d", "死亡", "病亡", "死"),
    "recovery": ("recovery", "recovered", "recover", "discharged", "discharge", "released", "cured", "alive", "治愈", "出院", "康复", "好转", "痊愈"),
    "in_care": ("isolated", "hospitalised", "hospitalized", "in hospital", "ongoing", "stable", "住院", "在院", "治疗中", "隔离治疗"),
}
YES_NO = {"yes": ("yes", "y", "true", "1", "是", "有"), "no": ("no", "n", "false", "0", "否", "无")}
_BLANK = frozenset({"", "na", "n/a", "nan", "null", "none", "unknown", "unk", "?", "？", "-", "--", "不详", "未知", "无", "missing", "#n/a"})
_ORDER = (
    ("date_infection", "date_onset"), ("date_onset", "date_reporting"), ("date_onset", "date_death"), ("date_onset", "date_outcome"),
    ("date_admission", "date_discharge"), ("date_admission", "date_outcome"), ("date_admission", "date_death"),
)  # fmt: skip
_TWO_NUMBERS = re.compile(r"^([0-9]{1,2})[/.\-]([0-9]{1,2})[/.\-]([0-9]{4})(?:[ T].*)?$")
_SERIAL = re.compile(r"^([2-6][0-9]{4})(?:\.[0-9]+)?$")
_AGE_RANGE = re.compile(r"^([0-9]{1,3})\s*(?:-|–|~|至|到)\s*([0-9]{1,3})\s*(?:岁|years?)?$")
_AGE = re.compile(r"^([0-9]{1,3}(?:\.[0-9]+)?)\s*(岁|周岁|years?|yrs?|y|个?月龄?|months?|mo|天|日龄|days?)?$")
_UNITS = {"月": 12.0, "m": 12.0, "天": 365.25, "日": 365.25, "d": 365.25}
_SHEET_EPOCH = date(1899, 12, 30)
CHANGE_SCHEMA = {"row": pl.Int64, "column": pl.String, "before": pl.String, "after": pl.String, "reason": pl.String}
FREQUENCIES = {"day": "1d", "week": "1w", "month": "1mo"}


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


@dataclass(frozen=True, slots=True)
class Delays:
    """Two dates of the same persons.

    first, second : datetime64[D], shape (N,); days : int64, shape (N,), days from first to second
    """

    first: npt.NDArray[np.datetime64]
    second: npt.NDArray[np.datetime64]
    days: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CleanLinelist:
    """A cleaned line list.

    frame : row, the tags found (dates as Date, age as Float64 years, sex male | female, outcome death | recovery |
        in_care), other columns untouched
    changes : (row, column, before, after, reason), one line for every cell that differs from the file
    rejected : (row, column, value, reason)
    """

    frame: pl.DataFrame
    changes: pl.DataFrame
    rejected: pl.DataFrame
    mapping: dict[str, str]
    findings: tuple[Finding, ...] = ()

    def epicurve(self, by: str = "date_onset", freq: str = "day", group: str | None = None) -> pl.DataFrame:
        """Return cases per day, week (from Monday) or month, empty periods included as 0.

        Parameters
        ----------
        by : date tag
        freq : day | week | month
        group : another column to count apart, for example ``location``

        Returns
        -------
        frame: date (Date), [group], count (Int64, persons)
        """
        self._require(by)
        if freq not in FREQUENCIES:
            raise InputError("linelist.freq", f"{freq!r} is not a frequency.", f"Use {', '.join(FREQUENCIES)}.")
        keys = ["date", group] if group else ["date"]
        dated = self.frame.filter(pl.col(by).is_not_null())
        counted = dated.group_by(pl.col(by).dt.truncate(FREQUENCIES[freq]).alias("date"), *keys[1:]).agg(
            pl.len().cast(pl.Int64).alias("count")
        )
        if not counted.height:
            return counted.sort(keys)
        first, last = counted["date"].min(), counted["date"].max()
        grid = pl.select(pl.date_range(pl.lit(first), pl.lit(last), FREQUENCIES[freq]).alias("date"))
        if group:
            grid = grid.join(counted.select(group).unique(), how="cross")
        filled = grid.join(counted, on=keys, how="left", nulls_equal=True)
        return filled.with_columns(pl.col("count").fill_null(0)).sort(keys)

    def delay(self, first: str, second: str) -> Delays:
        """Return both dates and the days between them, for every row that has both."""
        self._require(first)
        self._require(second)
        both = self.frame.select(first, second).drop_nulls()
        a = both[first].to_numpy().astype("datetime64[D]")
        b = both[second].to_numpy().astype("datetime64[D]")
        return Delays(a, b, (b - a).astype(np.int64))

    def _require(self, tag: str) -> None:
        if tag not in self.mapping or tag not in DATE_TAGS:
            found = [name for name in self.mapping if name in DATE_TAGS]
            raise InputError(
                "linelist.no_tag", f"The line list has no {tag}.", f"Dates found: {', '.join(found) or 'none'}."
            )


def read_linelist(
    table: TableSource, overrides: Mapping[str, str] | None = None, options: CleaningOptions | None = None
) -> CleanLinelist:
    """Read, tag and clean a line list.

    Parameters
    ----------
    overrides : tag -> column, winning over the guess by name

    Raises
    ------
    InputError : ``linelist.no_dates`` — no column carries a date tag
    """
    options = options or CleaningOptions()
    mapping = map_columns(table.columns, TAGS, overrides)
    if not any(tag in DATE_TAGS for tag in mapping.pairs):
        raise InputError(
            "linelist.no_dates",
            f"No column of {table.name} is a known date: {', '.join(table.columns[:10])}.",
            "Say which is which, for example date_onset=COLUMN.",
        )
    raw = table.read_all()
    frame = _tagged(raw, mapping)
    columns, changes = [], []
    for tag in mapping.pairs:
        cleaned, reasons = _clean(tag, frame[tag], options)
        columns.append(cleaned.alias(tag))
        changes.append(_changes(frame, tag, cleaned, reasons))
    cleaned_frame = frame.with_columns(columns)
    rejected = join_reports([table.broken_rows(), *_rejections(cleaned_frame, mapping, options)])
    kept = cleaned_frame.join(rejected, on="row", how="anti", maintain_order="left")
    report = pl.concat(changes).sort("row", maintain_order=True) if changes else pl.DataFrame(schema=CHANGE_SCHEMA)
    return CleanLinelist(kept, report, rejected, mapping.pairs, tuple(_findings(report)))


def _tagged(raw: pl.DataFrame, mapping: ColumnMapping) -> pl.DataFrame:
    others = [c for c in mapping.unused if c not in mapping.pairs]
    return mapping.apply(raw).drop(mapping.absent).hstack(raw.select(others))


def _clean(tag: str, texts: pl.Series, options: CleaningOptions) -> tuple[pl.Series, dict[str, str]]:
    """Return the cleaned column and, for each distinct text that was changed or lost, the reason."""
    distinct = texts.drop_nulls().unique().to_list()
    if tag in DATE_TAGS:
        values, reasons = _dates(distinct, options)
        return _mapped(texts, values, pl.Date()), reasons
    if tag == "age":
        return _applied(texts, distinct, _age, pl.Float64())
    words = {"sex": SEX, "outcome": OUTCOMES, "hcw": YES_NO}.get(tag)
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
        values[text], reason = (day, "" if day.isoformat() == text else "written as YYYY-MM-DD") if day else _odd_date(text, day_first)
        if reason:
            reasons[text] = reason
    return values, reasons


def _odd_date(text: str, day_first: bool | None) -> tuple[date | None, str]:
    folded = text.strip()
    if folded.lower() in _BLANK:
        return None, "stands for unknown"
    if serial := _SERIAL.match(folded):
        return _SHEET_EPOCH + timedelta(days=int(serial[1])), "number of a spreadsheet day"
    found = _TWO_NUMBERS.match(folded)
    if found:
        a, b, year = int(found[1]), int(found[2]), int(found[3])
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
    with_clock = re.match(r"^([0-9]{4}-[0-9]{2}-[0-9]{2})[ T][0-9:.]+(?:Z|[+-][0-9:]+)?$", folded)
    if with_clock:
        return parse_days(pl.Series([with_clock[1]]))[0], "clock dropped"
    if len(re.findall(r"[0-9]{4}", folded)) > 1 or re.search(r"[0-9]\s+-\s+[0-9]", folded):
        return None, "a range of days"
    return None, "not a day that exists"


def _tell_day_first(distinct: list[str]) -> bool | None:
    """Return what the unambiguous values of a column say, ``None`` when they say nothing or both."""
    found = [m for m in map(_TWO_NUMBERS.match, distinct) if m]
    day_first = any(int(m[1]) > 12 for m in found)
    month_first = any(int(m[2]) > 12 for m in found)
    return day_first if day_first != month_first else None


def _changes(frame: pl.DataFrame, tag: str, cleaned: pl.Series, reasons: Mapping[str, str]) -> pl.DataFrame:
    before = frame.select("row", pl.lit(tag).alias("column"), pl.col(tag).alias("before"), cleaned.cast(pl.String).alias("after"))
    reason = pl.col("before").replace_strict(dict(reasons), default=None, return_dtype=pl.String)
    if not reasons:
        return pl.DataFrame(schema=CHANGE_SCHEMA)
    return before.with_columns(reason.alias("reason")).filter(pl.col("reason").is_not_null()).select(*CHANGE_SCHEMA)


def _rejections(frame: pl.DataFrame, mapping: ColumnMapping, options: CleaningOptions) -> list[pl.DataFrame]:
    found = set(mapping.pairs)
    dates = [tag for tag in DATE_TAGS if tag in found]
    reports = []
    if "id" in found and not options.keeps_repeats:
        repeats = pl.col("id").is_not_null() & ~pl.col("id").is_first_distinct()
        reports.append(reject_where(frame, repeats, "id", "repeats an earlier id"))
    elif "id" not in found and not options.keeps_repeats:
        same = ~pl.struct(pl.exclude("row")).is_first_distinct()
        reports.append(reject_where(frame, same, dates[0], "repeats an earlier row whole"))
    for first, second in _ORDER:
        if first in found and second in found:
            reports.append(reject_where(frame, pl.col(second) < pl.col(first), second, f"earlier than {first}"))
    if options.latest:
        for tag in dates:
            reports.append(reject_where(frame, pl.col(tag) > options.latest, tag, f"later than {options.latest}"))
    return reports


def _findings(changes: pl.DataFrame) -> list[Finding]:
    lost = changes.filter(pl.col("after").is_null() & (pl.col("reason") != "stands for unknown"))
    counted = lost.group_by("column", "reason").len().sort("column", "reason")
    return [
        Finding("cells_lost", f"{row['len']} cells of {row['column']} left empty: {row['reason']}.", dict(row))
        for row in counted.iter_rows(named=True)
    ]
