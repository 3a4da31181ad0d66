"""Daily counts: report time apart from crawl time, which source counts, corrections, real figures."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest

from tests.interop.samples import AREAS, national_areas, shared_table, text_table
from tongzhou.core.errors import InputError
from tongzhou.interop.city_daily import read_city_counts
from tongzhou.interop.count_selection import (
    check_snapshots,
    compare_sources,
    disagreeing_snapshots,
    find_corrections,
    mark_counting,
    select_counts,
)

SNAPSHOTS = "province,city,prov_confirmed,city_confirmed,update_time\n"
DXY = "01_dxy_2020/dxy_guangdong_intraday_to_2020-02-29.csv.gz"
SERIES = "02_city_daily_2019-12_2020-12/guangdong_city_daily_to_2020-06-30.csv.gz"
PARSED = "02_city_daily_2019-12_2020-12/official_bulletins_parsed_to_2020-01-31.csv.gz"
RAW = "02_city_daily_2019-12_2020-12/official_bulletins_raw_to_2020-01-31.csv.gz"


def snapshots(*lines: str) -> pl.DataFrame:
    return read_city_counts(text_table(SNAPSHOTS + "\n".join(lines)), AREAS).counts


@pytest.mark.parametrize(
    ("crawled", "on", "cutoff"),
    [
        ("2020-02-01 16:50:15", date(2020, 2, 1), "12:00"),
        ("2020-02-01 12:00:00", date(2020, 2, 1), "12:00"),
        ("2020-02-01 11:59:59", date(2020, 1, 31), "24:00"),
        ("2020-02-01 00:00:00", date(2020, 1, 31), "24:00"),
    ],
)
def test_crawl_time_decides_the_cutoff(crawled, on, cutoff):
    row = snapshots(f"广东省,深圳,5,5,{crawled}").row(0, named=True)
    assert (row["reported_on"], row["cutoff"]) == (on, cutoff)
    assert row["cutoff_at"] <= row["crawled_at"]


def test_last_snapshot_that_sums_counts():
    counts = snapshots(
        "广东省,深圳,5,3,2020-02-01 13:00:00",
        "广东省,广州,5,2,2020-02-01 13:00:00",
        "广东省,深圳,9,3,2020-02-01 14:00:00",
        "广东省,广州,9,2,2020-02-01 14:00:00",
    )
    chosen = select_counts(counts, "44", date(2020, 2, 1), "12:00")
    assert dict(chosen.select("area_code", "count").iter_rows()) == {"44": 5, "4403": 3, "4401": 2}
    [finding] = disagreeing_snapshots(counts)
    assert "sum to 5, the total says 9" in finding.message


def test_area_named_twice_counts_once_in_the_sum():
    counts = snapshots("广东省,河源,1,1,2020-02-01 13:00:00", "广东省,河源市,1,1,2020-02-01 13:00:00")
    assert check_snapshots(counts)["is_consistent"].all()


def test_people_from_elsewhere_count_in_the_sum_and_keep_no_code():
    reading = read_city_counts(
        text_table(
            SNAPSHOTS + "广东省,深圳,5,3,2020-02-01 13:00:00\n广东省,外地来粤人员,5,2,2020-02-01 13:00:00"
        ),
        AREAS,
    )
    assert check_snapshots(reading.counts)["is_consistent"].all()
    assert [f.code for f in reading.findings] == ["unresolved_area"]


def test_official_series_wins_and_both_are_kept():
    series = read_city_counts(
        text_table(
            "date,province,provinceCode,city,cityCode,confirmed\n2020-01-31,广东省,440000,深圳市,440300,7\n"
        ),
        AREAS,
    ).counts
    both = pl.concat([snapshots("广东省,深圳,5,5,2020-02-01 09:00:00"), series])
    marked = mark_counting(both)
    assert marked.height == both.height
    assert marked.filter("is_counting").select("kind", "count").rows() == [("official_series", 7)]
    assert compare_sources(both)["counts"].to_list() == [[5, 7]]


def test_downward_count_is_a_correction():
    counts = snapshots("广东省,深圳,20,20,2020-02-01 13:00:00", "广东省,深圳,18,18,2020-02-02 13:00:00")
    found = find_corrections(counts).filter(pl.col("area_code") == "4403")
    assert found.select("before", "after", "change").rows() == [(20, 18, -2)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("2020-02-30,广东省,44,深圳市,4403,7", "not a day"),
        ("2020-02-01,广东省,44,深圳市,4403,many", "not a whole number"),
        ("2020-02-01,广东省,44,深圳市,4403,-1", "negative"),
        ("2020-02-01,广东省,44,深圳市,4403,", "no count"),
    ],
)
def test_bad_row_is_rejected_with_its_reason(line, reason):
    reading = read_city_counts(
        text_table(f"date,province,provinceCode,city,cityCode,confirmed\n{line}\n"), AREAS
    )
    assert reading.counts.height == 0
    assert reason in reading.rejected["reason"][0]


def test_unknown_layout_lists_the_known_ones():
    with pytest.raises(InputError, match=r"a, b.*Known layouts"):
        read_city_counts(text_table("a,b\n1,2\n"), AREAS)


@pytest.mark.parametrize("override", [{"date": "NOPE"}, {"NOPE": "a"}])
def test_a_mapping_to_a_column_that_is_not_there_is_named(override):
    with pytest.raises(InputError, match="NOPE"):
        read_city_counts(text_table("a,b\n1,2\n"), AREAS, override)


@pytest.fixture(scope="module")
def guangdong() -> pl.DataFrame:
    areas = national_areas()
    files = (DXY, SERIES, PARSED, RAW)
    return mark_counting(pl.concat([read_city_counts(shared_table(f), areas).counts for f in files]))


def test_noon_of_1_february_2020_is_reproduced(guangdong):
    chosen = select_counts(guangdong, "44", date(2020, 2, 1), "12:00")
    counts = dict(chosen.select("area_name", "count").iter_rows())
    stated = {
        "广东省": 535,
        "深圳市": 170,
        "广州市": 150,
        "佛山市": 39,
        "珠海市": 38,
        "东莞市": 21,
        "惠州市": 20,
        "中山市": 18,
    }
    assert {name: counts[name] for name in stated} == stated
    assert chosen["crawled_at"][0] == int(datetime(2020, 2, 1, 14, 22, 54, tzinfo=UTC).timestamp())


def test_every_official_bulletin_is_reproduced_city_by_city(guangdong):
    for file in (PARSED, RAW):
        stated = read_city_counts(shared_table(file), national_areas()).counts.filter(
            pl.col("area_code").str.starts_with("44"), pl.col("measure") == "confirmed"
        )
        assert stated["reported_on"].n_unique() == 13
        counting = guangdong.filter(
            "is_counting", pl.col("measure") == "confirmed", pl.col("cutoff") == "24:00"
        )
        keys = ["area_code", "reported_on"]
        joined = stated.join(counting, on=keys, how="left", suffix="_told")
        assert (joined["count"] == joined["count_told"]).all()


def test_forty_real_snapshots_disagree_with_their_total():
    counts = read_city_counts(shared_table(DXY), national_areas()).counts
    assert len(disagreeing_snapshots(counts)) == 40
    falls = find_corrections(counts).filter(pl.col("measure") == "confirmed", pl.col("area_code") != "44")
    assert falls.height == 5
    assert {"深圳市", "珠海市"} <= set(falls["area_name"])


@pytest.mark.parametrize(("n_days", "last", "is_stated"), [(9, 0, True), (10, 0, False), (10, 2, True)])
def test_a_column_of_zeros_alone_is_no_report_of_suspected_cases(n_days, last, is_stated):
    head = "date,province,provinceCode,city,cityCode,confirmed,suspected,dead\n"
    days = [f"2020-02-{day:02d},广东省,440000,深圳市,440300,{day},0,0" for day in range(1, n_days)]
    text = "\n".join([*days, f"2020-02-{n_days:02d},广东省,440000,深圳市,440300,{n_days},{last},0\n"])
    reading = read_city_counts(text_table(head + text), AREAS)
    assert ("suspected" in reading.counts["measure"]) is is_stated
    assert "dead" in reading.counts["measure"]
    assert ("never_filled" in {finding.code for finding in reading.findings}) is not is_stated
