"""The return peak: forecasts between flow and registrations, infected among them, lanes, advice."""

from __future__ import annotations

import json
import math
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tongzhou.cli.main import EXIT_DONE, EXIT_WRONG_USE, run
from tongzhou.core.errors import InputError
from tongzhou.plan.peak_study import compute_peak, peak_inputs
from tongzhou.plan.queues import Service
from tongzhou.plan.return_peak import (
    ArrivalOptions,
    OriginPrevalence,
    advise_days,
    assumed,
    assumptions,
    daily_capacity,
    forecast_arrivals,
    infected_among,
    lanes_by_day,
)

PROFILE = assumptions()["profile"]["hours"]


def figures(registered: int, expected: int | None, ahead: int = 0, origin: str = "42") -> pl.DataFrame:
    row = (1, origin, "North", ahead, registered, expected)
    names = ["day", "origin", "checkpoint", "ahead", "registered", "expected"]
    return pl.DataFrame([row], names, orient="row", schema_overrides={"expected": pl.Int64})


def test_flow_and_registrations_are_weighed_by_their_precision():
    options = ArrivalOptions(share_registered=0.5, share_cv=0.2, flow_cv=0.3)
    row = forecast_arrivals(figures(400, 1200), options).row(0, named=True)
    a, b = 1 / math.log1p(0.3**2), 1 / math.log1p(0.2**2 + 1 / 400.5)
    expected = math.exp((a * math.log(1200) + b * math.log(801)) / (a + b))
    assert row["median"] == pytest.approx(expected)
    assert row["high"] / row["median"] == pytest.approx(math.exp(1.6448536 / math.sqrt(a + b)))


def test_nobody_who_registered_is_lost():
    row = forecast_arrivals(figures(1000, 10)).row(0, named=True)
    assert row["low"] >= 1000


def test_long_before_the_day_the_flow_decides():
    early = forecast_arrivals(figures(0, 1000, ahead=30)).row(0, named=True)
    assert early["median"] == pytest.approx(1000)


def test_without_a_flow_registrations_alone_speak():
    row = forecast_arrivals(figures(80, None), ArrivalOptions(share_registered=0.8)).row(0, named=True)
    assert row["median"] == pytest.approx(80.5 / 0.8)


def test_intervals_hold_the_truth_as_often_as_they_say():
    rng, options = np.random.default_rng(3), ArrivalOptions(share_registered=0.6, share_cv=0.2, flow_cv=0.3)
    truth = np.exp(rng.normal(np.log(2000), math.sqrt(math.log1p(0.3**2)), 3000))
    share = 0.6 * np.exp(rng.normal(0, math.sqrt(math.log1p(0.2**2)), 3000))
    registered = rng.poisson(np.minimum(truth * share, truth))
    n = len(truth)
    table = pl.DataFrame(
        {"day": range(n), "origin": ["42"] * n, "checkpoint": [""] * n, "ahead": [0] * n, "registered": registered,
         "expected": [2000] * n}
    )  # fmt: skip
    found = forecast_arrivals(table, options)
    inside = (found["low"].to_numpy() <= truth) & (truth <= found["high"].to_numpy())
    assert 0.87 < inside.mean() < 0.94


def test_infected_follow_the_prevalence_of_their_origin():
    arrivals = forecast_arrivals(figures(8000, 10_000))
    known = OriginPrevalence(3000, 57_750_000, ascertainment=0.3, infectious_days=7)
    row = infected_among(arrivals, {"42": known}, np.random.default_rng(1)).row(0, named=True)
    share = 3000 / (7 * 57_750_000 * 0.3) * 7
    assert row["mean"] == pytest.approx(arrivals["mean"][0] * share, rel=0.02)
    assert row["low"] <= row["mean"] <= row["high"]


def test_origins_nothing_is_known_of_are_left_out():
    arrivals = forecast_arrivals(figures(10, 100))
    assert infected_among(arrivals, {}, np.random.default_rng(1)).is_empty()


def test_lanes_cover_the_busiest_hour_and_few_lanes_make_a_line():
    arrivals, service = forecast_arrivals(figures(8000, 10_000)), Service(40.0, 0.6, 600.0)
    row = lanes_by_day(arrivals, PROFILE, service, {"North": 2}).row(0, named=True)
    assert row["peak_hour"] == int(np.argmax(PROFILE))
    enough = lanes_by_day(arrivals, PROFILE, service, {"North": row["lanes_needed"]}).row(0, named=True)
    assert enough["largest_backlog"] == 0
    assert row["largest_backlog"] > 1000
    assert row["longest_wait_s"] > 600


def test_unknown_lanes_leave_the_wait_open():
    row = lanes_by_day(forecast_arrivals(figures(10, 100)), PROFILE, Service(40.0)).row(0, named=True)
    assert (row["lanes_there"], row["longest_wait_s"]) == (None, None)


def test_daily_capacity_is_the_most_that_the_lanes_take_in_time():
    service = Service(40.0, 0.6, 600.0)
    n = daily_capacity(PROFILE, 6, service)
    flat = pl.DataFrame({"day": [1, 2], "checkpoint": ["a", "b"], "high": [float(n), n + 60.0]})
    assert lanes_by_day(flat, PROFILE, service)["lanes_needed"].to_list() == [6, 7]


def test_advice_moves_the_fullest_day_to_the_nearest_with_room():
    found = {row["day"]: row for row in advise_days({1: 100, 2: 500, 3: 120, 4: 90}, 300)}
    assert [found[day]["state"] for day in (1, 2, 3, 4)] == ["quiet", "full", "quiet", "quiet"]
    assert found[2]["instead"] == 3


def test_a_day_is_full_exactly_when_it_needs_more_lanes_than_there_are():
    days = [date(2026, 12, n) for n in range(1, 8)]
    counts = [2000, 9000, 9700, 15_000, 30_000, 9300, 500]
    rows = [(day, "42", "North", None, n) for day, n in zip(days, counts, strict=True)]
    table = pl.DataFrame(rows, ["day", "origin", "checkpoint", "registered", "expected"], orient="row")
    found = compute_peak(peak_inputs(table, date(2026, 11, 29), {}, {}, {"North": 12}))
    needed = [row["lanes_needed"] for row in found["checkpoints"]]
    assert [row["state"] == "full" for row in found["advice"]] == [n > 12 for n in needed]
    assert 1 <= sum(n > 12 for n in needed) < len(days)


@pytest.mark.parametrize(
    "bad", [{"share_registered": 0.0}, {"flow_cv": 0.0}, {"level": 1.0}, {"halving_days": 0.0}]
)
def test_options_that_cannot_be_are_named(bad):
    with pytest.raises(InputError, match=next(iter(bad))):
        forecast_arrivals(figures(1, 1), ArrivalOptions(**bad))


def test_every_assumption_names_its_source():
    assert all(entry["source"] and entry["source_zh"] for entry in assumptions().values())
    assert assumed(Service, "service", seconds=12.0).seconds == 12.0


def test_a_profile_has_twenty_four_hours():
    with pytest.raises(InputError, match="2 shares by hour"):
        lanes_by_day(forecast_arrivals(figures(1, 1)), [1.0, 1.0], Service(40.0))


def test_the_command_reads_figures_and_advises(tmp_path: Path, capsys):
    path = tmp_path / "figures.csv"
    path.write_text(
        "day,origin,checkpoint,registered,expected,origin_cases,origin_population\n"
        "2026-12-01,42,North,6000,9000,3000,57750000\n2026-12-02,42,North,15000,30000,3000,57750000\n"
    )
    words = ["return-peak", str(path), "--today", "2026-11-29", "--lanes", "North=12", "--json"]
    assert run(words) == EXIT_DONE
    result = json.loads(capsys.readouterr().out)
    assert [row["state"] for row in result["advice"]] == ["quiet", "full"]
    assert result["infected"][0]["mean"] > 1


def test_the_command_names_what_a_file_lacks(tmp_path: Path, capsys):
    path = tmp_path / "figures.csv"
    path.write_text("day,registered\n2026-12-01,5\n")
    assert run(["return-peak", str(path)]) == EXIT_WRONG_USE
    assert "lacks origin" in capsys.readouterr().err
