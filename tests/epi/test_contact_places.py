"""Shared time in places: the search agrees with brute force, and each edge with a case worked by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.epi.contact_reference import Stay, brute_force, fill, rules, window
from tongzhou.core.errors import InputError
from tongzhou.core.exposures import Exposure, Setting
from tongzhou.epi.contact import ExposureTable, find_exposures
from tongzhou.ledger import Ledger, open_ledger

MIN = 60
DAY = 86_400


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path / "ledger") as opened:
        yield opened


def search(ledger: Ledger, rows: Sequence[Stay], linger: float = 0, at_least: float = 0) -> list[Exposure]:
    """Put stays in minutes into the ledger; return the exposures to person 1 of three days."""
    fill(ledger, [(person, place, start * MIN, end * MIN) for person, place, start, end in rows])
    found = find_exposures(ledger, [window(1, 0, 3 * DAY)], rules(linger, at_least), setting_of_place={})
    return found.exposures()


def as_found(
    table: ExposureTable,
) -> dict[tuple[int, int, int], tuple[int, int, float, float, tuple[int, ...]]]:
    columns = ("from_s", "until_s", "minutes", "linger_minutes")
    return {
        (row["case_person"], row["other_person"], row["place"]): (
            *(row[name] for name in columns),
            tuple(row["evidence_rows"]),
        )
        for row in table.to_frame().iter_rows(named=True)
    }


STAYS = st.lists(
    st.tuples(st.integers(1, 5), st.integers(1, 3), st.integers(0, 400), st.integers(1, 200)),
    min_size=1,
    max_size=25,
)
WINDOWS = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 400), st.integers(1, 400)), min_size=1, max_size=4
)


@pytest.fixture(scope="module")
def ledgers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, Ledger]]:
    """Ledgers whose sweeps see batches of 1, 3 and very many rows; each example uses its own persons."""
    root = tmp_path_factory.mktemp("ledgers")
    opened = {rows: open_ledger(root / str(rows), batch_rows=rows) for rows in (1, 3, 1 << 17)}
    yield opened
    for ledger in opened.values():
        ledger.close()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(STAYS, WINDOWS, st.integers(0, 3), st.integers(0, 2), st.sampled_from([1, 3, 1 << 17]))
def test_search_agrees_with_brute_force_in_batches_of_any_size(
    ledgers: dict[int, Ledger],
    stays: list[Stay],
    spans: list[tuple[int, int, int]],
    linger: int,
    at_least: int,
    batch_rows: int,
) -> None:
    ledger, wanted = ledgers[batch_rows], rules(linger, at_least)
    shift = 10 * ledger.n_rows("stays")
    rows = [(person + shift, place + shift, start, start + length) for person, place, start, length in stays]
    fill(ledger, rows, batch_id=str(shift))
    windows = [window(person + shift, start, start + length) for person, start, length in spans]
    mine = ledger.select("stays", persons=range(shift + 1, shift + 6))
    found = find_exposures(ledger, windows, wanted, setting_of_place={})
    assert as_found(found) == brute_force(mine, windows, wanted)


def test_touching_stays_do_not_meet_and_one_shared_second_does(ledger: Ledger) -> None:
    rows = [(1, 7, 0, 600), (2, 7, 600, 700), (3, 7, 599, 700)]
    fill(ledger, rows)
    found = find_exposures(ledger, [window(1, 0, DAY)], rules(), setting_of_place={}).exposures()
    assert [(e.other_person, e.minutes) for e in found] == [(3, 1 / 60)]


def test_lingering_exposes_who_comes_after_and_not_who_left_before(ledger: Ledger) -> None:
    found = search(ledger, [(1, 7, 60, 120), (2, 7, 130, 200), (3, 7, 0, 59)], linger=30)
    assert [(e.other_person, e.minutes, e.linger_minutes) for e in found] == [(2, 20, 20)]


def test_lingering_is_told_apart_from_time_together(ledger: Ledger) -> None:
    (found,) = search(ledger, [(1, 7, 0, 100), (2, 7, 90, 200)], linger=30)
    assert (found.minutes, found.linger_minutes) == (40, 30)


def test_stay_across_midnight_meets_on_both_days(ledger: Ledger) -> None:
    day = DAY // MIN
    found = search(
        ledger, [(1, 7, day - 60, day + 60), (2, 7, day - 90, day - 30), (3, 7, day + 30, day + 90)]
    )
    assert [(e.other_person, e.minutes) for e in found] == [(2, 30), (3, 30)]


def test_meetings_of_a_pair_are_one_exposure_with_all_evidence(ledger: Ledger) -> None:
    found = search(
        ledger, [(1, 7, 0, 60), (2, 7, 30, 50), (1, 7, 100, 160), (2, 7, 150, 300), (2, 8, 0, 300)]
    )
    assert [(e.minutes, len(e.evidence)) for e in found] == [(30, 4)]
    assert all(item.startswith("stays:") for item in found[0].evidence)


def test_stay_told_by_two_sources_counts_once(ledger: Ledger) -> None:
    found = search(ledger, [(1, 7, 0, 60), (1, 7, 0, 60), (2, 7, 0, 45), (2, 7, 30, 60)])
    assert [e.minutes for e in found] == [60]


def test_short_meetings_add_up_to_the_shortest_time(ledger: Ledger) -> None:
    rows = [(1, 7, 0, 60), (2, 7, 0, 6), (2, 7, 50, 56), (3, 7, 0, 9)]
    assert [e.other_person for e in search(ledger, rows, at_least=10)] == [2]


def test_time_outside_the_window_does_not_count(ledger: Ledger) -> None:
    fill(ledger, [(1, 7, 0, 10 * MIN), (2, 7, 0, 10 * MIN)])
    found = find_exposures(ledger, [window(1, 4 * MIN, 6 * MIN)], rules(), setting_of_place={}).exposures()
    assert [e.minutes for e in found] == [2]


def test_cases_expose_each_other_and_nobody_themselves(ledger: Ledger) -> None:
    fill(ledger, [(1, 7, 0, 600), (2, 7, 0, 600)])
    windows = [window(1, 0, DAY), window(2, 0, DAY)]
    found = find_exposures(ledger, windows, rules(), setting_of_place={}).exposures()
    assert [(e.case_person, e.other_person) for e in found] == [(1, 2), (2, 1)]


def test_withdrawn_stay_exposes_nobody(ledger: Ledger) -> None:
    from tests.epi.contact_reference import RECORDED

    numbers = fill(ledger, [(1, 7, 0, 600), (2, 7, 0, 600), (3, 7, 0, 600)])[0]
    ledger.withdraw("stays", [numbers[1]], reason="wrong person", source="interview", recorded_at=RECORDED)
    found = find_exposures(ledger, [window(1, 0, DAY)], rules(), setting_of_place={}).exposures()
    assert [e.other_person for e in found] == [3]


def test_settings_come_from_a_mapping_or_a_function(ledger: Ledger) -> None:
    fill(ledger, [(1, 7, 0, 600), (2, 7, 0, 600), (1, 8, 700, 900), (2, 8, 700, 900)])
    windows = [window(1, 0, DAY)]
    by_mapping = find_exposures(ledger, windows, rules(), setting_of_place={8: Setting.DINING})
    assert by_mapping.to_frame()["setting"].to_list() == ["other", "dining"]

    def all_shops(places: np.ndarray) -> list[Setting]:
        return [Setting.SHOP] * len(places)

    assert (
        find_exposures(ledger, windows, rules(), setting_of_place=all_shops).exposures()[0].setting
        is Setting.SHOP
    )


def test_case_without_stays_and_search_without_cases_find_nothing(ledger: Ledger) -> None:
    assert len(find_exposures(ledger, [window(1, 0, DAY)], rules(), setting_of_place={})) == 0
    assert find_exposures(ledger, [], rules(), setting_of_place={}).exposures() == []


def test_window_that_ends_first_and_negative_lingering_are_refused(ledger: Ledger) -> None:
    with pytest.raises(InputError, match="end before they start"):
        find_exposures(ledger, [window(1, 10, 10)], rules(), setting_of_place={})
    with pytest.raises(InputError, match="linger_minutes is -1"):
        find_exposures(ledger, [window(1, 0, 10)], rules(-1), setting_of_place={})
