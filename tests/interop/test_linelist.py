"""Line lists: tags, every change reported, epicurve, delays."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.interop.samples import shared_table, text_table
from tongzhou.core.errors import InputError
from tongzhou.interop.linelist import read_linelist
from tongzhou.interop.linelist_cells import CleaningOptions

HEADER = "编号,性别,年龄,发病日期,报告日期,转归\n"


def read(*lines, header=HEADER, **options):
    return read_linelist(text_table(header + "\n".join(lines)), options=CleaningOptions(**options))


def test_chinese_list_is_tagged_and_cleaned():
    clean = read("1,男,34岁,2020年1月3日,2020/1/5,治愈", "2,女,6个月,20200104,2020.01.08,死亡")
    assert clean.frame["date_onset"].to_list() == [date(2020, 1, 3), date(2020, 1, 4)]
    assert clean.frame["sex"].to_list() == ["male", "female"]
    assert clean.frame["age"].to_list() == [34.0, 0.5]
    assert clean.frame["outcome"].to_list() == ["recovery", "death"]


def test_every_changed_cell_is_reported():
    clean = read("1,男,34,2020-01-03,2020-01-05,")
    assert clean.changes.rows() == [(2, "sex", "男", "male", "written in one word")]


@pytest.mark.parametrize(
    ("text", "day", "reason"),
    [
        ("13/02/2020", date(2020, 2, 13), "written as YYYY-MM-DD"),
        ("01/02/2020", None, "day and month could be either; say day_first"),
        ("43831", date(2020, 1, 1), "number of a spreadsheet day"),
        ("2020-01-03 08:00", date(2020, 1, 3), "clock dropped"),
        ("01.02.2020 - 05.02.2020", None, "a range of days"),
        ("2020-02-30", None, "not a day that exists"),
        ("?", None, "stands for unknown"),
    ],
)
def test_date_in_another_form_is_read_or_emptied_with_reason(text, day, reason):
    clean = read(f"1,男,1,{text},,")
    assert clean.frame["date_onset"][0] == day
    assert (2, "date_onset", text, day.isoformat() if day else None, reason) in clean.changes.rows()


def test_column_decides_the_order_of_day_and_month():
    clean = read("1,,,01/02/2020,,", "2,,,13/02/2020,,")
    assert clean.frame["date_onset"][0] == date(2020, 2, 1)


def test_caller_decides_the_order_of_day_and_month():
    assert read("1,,,01/02/2020,,", day_first=False).frame["date_onset"][0] == date(2020, 1, 2)


def test_impossible_order_is_rejected():
    clean = read("1,,,2020-02-05,2020-02-01,")
    assert clean.rejected.rows() == [(2, "date_reporting", "2020-02-01", "earlier than date_onset")]
    assert clean.frame.height == 0


def test_repeated_id_is_rejected_unless_kept():
    lines = ("1,,,2020-02-05,,", "1,,,2020-02-06,,")
    assert read(*lines).rejected["row"].to_list() == [3]
    assert read(*lines, keeps_repeats=True).frame.height == 2


def test_date_after_the_latest_is_rejected():
    assert read("1,,,2020-02-05,,", latest=date(2020, 2, 4)).rejected["reason"].to_list() == [
        "later than 2020-02-04"
    ]


def test_epicurve_counts_empty_days():
    curve = read("1,,,2020-02-01,,", "2,,,2020-02-03,,", "3,,,2020-02-03,,").epicurve()
    assert curve.rows() == [(date(2020, 2, 1), 1), (date(2020, 2, 2), 0), (date(2020, 2, 3), 2)]


def test_epicurve_by_group_and_week():
    clean = read("1,2020-02-01,甲", "2,2020-02-12,乙", header="id,date_onset,location\n")
    curve = clean.epicurve(freq="week", group="location")
    assert curve["count"].sum() == 2
    assert curve.height == 6


def test_delay_is_ready_for_estimation():
    delays = read("1,,,2020-02-01,2020-02-04,", "2,,,2020-02-01,,", "3,,,2020-02-03,2020-02-03,").delay(
        "date_onset", "date_reporting"
    )
    assert delays["days"].to_list() == [3, 0]
    assert delays.columns == ["primary", "secondary", "days"]


@pytest.mark.parametrize("kind", ["polars", "lazy", "pandas"])
def test_a_frame_is_cleaned_as_a_file_is(kind):
    frame = pl.DataFrame(
        {
            "id": [1, 2, 2],
            "date_onset": [date(2020, 2, 1), date(2020, 2, 2), None],
            "报告日期": ["2020/2/4", "3月", "2020-02-05"],
        }
    )
    given = {"polars": frame, "lazy": frame.lazy(), "pandas": frame.to_pandas()}[kind]
    clean = read_linelist(given)
    assert clean.frame["date_onset"].to_list() == [date(2020, 2, 1), date(2020, 2, 2)]
    assert clean.changes["row"].to_list() == [1, 2]
    assert clean.rejected["reason"].to_list() == ["repeats an earlier id"]


def test_what_is_no_table_is_refused():
    with pytest.raises(InputError, match="type list"):
        read_linelist([1, 2])


def test_absent_tag_names_the_dates_found():
    with pytest.raises(InputError, match=r"no date_death\. Dates found: date_onset, date_reporting"):
        read("1,,,2020-02-01,,").epicurve("date_death")


def test_list_without_dates_is_refused():
    with pytest.raises(InputError, match="No column"):
        read("1,2", header="a,b\n")


@pytest.mark.parametrize(
    ("file", "n", "n_rejected"),
    [
        ("09_cluster_linelists/tianjin_135_cases.csv.gz", 135, 0),
        ("10_outbreaks_r/ebola_sim__linelist.csv.gz", 5688, 200),
        ("10_outbreaks_r/measles_hagelloch_1861.csv.gz", 188, 0),
        ("08_open_linelist_2020/open_line_list_guangdong.csv.gz", 1228, 0),
    ],
)
def test_real_lists_are_cleaned(file, n, n_rejected):
    clean = read_linelist(shared_table(file))
    assert (clean.frame.height, clean.rejected["row"].n_unique()) == (n, n_rejected)


@given(st.lists(st.text(alphabet="0123456789/-.年月日 ?", max_size=12), min_size=1, max_size=8))
def test_no_text_is_lost_silently(texts):
    texts = [t.strip() for t in texts]
    clean = read(*(f"{i},,,{t},," for i, t in enumerate(texts)))
    reported = set(clean.changes["row"].to_list())
    for row, text in enumerate(texts, start=2):
        day = clean.frame.filter(clean.frame["row"] == row)["date_onset"][0]
        assert day is not None or not text or row in reported
