"""Attack rates, degrees, common sources and contact matrices, against published and hand-worked numbers."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from tests.shared_data import shared
from tongzhou.core.errors import InputError
from tongzhou.epi.contact import (
    DegreeOptions,
    SourceOptions,
    contact_matrix,
    cut_into_bands,
    find_shared_sources,
    onward_degrees,
    secondary_attack_rates,
)
from tongzhou.epi.proportions import proportion_interval

HOUR = 3600


def test_household_rate_has_the_interval_of_bi_2020():
    people = {"setting": ["household"] * 686, "infected": [1] * 77 + [0] * 609}
    row = secondary_attack_rates(people, ["setting"]).to_frame().row(0, named=True)
    assert (round(row["rate"], 3), round(row["low"], 3), round(row["high"], 3)) == (0.112, 0.091, 0.138)


@pytest.mark.parametrize(
    ("method", "low", "high"), [("wilson", 0.0624, 0.1605), ("clopper-pearson", 0.0578, 0.1617)]
)
def test_intervals_are_those_of_newcombe_1998(method, low, high):
    found = proportion_interval(15, 148, method=method)
    assert (float(found[0]), float(found[1])) == pytest.approx((low, high), abs=6e-5)


def test_nobody_and_everybody_infected_have_one_sided_intervals():
    low, high = proportion_interval([0, 5], [5, 5])
    assert low[0] == 0.0
    assert high[1] == 1.0
    assert 0 < high[0] < 1


def test_rates_by_setting_age_and_delay():
    people = pl.DataFrame(
        {"setting": ["home", "home", "work", None], "age": [5, 70, 33, 40], "delay": [0, 4, 9, 2]}
    )
    people = people.with_columns(
        infected=pl.Series([1, 1, 0, 0]),
        age_group=cut_into_bands(people["age"], [0, 20, 60]),
        delay_group=cut_into_bands(people["delay"], [0, 3, 6]),
    )
    by_setting = secondary_attack_rates(people, ["setting"]).to_frame()
    assert by_setting["setting"].to_list() == ["home", "unknown", "work"]
    by_both = secondary_attack_rates(people, ["age_group", "delay_group"]).to_frame()
    assert by_both.row(0) == ("0-19", "0-2", 1, 1, 1.0, by_both["low"][0], 1.0)


def test_bootstrap_over_index_cases_is_wider_when_cases_differ():
    rng = np.random.default_rng(1)
    risk = np.repeat(rng.beta(0.3, 2.0, 60), 12)
    people = {"case_id": np.repeat(np.arange(60), 12), "infected": (rng.random(720) < risk).astype(int)}
    plain = secondary_attack_rates(people).to_frame().row(0, named=True)
    cluster = (
        secondary_attack_rates(people, method="cluster-bootstrap", rng=rng).to_frame().row(0, named=True)
    )
    assert cluster["high"] - cluster["low"] > 1.5 * (plain["high"] - plain["low"])


def test_wrong_flags_are_named():
    with pytest.raises(InputError, match="rows 2"):
        secondary_attack_rates({"infected": [1, 2, 0]})


def test_degrees_respect_time_and_bounds():
    met = {
        "person_a": [1, 2, 3, 2],
        "person_b": [2, 3, 4, 5],
        "from_s": [10, 20, 30, 1],
        "until_s": [12, 22, 32, 5],
    }
    frame = onward_degrees(met, [1], DegreeOptions(max_degree=3))
    assert frame.select("person", "degree", "via").rows() == [(1, 0, None), (2, 1, 1), (3, 2, 2), (4, 3, 3)]
    assert frame["reached_s"].to_list() == [None, 10, 20, 30]
    late = onward_degrees(met, [1], DegreeOptions(max_degree=3, wait_s=100))
    assert late["person"].to_list() == [1, 2]


def test_too_many_reached_is_an_error():
    met = {"person_a": [1] * 50, "person_b": list(range(2, 52))}
    with pytest.raises(InputError, match="51 people"):
        onward_degrees(met, [1], DegreeOptions(max_persons=20))


def market(rng: np.random.Generator, n_cases_there: int) -> tuple[pl.DataFrame, np.ndarray]:
    """2,000 people, 60 cases, 80 places; place 7 takes `n_cases_there` cases more than chance."""
    person, place = np.repeat(np.arange(2000), 5), rng.integers(0, 80, 10_000)
    cases = rng.choice(2000, 60, replace=False)
    extra = cases[:n_cases_there]
    stays = pl.DataFrame(
        {"person": np.append(person, extra), "place": np.append(place, np.full(extra.size, 7))}
    )
    return stays, cases


def test_shared_market_stands_out_after_correction():
    rng = np.random.default_rng(2)
    stays, cases = market(rng, 18)
    found = find_shared_sources(stays, cases, options=SourceOptions(n_permutations=499), rng=rng).to_frame()
    top = found.row(0, named=True)
    assert top["place"] == 7
    assert top["p_holm"] < 0.01
    assert top["p_permutation"] == pytest.approx(1 / 500)
    assert found["p_permutation"][1] > 0.05


def test_chance_alone_seldom_gives_a_source():
    false = {"p_holm": 0, "p_permutation": 0}
    for seed in range(60):
        rng = np.random.default_rng([3, seed])
        stays, cases = market(rng, 0)
        found = find_shared_sources(
            stays, cases, options=SourceOptions(n_permutations=99), rng=rng
        ).to_frame()
        for name in false:
            false[name] += bool((found[name] <= 0.05).any())
    assert max(false.values()) <= 8


def test_hypergeometric_tail_by_hand():
    stays = {"person": [1, 2, 3, 4, 5, 1, 2], "place": [1, 2, 3, 4, 5, 9, 9]}
    row = find_shared_sources(stays, [1, 2]).to_frame().row(0, named=True)
    assert row["p_value"] == pytest.approx(1 / 10)


def test_strata_keep_a_rural_market_from_looking_suspicious():
    rng = np.random.default_rng(4)
    town = np.repeat([0, 1], 200)
    cases = np.flatnonzero((town == 1) & (rng.random(400) < 0.3))
    stays = pl.DataFrame({"person": np.arange(400), "place": town})
    people = pl.DataFrame({"person": np.arange(400), "town": town})
    options = SourceOptions(n_permutations=99, strata="town")
    found = find_shared_sources(stays, cases, people=people, options=options, rng=rng).to_frame()
    assert found["p_holm"][0] < 1e-6
    assert found["p_permutation"][0] == 1.0


def test_matrix_of_three_people_by_hand():
    stays = {
        "person": [1, 2, 3, 1],
        "place": [1, 1, 1, 2],
        "from_s": [0, HOUR, 5 * HOUR, 20 * HOUR],
        "until_s": [4 * HOUR, 6 * HOUR, 7 * HOUR, 30 * HOUR],
    }
    found = contact_matrix(stays, {"person": [1, 2, 3], "age": [10, 40, 50]}, edges=[0, 20], min_minutes=30)
    assert found.person_days.tolist() == [2.0, 2.0]
    assert found.counts.tolist() == [[0.0, 1.0], [1.0, 2.0]]
    assert found.rates.tolist() == [[0.0, 0.5], [0.5, 1.0]]
    longer = contact_matrix(stays, {"person": [1, 2, 3], "age": [10, 40, 50]}, edges=[0, 20], min_minutes=90)
    assert longer.counts.sum() == 2.0


def test_symmetric_matrix_has_as_many_contacts_from_both_sides():
    rng = np.random.default_rng(5)
    n = 300
    start = rng.integers(0, 5 * 86_400, n)
    stays = {
        "person": rng.integers(0, 60, n),
        "place": rng.integers(0, 4, n),
        "from_s": start,
        "until_s": start + 9000,
    }
    ages = {"person": np.arange(60), "age": rng.integers(0, 90, 60)}
    population = np.array([100.0, 300.0, 50.0])
    total = (
        contact_matrix(stays, ages, edges=[0, 20, 60], min_minutes=15).symmetrise(population).rates
        * population[:, None]
    )
    assert total == pytest.approx(total.T)


def test_prems_matrix_of_china_becomes_symmetric_without_losing_contacts():
    table = pl.read_csv(shared("data/14_contact_matrices/prem2021_16x16_long.csv.gz"))
    china = table.filter((pl.col("location") == "China") & (pl.col("setting") == "all"))
    rates = (
        china.pivot(on="age_j_start", index="age_i_start", values="contacts_per_day")
        .drop("age_i_start")
        .to_numpy()
    )
    stays = {"person": [1], "place": [1], "from_s": [0], "until_s": [1]}
    empty = contact_matrix(stays, {"person": [1], "age": [1]}, edges=list(range(0, 80, 5)), min_minutes=1)
    object.__setattr__(empty, "rates", rates)
    even = empty.symmetrise(np.ones(16))
    assert even.rates.sum() == pytest.approx(rates.sum())
    assert even.rates == pytest.approx(even.rates.T)
    assert rates.sum(axis=1).mean() == pytest.approx(14.0, abs=1.5)


def test_bad_stays_and_ages_are_named():
    stays = {"person": [1, 2], "place": [1, 1], "from_s": [0, 5], "until_s": [9, 5]}
    with pytest.raises(InputError, match="rows 2"):
        contact_matrix(stays, {"person": [1], "age": [1]}, edges=[0], min_minutes=1)
    with pytest.raises(InputError, match="age is missing"):
        contact_matrix({**stays, "until_s": [9, 9]}, {"person": [1], "age": [None]}, edges=[0], min_minutes=1)
