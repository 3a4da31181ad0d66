"""Figures for planning from a file: kept once per area, bad rows with reasons."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cast import CITY, COUNTY, Cast
from tongzhou.server.exchange.actions import run_import
from tongzhou.server.planning.models import Capacity
from tongzhou.server.travel.models import TravelFigure

pytestmark = pytest.mark.django_db

CAPACITIES = f"""地区代码,类别,数量,截至,来源,准备天数
{COUNTY},beds,"1,200",2022-07-01,卫健局,
{CITY},tracers,300,2022-07-01,疾控,2
{CITY},masks,5,2022-07-01,疾控,
{CITY},beds,many,2022-07-01,疾控,
{CITY},icu_beds,5,2022-07-01,,
"""
TRAVEL = f"""area_code,direction,on,other,checkpoint,n_registered,n_expected,as_of,source
{CITY},in,2022-07-20,4401,North,500,900,2022-07-10,railway
{CITY},in,2022-07-21,4401,,700,,2022-07-10,railway
{CITY},sideways,2022-07-21,4401,,700,,2022-07-10,railway
"""


def test_capacities_are_kept_and_bad_rows_come_back(cast: Cast, tmp_path: Path) -> None:
    path = tmp_path / "ready.csv"
    path.write_text(CAPACITIES, encoding="utf-8")
    (run,) = run_import(cast.actor("city_officer"), "capacities", [path])
    assert (run.n_accepted, run.n_rejected) == (2, 3)
    rows = Capacity.objects.everything("test").values_list("area_code", "kind", "amount", "lead_days")
    assert sorted(rows) == [(CITY, "tracers", 300, 2), (COUNTY, "beds", 1200, None)]


def test_importing_again_changes_nothing(cast: Cast, tmp_path: Path) -> None:
    path = tmp_path / "travel.csv"
    path.write_text(TRAVEL, encoding="utf-8")
    first, again = (run_import(cast.actor("city_officer"), "travel", [path])[0] for _ in range(2))
    assert (first.n_accepted, first.n_rejected) == (2, 1)
    assert (again.n_accepted, again.n_unchanged) == (0, 2)
    assert TravelFigure.objects.everything("test").count() == 2
