"""Shared trips: time on the vehicle, seats by rule, and agreement with how the policy grades them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.epi.contact_reference import RECORDED, START_S, rules, window
from tongzhou.core.exposures import ContactRules, Conveyance, SeatRule, SeatScope
from tongzhou.epi.contact import find_exposures
from tongzhou.ledger import Ledger, open_ledger
from tongzhou.policy import load_pack
from tongzhou.policy.contacts import grade_exposure

HOUR = 3600
PLANE = SeatRule("plane", Conveyance.AIRCRAFT, SeatScope.ROWS, rows_around=3)
TRAIN = SeatRule("train", Conveyance.TRAIN_CLOSED, SeatScope.CARRIAGE)
SLEEPER = SeatRule("sleeper", Conveyance.TRAIN_CLOSED, SeatScope.COMPARTMENT, seat_class="soft_sleeper")
OPEN_TRAIN = SeatRule("bays", Conveyance.TRAIN_OPEN, SeatScope.BAYS, bays_around=1, includes_crew=False)
BUS = SeatRule("bus", Conveyance.BUS_CLOSED, SeatScope.VEHICLE)
SHIP = SeatRule("ship", Conveyance.SHIP, SeatScope.CABIN)
ALL_RULES = (PLANE, TRAIN, SLEEPER, OPEN_TRAIN, BUS, SHIP)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path / "ledger") as opened:
        yield opened


def trip(person: int, conveyance: Conveyance = Conveyance.AIRCRAFT, **seat: Any) -> dict[str, Any]:
    """Return a trip of hours 8 to 10 on the vehicle V1."""
    usual = {
        "person": person,
        "conveyance": conveyance.value,
        "vehicle": "V1",
        "trip_day": "2020-02-01",
        "carriage": "",
        "row": None,
        "compartment": None,
        "bay": None,
        "seat_class": None,
        "is_crew": 0,
        "from_s": START_S + 8 * HOUR,
        "until_s": START_S + 10 * HOUR,
        "source": "operator",
    }
    return usual | seat


def search(
    ledger: Ledger, trips: list[dict[str, Any]], seats: tuple[SeatRule, ...] = ALL_RULES
) -> pl.DataFrame:
    """Return the exposures to person 1."""
    ledger.append("trips", pl.DataFrame(trips, infer_schema_length=None), batch_id="t", recorded_at=RECORDED)
    wanted = ContactRules(2, 2, 0, 0, (), seats)
    return find_exposures(ledger, [window(1, 0, 86_400)], wanted, setting_of_place={}).to_frame()


def relations(found: pl.DataFrame) -> dict[int, str]:
    return dict(found.select("other_person", "seat_relation").rows())


def test_rows_around_are_inside_and_beyond_outside(ledger: Ledger) -> None:
    found = search(ledger, [trip(person, row=row) for person, row in enumerate([10, 7, 13, 6, 14], 1)])
    assert relations(found) == {2: "inside", 3: "inside", 4: "outside", 5: "outside"}
    assert found["seat_rule"].unique().to_list() == ["plane"]


def test_unknown_seat_on_the_same_vehicle_is_reported_as_unknown(ledger: Ledger) -> None:
    assert relations(search(ledger, [trip(1, row=10), trip(2)])) == {2: "unknown"}


def test_unknown_seat_of_the_case_leaves_everybody_unknown(ledger: Ledger) -> None:
    assert relations(search(ledger, [trip(1), trip(2, row=1), trip(3, row=30)])) == {
        2: "unknown",
        3: "unknown",
    }


def test_crew_is_inside_where_the_rule_includes_it(ledger: Ledger) -> None:
    assert relations(search(ledger, [trip(1, row=10), trip(2, is_crew=1)])) == {2: "inside"}


def test_crew_counts_by_its_seat_where_the_rule_leaves_it_out(ledger: Ledger) -> None:
    train = Conveyance.TRAIN_OPEN
    found = search(
        ledger, [trip(1, train, bay=3), trip(2, train, is_crew=1), trip(3, train, is_crew=1, bay=9)]
    )
    assert relations(found) == {2: "unknown", 3: "outside"}


@pytest.mark.parametrize(
    ("conveyance", "case", "other", "relation"),
    [
        (Conveyance.TRAIN_CLOSED, {"carriage": "5"}, {"carriage": "5"}, "inside"),
        (Conveyance.TRAIN_CLOSED, {"carriage": "5"}, {"carriage": "6"}, "outside"),
        (Conveyance.TRAIN_CLOSED, {"carriage": "5"}, {"carriage": "6", "is_crew": 1}, "outside"),
        (Conveyance.TRAIN_CLOSED, {"carriage": "5"}, {}, "unknown"),
        (
            Conveyance.TRAIN_CLOSED,
            {"carriage": "5", "compartment": "2", "seat_class": "soft_sleeper"},
            {"carriage": "5", "compartment": "3"},
            "outside",
        ),
        (Conveyance.TRAIN_OPEN, {"bay": 3}, {"bay": 4}, "inside"),
        (Conveyance.TRAIN_OPEN, {"bay": 3}, {"bay": 5}, "outside"),
        (Conveyance.BUS_CLOSED, {}, {}, "inside"),
        (Conveyance.SHIP, {"compartment": "12"}, {"compartment": "12"}, "inside"),
        (Conveyance.METRO, {}, {}, "no_rule"),
    ],
)
def test_scope_decides_the_relation(
    ledger: Ledger, conveyance: Conveyance, case: dict[str, Any], other: dict[str, Any], relation: str
) -> None:
    found = search(ledger, [trip(1, conveyance, **case), trip(2, conveyance, **other)])
    assert relations(found) == {2: relation}


def test_who_left_before_the_case_boarded_is_not_exposed(ledger: Ledger) -> None:
    early = {"from_s": START_S + 6 * HOUR, "until_s": START_S + 8 * HOUR}
    late = {"from_s": START_S + 9 * HOUR, "until_s": START_S + 12 * HOUR}
    found = search(ledger, [trip(1, row=1), trip(2, row=1, **early), trip(3, row=1, **late)])
    assert found.select("other_person", "minutes").rows() == [(3, 60.0)]


def test_another_day_or_vehicle_is_another_trip(ledger: Ledger) -> None:
    rows = [trip(1, row=1), trip(2, row=1, vehicle="V9"), trip(3, row=1, trip_day="2020-02-02")]
    assert search(ledger, rows).is_empty()


def test_trip_told_twice_is_one_exposure_with_the_most_cautious_seat(ledger: Ledger) -> None:
    found = search(ledger, [trip(1, row=1), trip(2, row=20), trip(2, row=2)])
    assert found.select("minutes", "seat_relation").rows() == [(120.0, "inside")]
    assert len(found["evidence_rows"][0]) == 3


def test_exposure_on_a_trip_carries_seats_and_evidence(ledger: Ledger) -> None:
    rows = [trip(1, row=1, seat="A"), trip(2, row=2, seat="F")]
    ledger.append("trips", pl.DataFrame(rows), batch_id="t", recorded_at=RECORDED)
    (found,) = find_exposures(ledger, [window(1, 0, 86_400)], rules(), setting_of_place={}).exposures()
    assert (found.conveyance, found.vehicle, found.trip_day) == (Conveyance.AIRCRAFT, "V1", "2020-02-01")
    assert found.case_seat is not None
    assert found.other_seat is not None
    assert (found.case_seat.row, found.other_seat.column) == (1, "F")
    assert all(item.startswith("trips:") for item in found.evidence)


def test_relations_agree_with_how_the_policy_grades(ledger: Ledger) -> None:
    pack = load_pack("cn-2022-06")
    seats = [
        {"row": row, "carriage": c, "is_crew": k, "bay": row, "compartment": c}
        for row in (None, 5, 8, 9)
        for c in ("", "1", "2")
        for k in (0, 1)
    ]
    rows = []
    for number, conveyance in enumerate(Conveyance):
        rows.append(trip(1, conveyance, vehicle=f"V{number}", row=5, bay=5, carriage="1", compartment="1"))
        rows += [trip(9 + at, conveyance, vehicle=f"V{number}", **seat) for at, seat in enumerate(seats)]
    ledger.append("trips", pl.DataFrame(rows, infer_schema_length=None), batch_id="t", recorded_at=RECORDED)
    table = find_exposures(ledger, [window(1, 0, 86_400)], pack.contact_rules, setting_of_place={})
    told = table.to_frame()["seat_relation"].to_list()
    suffixes = {"unknown": "unknown", "outside": "outside"}
    graded = [grade_exposure(pack, exposure).rule_id for exposure in table.exposures()]
    policy = [suffixes.get(rule_id.rpartition("/")[2], "inside") for rule_id in graded]
    assert [
        ours for ours in zip(told, policy, strict=True) if ours[0] != "no_rule" and ours[0] != ours[1]
    ] == []
    assert {"inside", "outside", "unknown"} <= set(told)
