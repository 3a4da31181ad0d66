"""The infection of the demonstration: unseen first, bent by orders, and in agreement with the ledger."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tongzhou.cli.demo.epidemic import AT_HOME, AWAY, FOUND_FROM, Epidemic
from tongzhou.cli.demo.register import make_city
from tongzhou.epi.simulate.day_plans import HOME_NUMBER
from tongzhou.server.movement.ledger_door import get_ledger

pytestmark = pytest.mark.django_db
GRIDS = [f"440305001001{number:03d}" for number in range(1, 11)]


@pytest.fixture
def epidemic(areas: None, now: datetime, settings: Any, tmp_path: Path) -> Epidemic:
    settings.LEDGER_ROOT = tmp_path / "ledger"
    return Epidemic(make_city(GRIDS, 8_000, seed=20), now, 20)


def live(epidemic: Epidemic, n_days: int, kept: dict[int, int]) -> list[int]:
    """Live through the first days with the same people kept in; return how many were found on each."""
    numbers = []
    for day in epidemic.days[:n_days]:
        epidemic.live(day, kept)
        numbers.append(len(epidemic.found_on(day, kept)))
    epidemic.written()
    return numbers


def test_the_first_infections_spread_unseen(epidemic: Epidemic) -> None:
    found = live(epidemic, FOUND_FROM + 6, {})
    assert sum(found[:FOUND_FROM]) == 0
    assert sum(found) > 0
    assert len(epidemic.outbreak.rows) > len(epidemic.travellers) / 2


def test_who_is_kept_in_meets_nobody_and_infects_nobody(epidemic: Epidemic) -> None:
    away, at_home = (person + 1 for person in list(epidemic.travellers)[:2])
    live(epidemic, 6, {away: AWAY, at_home: AT_HOME})
    stays = get_ledger().select("stays", persons=[away, at_home])
    assert set(stays["person"]) == {at_home}
    assert (stays["place"] >= HOME_NUMBER).all()
    infections = epidemic.outbreak.frame()
    assert infections.filter(pl.col("infector") == away).is_empty()


def test_nothing_is_recorded_that_lies_ahead(epidemic: Epidemic, now: datetime) -> None:
    epidemic.live(epidemic.days[-1], {})
    epidemic.written()
    stays = get_ledger().select("stays", from_s=int((now - timedelta(days=1)).timestamp()))
    assert stays.height > 0
    assert stays["until_s"].max() <= now.timestamp()


def test_the_resident_lives_with_a_traveller(epidemic: Epidemic) -> None:
    resident = epidemic.resident()
    homes = epidemic.city.population.home_of([resident, *epidemic.travellers])
    assert resident not in epidemic.travellers
    assert homes[0] in homes[1:]
