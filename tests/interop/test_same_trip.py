"""Same-trip notices: numbers in one form, seats, two lists merged."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from tests.interop.samples import shared_table, text_table
from tongzhou.core.errors import InputError
from tongzhou.interop.conveyance_numbers import Position, TripKind, read_numbers, read_position
from tongzhou.interop.same_trip import find_trips, merge_trips, read_same_trip

TENCENT = "04_trips_tracks_communities/sametrip_tencent.csv.gz"
NOSUGAR = "04_trips_tracks_communities/sametrip_nosugar.csv.gz"
FIRST = "id,t_date,t_start,t_end,t_type,t_no,t_memo,t_no_sub,t_pos_start,t_pos_end,source,who,verified\n"
SECOND = "date,start,end,type,no,no_sub,memo,pos_start,pos_end,source,who\n"


@pytest.mark.parametrize(
    ("text", "kind", "numbers"),
    [
        ("九元aq1275", TripKind.FLIGHT, ("AQ1275",)),
        ("EU1802（HO3461）", TripKind.FLIGHT, ("EU1802", "HO3461")),
        ("EU1802/H03461", TripKind.FLIGHT, ("EU1802", "HO3461")),
        ("SC/CA4786", TripKind.FLIGHT, ("SC4786", "CA4786")),
        ("春秋航空9C8574", TripKind.FLIGHT, ("9C8574",)),
        ("K7282次", TripKind.TRAIN, ("K7282",)),
        ("Z-336", TripKind.TRAIN, ("Z336",)),
        ("Z389/K389/K392", TripKind.TRAIN, ("Z389", "K389", "K392")),
        ("C6506/6507", TripKind.TRAIN, ("C6506", "C6507")),
        ("不详", TripKind.TRAIN, ()),
        ("云 GV5592", TripKind.COACH, ("云GV5592",)),
        ("重庆市109路公交车", TripKind.BUS, ("重庆109路",)),
        ("某某超市", TripKind.PLACE, ()),
    ],
)
def test_number_has_one_form(text, kind, numbers):
    assert read_numbers(text, kind) == numbers


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("03车10F", Position(("3",), ("10F",))),
        ("十二号车厢", Position(("12",))),
        ("第2节车厢", Position(("2",))),
        ("座位：17号下铺", Position((), ("17",))),
        ("17-19排", Position((), (), (17, 18, 19))),
        ("车次不详 10:30", Position()),
    ],
)
def test_position_is_read(text, position):
    assert read_position(text) == position


def test_both_layouts_give_the_same_trip():
    a = read_same_trip(
        text_table(
            FIRST
            + "1,2020-01-22,2020/01/22 08:00:00,2020/01/22 23:59:59,2,G84,,3号车厢,甲,乙,http://a,发布,1\n"
        )
    )
    b = read_same_trip(text_table(SECOND + "2020-01-22,,,2,G84次,座位：5F,,,,http://b,发布\n", "b.csv"))
    [trip] = merge_trips([*a.notices, *b.notices])
    assert (trip.numbers, trip.carriages, trip.seats) == (("G84",), ("3",), ("5F",))
    assert trip.source_urls == ("http://a", "http://b")
    assert a.notices[0].until_s is None
    assert a.notices[0].from_s == int(datetime(2020, 1, 22, 0, 0, tzinfo=UTC).timestamp())


def test_code_share_joins_notices():
    lines = "2020-01-22,,,1,EU1802（HO3461）,,,,,u,w\n2020-01-22,,,1,HO3461,,,,,v,w\n2020-01-23,,,1,HO3461,,,,,v,w\n"
    trips = merge_trips(read_same_trip(text_table(SECOND + lines)).notices)
    assert [len(t.notices) for t in trips] == [2, 1]


def test_bad_notice_is_rejected_with_its_reason():
    lines = "2020-02-30,,,1,AQ1,,,,,u,w\n2020-02-01,,,9,AQ1275,,,,,u,w\n2020-02-01,,,1,,,,,,u,w\n"
    reading = read_same_trip(text_table(SECOND + lines))
    assert reading.notices == ()
    assert reading.rejected["column"].to_list() == ["date", "type", "no"]


def test_text_without_a_number_is_refused():
    with pytest.raises(InputError, match="is not a number"):
        find_trips([], "兰州")


def test_real_flight_is_found_in_the_merged_lists():
    notices = [*read_same_trip(shared_table(NOSUGAR)).notices, *read_same_trip(shared_table(TENCENT)).notices]
    assert len(notices) == 3092 + 3916
    trips = merge_trips(notices)
    [trip] = find_trips(trips, "aq1275", date(2020, 2, 16))
    assert trip.kind is TripKind.FLIGHT
    assert sum(len(t.notices) for t in trips) == len(notices)


def test_both_real_lists_agree_on_flights_and_trains():
    numbers = []
    for file in (NOSUGAR, TENCENT):
        notices = read_same_trip(shared_table(file)).notices
        kinds = (TripKind.FLIGHT, TripKind.TRAIN)
        numbers.append({(n.on, number) for n in notices if n.kind in kinds for number in n.numbers})
    first, second = numbers
    assert len(first & second) / len(first) > 0.99
