"""Offspring, intervals, clusters, layouts and drawings of chains, and real outbreaks with known infectors."""

from __future__ import annotations

from itertools import pairwise

import matplotlib as mpl
import numpy as np
import polars as pl
import pytest

from tests.epi.chain.simulation import SI, K, R, simulate_outbreak
from tests.shared_data import shared
from tongzhou.core.errors import EstimationFailed, InputError
from tongzhou.epi.chain import (
    ChainModel,
    IntervalOptions,
    LayoutOptions,
    chain_of_pairs,
    fit_offspring,
    generation_interval,
    infer_chain,
    layout_tree,
    offspring,
    serial_interval,
    superspreading_share,
)
from tongzhou.epi.chain.layout import count_crossings

mpl.use("Agg")


def random_tree(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    tree = np.array([-1] + [int(rng.integers(max(0, i - 40), i)) for i in range(1, n)])
    onset = np.zeros(n, dtype=np.int64)
    for i in range(1, n):
        onset[i] = onset[tree[i]] + max(1, int(rng.gamma(4, 1.4)))
    return onset, tree


def test_share_behind_80_percent_is_the_published_one():
    assert superspreading_share(2.0, 0.5) == pytest.approx(0.264, abs=5e-4)


def test_share_agrees_with_a_million_cases():
    counts = np.sort(np.random.default_rng(1).negative_binomial(0.2, 0.2 / 2.2, 1_000_000))[::-1]
    share = np.searchsorted(np.cumsum(counts), 0.8 * counts.sum()) / counts.size
    assert superspreading_share(2.0, 0.2) == pytest.approx(share, abs=1e-3)


def test_offspring_of_measles_in_hagelloch():
    frame = pl.read_csv(shared("data/10_outbreaks_r/measles_hagelloch_1861.csv.gz"), try_parse_dates=True)
    cases = frame.rename({"case_ID": "case_id", "date_of_prodrome": "date_onset"})
    chain = chain_of_pairs(cases.select("case_id", "date_onset", "infector"))
    fit = offspring(chain)
    assert fit.mean.value == pytest.approx(184 / 188)
    assert fit.dispersion.low < 0.25 < fit.dispersion.high
    assert serial_interval(chain).delay.mean == pytest.approx(10.39, abs=0.1)


def test_more_even_than_poisson_has_infinite_k():
    fit = fit_offspring([1, 1, 1, 2, 1, 0, 1, 1])
    assert np.isinf(fit.dispersion.value)
    assert np.isinf(fit.dispersion.high)


def test_cases_not_yet_followed_are_left_out():
    infector = [None, "a", "a", "b", "c", "a", "b"]
    chain = chain_of_pairs(
        {"case_id": list("abcdefg"), "onset": [0, 1, 2, 3, 4, 20, 21], "infector": infector}
    )
    assert offspring(chain, followed_until=4).counts.shape == (1, 5)


@pytest.mark.parametrize(
    ("counts", "error"), [([0, 0, 0, 0, 0], EstimationFailed), ([1, -1, 2, 0, 0], InputError)]
)
def test_impossible_offspring_is_refused(counts, error):
    with pytest.raises(error):
        fit_offspring(counts)


def test_uncertain_chain_asks_for_randomness():
    chain = infer_chain({"case_id": [1, 2, 3], "onset": [0, 5, 6]}, model=ChainModel(SI))
    with pytest.raises(InputError, match="rng"):
        offspring(chain)


def test_offspring_of_an_inferred_chain_holds_the_truth():
    rng = np.random.default_rng(7)
    outbreak = simulate_outbreak(rng)
    chain = infer_chain(outbreak.cases, outbreak.contacts(rng, 0.95, 150), model=ChainModel(SI))
    fit = offspring(chain, followed_until=outbreak.until - 14, rng=rng, n_trees=50)
    assert fit.mean.low < R < fit.mean.high * 1.2
    assert fit.dispersion.low < K * 1.5


def test_serial_interval_of_contacts_recovers_the_truth():
    rng = np.random.default_rng(8)
    outbreak = simulate_outbreak(rng)
    wide = ChainModel(np.full(25, 1 / 25))
    chain = infer_chain(outbreak.cases, outbreak.contacts(rng, 1.0, 0), model=wide)
    found = serial_interval(chain, IntervalOptions(observed_until=outbreak.until, growth=0.0), rng=rng)
    assert found.delay.mean == pytest.approx(6.0, abs=1.2)


def test_serial_interval_allows_an_earlier_infectee_with_a_shift():
    onset = [0, 3, -1, 4, 5, 2, 9, 6]
    chain = chain_of_pairs({"case_id": list("abcdefgh"), "onset": onset, "infector": [None, *"aaaabbb"]})
    with pytest.raises(InputError, match="before the first"):
        serial_interval(chain)
    fit = serial_interval(chain, IntervalOptions(shift=-5))
    assert fit.delay.mean == pytest.approx(np.mean([3, -1, 4, 5, -1, 6, 3]), abs=0.4)


def test_generation_interval_needs_windows():
    lists = {"case_id": list("abcdefg"), "onset": [0, 5, 6, 7, 12, 13, 14], "infector": [None, *"aaabbc"]}
    with pytest.raises(EstimationFailed, match="windows"):
        generation_interval(chain_of_pairs(lists))
    known = chain_of_pairs({**lists, "date_infection": [-4, 1, 2, 4, 7, 9, 8]})
    assert 4 < generation_interval(known).delay.mean < 9


def test_tree_with_room_has_no_crossing():
    layout = layout_tree(np.array([0, 2, 3, 5, 6]), np.array([-1, 0, 0, 1, 2]))
    assert layout.n_crossings == 0
    assert layout.generation.tolist() == [0, 1, 1, 2, 2]


def test_lanes_do_not_overlap_and_cases_do_not_hide_each_other():
    onset, tree = random_tree(1500, 1)
    layout = layout_tree(onset, tree)
    bands = [layout.y[layout.generation == g] for g in range(int(layout.generation.max()) + 1)]
    assert all(a.max() + 2 < b.min() for a, b in pairwise(bands))
    assert len({*zip(layout.x.tolist(), layout.y.tolist(), strict=True)}) == onset.size
    assert (np.floor(layout.x) == onset - onset.min()).all()


def test_crossings_are_counted_as_by_hand():
    tree, generation = np.array([-1, -1, 0, 1]), np.array([0, 0, 1, 1])
    x, y = np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.0, 1.0, 4.0, 3.0])
    assert count_crossings(generation, tree, x, y) == 1
    assert count_crossings(generation, tree, x, y[[0, 1, 3, 2]]) == 0


def test_swaps_only_remove_crossings():
    onset, tree = random_tree(800, 2)
    sweeps = [layout_tree(onset, tree, LayoutOptions(n)).n_crossings for n in (0, 1, 3)]
    assert sweeps[0] > sweeps[1] >= sweeps[2]


def test_graph_has_the_columns_of_the_console():
    chain = chain_of_pairs(
        {"case_id": ["a", "b"], "date_onset": ["2020-01-01", "2020-01-05"], "infector": [None, "a"]},
        {"from": ["a"], "to": ["b"], "setting": ["household"]},
    )
    graph = chain.graph(["Household"])
    assert graph["base"] == "2020-01-01"
    assert graph["settings"] == ["Household", "unknown"]
    assert graph["cases"]["infector"] == [-1, 0]
    assert graph["cases"]["setting"] == [1, 0]
    assert {len(column) for column in graph["cases"].values()} == {2}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_chain_draws_itself(language):
    chain = infer_chain({"case_id": [1, 2, 3], "onset": [0, 5, 6]}, model=ChainModel(SI))
    assert chain.plot(language=language).collections
    option = chain.echarts(language=language)["series"][0]
    assert len(option["data"]) == 3
    assert chain.chart(language=language).traces


def test_clusters_split_where_transmission_is_improbable():
    lists = {"case_id": list("abcd"), "onset": [0, 5, 200, 205]}
    chain = infer_chain(lists, model=ChainModel(SI, observed_share=0.9))
    assert chain.clusters().tolist() == [1, 1, 2, 2]
    with pytest.raises(InputError):
        chain.clusters(0.0)


def test_generations_over_trees_hold_the_best_one():
    outbreak = simulate_outbreak(np.random.default_rng(9), n_max=60)
    frame = infer_chain(outbreak.cases, model=ChainModel(SI)).generations(rng=np.random.default_rng(1))
    assert (frame["low"] <= frame["mean"]).all()
    assert (frame["mean"] <= frame["high"].cast(pl.Float64) + 1).all()


def test_known_contacts_of_the_simulated_ebola_outbreak_are_found_again():
    folder = "data/10_outbreaks_r/ebola_sim_clean__"
    cases = pl.read_csv(shared(folder + "linelist.csv.gz"), try_parse_dates=True).rename(
        {"date_of_onset": "date_onset"}
    )
    contacts = pl.read_csv(shared(folder + "contacts.csv.gz")).rename({"infector": "from", "case_id": "to"})
    model = ChainModel([0.0, *np.full(60, 1 / 60)])
    chain = infer_chain(cases.select("case_id", "date_onset").head(1000), contacts, model=model)
    joined = chain.to_frame().join(contacts, left_on="case_id", right_on="to")
    joined = joined.filter(pl.col("from").is_in(chain.to_frame()["case_id"].to_list()))
    assert (joined["infector"] == joined["from"]).mean() > 0.95
