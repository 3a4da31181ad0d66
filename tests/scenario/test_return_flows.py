"""Flows of the Spring Festival become figures of travel that checkpoints are planned for."""

from __future__ import annotations

import json
from datetime import date

import polars as pl
import pytest

from tongzhou.cli.main import EXIT_DONE, EXIT_WRONG_USE, run
from tongzhou.core.errors import InputError
from tongzhou.plan.return_peak import forecast_arrivals
from tongzhou.scenario.return_flows import festival_figures

NEW_YEAR, TODAY = date(2027, 2, 6), date(2027, 1, 10)
RESIDENTS = {"4403": 17_560_061}


def test_who_comes_back_follows_new_year_and_who_leaves_goes_before() -> None:
    back = festival_figures(RESIDENTS, NEW_YEAR, TODAY, share_away=0.4)
    gone = festival_figures(RESIDENTS, NEW_YEAR, TODAY, is_arriving=False, share_away=0.4)
    assert back["day"].min() > NEW_YEAR > gone["day"].max()
    for flows in (back, gone):
        assert flows["expected"].sum() == pytest.approx(0.4 * RESIDENTS["4403"], rel=0.01)


def test_a_flow_nobody_registers_for_is_forecast_by_itself() -> None:
    figures = festival_figures(RESIDENTS, NEW_YEAR, TODAY)
    found = forecast_arrivals(figures)
    assert found["median"].to_numpy() == pytest.approx(figures["expected"].to_numpy())
    assert (found["low"] < found["median"]).all()


def test_days_that_are_over_are_left_out() -> None:
    late = festival_figures(RESIDENTS, NEW_YEAR, date(2027, 2, 20))
    assert late["day"].min() >= date(2027, 2, 20)


def test_an_area_without_residents_is_named() -> None:
    with pytest.raises(InputError, match="4403"):
        festival_figures({"4403": 0}, NEW_YEAR, TODAY)


def test_the_command_plans_checkpoints_for_the_festival(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["return-peak", "--new-year", "2027-02-06", "--today", "2027-02-01", "--json"]
    assert run(words) == EXIT_DONE
    rows = json.loads(capsys.readouterr().out)["checkpoints"]
    assert max(row["lanes_needed"] for row in rows) > 100
    assert run(["return-peak"]) == EXIT_WRONG_USE
    assert "--new-year" in capsys.readouterr().err


def test_origins_share_the_travellers_of_a_city_and_leave_nobody_out() -> None:
    plain = festival_figures(RESIDENTS, NEW_YEAR, TODAY)
    found = festival_figures(RESIDENTS, NEW_YEAR, TODAY, by_origin=True)
    assert found["expected"].sum() == pytest.approx(plain["expected"].sum(), rel=1e-4)
    assert "4403" not in found["origin"]
    by_origin = dict(found.group_by("origin").agg(pl.col("expected").sum()).iter_rows())
    provinces = {code: n for code, n in by_origin.items() if len(code) == 2}
    assert max(provinces, key=lambda code: provinces[code]) == "43"
    share = sum(provinces.values()) / sum(by_origin.values())
    assert share == pytest.approx(29.62 / (29.62 + 22.44), abs=0.001)


def test_where_travellers_from_elsewhere_come_from_is_not_guessed() -> None:
    with pytest.raises(InputError, match="4201"):
        festival_figures({"4201": 12_000_000}, NEW_YEAR, TODAY, by_origin=True)
