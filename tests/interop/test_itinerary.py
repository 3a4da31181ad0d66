"""Itineraries: days, clocks, stays, trips, and what could not be read. The examples are made up."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.interop.samples import AREAS, national_areas, shared_table, text_table
from tongzhou.interop.chinese_time import DayContext, read_clock, read_days
from tongzhou.interop.itinerary import Precision, parse_itinerary
from tongzhou.interop.tracks import read_tracks

PUBLISHED = date(2020, 2, 20)
SHANGHAI = timezone(timedelta(hours=8))


def spans(text, last=None):
    return [
        (s.first.isoformat()[5:], s.last.isoformat()[5:])
        for s in read_days(text, DayContext(PUBLISHED, last))[0]
    ]


def parse(when, action):
    [step] = parse_itinerary([(when, action)], PUBLISHED)
    return step


def clock(seconds):
    return datetime.fromtimestamp(seconds, UTC).astimezone(SHANGHAI).strftime("%m-%d %H:%M")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2月10日", [("02-10", "02-10")]),
        ("1月13-23日", [("01-13", "01-23")]),
        ("2月2日-6日", [("02-02", "02-06")]),
        ("2月10日至2月16日", [("02-10", "02-16")]),
        ("1月22日到24日", [("01-22", "01-24")]),
        ("2020年2月13—14日", [("02-13", "02-14")]),
        ("2月15日、18日、19日", [("02-15", "02-15"), ("02-18", "02-18"), ("02-19", "02-19")]),
        ("1月28日至2月1日", [("01-28", "02-01")]),
        ("2月31日", []),
        ("上午", []),
        ("10时", []),
    ],
)
def test_day_expression_is_read(text, expected):
    assert spans(text) == expected


def test_missing_year_is_the_last_before_publication():
    [span] = read_days("12月31日", DayContext(PUBLISHED))[0]
    assert span.first == date(2019, 12, 31)


def test_same_day_and_next_day_follow_the_day_before():
    assert spans("当日", date(2020, 2, 3)) == [("02-03", "02-03")]
    assert spans("次日", date(2020, 2, 3)) == [("02-04", "02-04")]
    assert spans("5日", date(2020, 2, 3)) == [("02-05", "02-05")]


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("15时30分许至16时许", 930, 960),
        ("下午3点左右", 900, None),
        ("8:05", 485, None),
        ("晚上8点半", 1230, None),
        ("22时-次日", 1320, None),
        ("上午", 480, 720),
        ("23时至1时", 1380, 1500),
    ],
)
def test_clock_is_read(text, start, end):
    found = read_clock(text)[0]
    assert (found.from_minute, found.until_minute) == (start, end)


def test_train_with_carriage_and_seat_is_a_trip():
    step = parse("1月18日", "乘坐T290次列车（15号车厢18D座）由甲市到乙市")
    [trip] = step.trips
    assert (trip.mode, trip.numbers, trip.origin, trip.destination) == ("train", ("T290",), "甲市", "乙市")
    assert (trip.position.carriages, trip.position.seats) == (("15",), ("18D",))
    assert trip.span.precision is Precision.DAY


def test_day_at_shop_and_back_is_two_trips_and_timed_stays():
    step = parse("2月10日", "13时左右步行到幸福超市购物，17时左右步行回家。")
    shop, home = step.stays
    assert (shop.place, shop.setting, home.place) == ("幸福超市", "shop", "家")
    assert (clock(shop.span.from_s), clock(shop.span.until_s)) == ("02-10 13:00", "02-10 17:00")
    assert [t.mode for t in step.trips] == ["on_foot", "on_foot"]


def test_two_clocks_of_one_trip_are_its_start_and_end():
    [trip] = parse("2月1日", "16点18分乘坐C5832次列车于20点18分抵达丙市").trips
    assert (clock(trip.span.from_s), clock(trip.span.until_s)) == ("02-01 16:18", "02-01 20:18")


def test_list_of_days_gives_a_record_for_each():
    step = parse("2月15日、18日", "8时乘坐604路公交车前往人民医院就诊")
    assert [clock(t.span.from_s) for t in step.trips] == ["02-15 08:00", "02-18 08:00"]
    assert {t.numbers for t in step.trips} == {("604路",)}
    assert "sought_care" in {e.kind for e in step.events}


def test_range_at_home_is_one_stay():
    [stay] = parse("2月2日-6日", "居家未外出").stays
    assert (clock(stay.span.from_s), clock(stay.span.until_s)) == ("02-02 00:00", "02-07 00:00")
    assert (stay.setting, stay.span.precision) == ("household", Precision.DAYS)


def test_range_cut_in_two_is_joined():
    [stay] = parse("1月24日", "至30日期间居家未外出").stays
    assert (clock(stay.span.from_s), clock(stay.span.until_s)) == ("01-24 00:00", "01-31 00:00")


def test_two_places_in_one_clause_are_two_stays():
    step = parse("2月3日", "乘私家车先后到甲医院、乙医院就诊")
    assert [s.place for s in step.stays] == ["甲医院", "乙医院"]


def test_stop_on_the_way_is_kept():
    step = parse("2月3日", "步行到百信药房买药后返回家中")
    assert [s.place for s in step.stays] == ["百信药房", "家中"]


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("出现发热症状", "onset"),
        ("采样送检", "sampled"),
        ("被确诊为新冠肺炎", "confirmed"),
        ("诊断为疑似病例", "suspected"),
        ("在市医院住院", "admitted"),
        ("在集中隔离点隔离", "quarantined"),
        ("治愈出院", "discharged"),
    ],
)
def test_event_of_health_is_told(action, kind):
    assert kind in {e.kind for e in parse("2月4日", action).events}


@pytest.mark.parametrize("action", ["接到通知", "感到高兴", "直到深夜", "未乘坐公共交通工具"])
def test_words_that_look_like_motion_make_no_trip(action):
    assert parse("2月4日", action).trips == ()


def test_what_is_not_understood_is_said():
    step = parse("2月4日", "居家未外出，魑魅魍魉")
    assert step.unread == ("魑魅魍魉",)
    assert not step.is_whole


def test_step_without_a_day_reads_nothing():
    step = parse("不久前", "到某超市购物")
    assert not step.is_dated
    assert step.stays == step.trips == ()
    assert step.unread


def test_bad_steps_are_rejected_with_the_row():
    good = json.dumps([{"time": "2月1日", "action": "居家"}], ensure_ascii=False).replace('"', '""')
    table = text_table(
        f'confid,province,track,pub_time\n1,广东省,"{good}",2020-02-05\n2,广东省,not json,2020-02-05\n'
    )
    reading = read_tracks(table, AREAS)
    assert [t.area_code for t in reading.tracks] == ["44"]
    assert reading.rejected["row"].to_list() == [3]
    assert reading.stays_frame().height == 1


def test_most_steps_of_the_real_file_are_read():
    reading = read_tracks(
        shared_table("04_trips_tracks_communities/patient_tracks_tencent_dev.csv.gz"), national_areas()
    )
    assert len(reading.tracks) + reading.rejected["row"].n_unique() == 4817
    assert reading.share.n_steps == 19710
    assert reading.share.whole > 0.9
    assert reading.share.clauses > 0.93
    assert reading.trips_frame()["numbers"].list.len().sum() > 1500


@given(
    st.lists(
        st.tuples(st.text(max_size=12), st.text(alphabet="2月1日至到、家乘G8次返回，。8时:在", max_size=40)),
        max_size=4,
    )
)
def test_no_text_breaks_the_reader(steps):
    assert len(parse_itinerary(steps, PUBLISHED)) == len(steps)
