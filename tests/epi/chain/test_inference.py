"""Who infected whom: hand-worked posteriors, known infectors of simulations, and bad input."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import polars as pl
import pytest

from tests.epi.chain.simulation import SI, simulate_outbreak
from tongzhou.core.errors import InputError
from tongzhou.epi.chain import ChainModel, chain_of_pairs, contacts_within, infer_chain
from tongzhou.epi.delays import Delay

PMF = [0.0, 0.1, 0.2, 0.4, 0.2, 0.1]
PLAIN = ChainModel(PMF, observed_share=0.5, min_ratio=0.0)


def case_list(*onsets: int, **columns: list[object]) -> dict[str, object]:
    return {"case_id": [chr(97 + i) for i in range(len(onsets))], "onset": list(onsets), **columns}


def test_without_evidence_odds_are_those_of_wallinga_and_teunis():
    pairs = infer_chain(case_list(0, 1, 4), model=PLAIN).pairs(0)
    to_c = dict(pairs.filter(infectee="c").select("infector", "probability").iter_rows())
    assert to_c["b"] / to_c["a"] == pytest.approx(PMF[3] / PMF[4])


def test_source_outside_has_the_hand_worked_probability():
    chain = infer_chain(case_list(0, 3), model=PLAIN)
    inside, outside = 0.5 * PMF[3] / 1, 0.5 * (PMF[3] + 1 / 4) / 2
    assert chain.candidates.unobserved[1] == pytest.approx(outside / (inside + outside))
    assert chain.candidates.unobserved[0] == 1.0


def test_probabilities_of_every_case_sum_to_one():
    outbreak = simulate_outbreak(np.random.default_rng(1))
    found = infer_chain(outbreak.cases, model=ChainModel(SI)).candidates
    inside = np.bincount(found.infectee, found.probability, minlength=outbreak.onset.size)
    assert inside + found.unobserved == pytest.approx(1.0)


def test_contacts_with_decoys_find_most_true_infectors():
    rng = np.random.default_rng(12)
    outbreak = simulate_outbreak(rng)
    chain = infer_chain(outbreak.cases, outbreak.contacts(rng, 0.9, 400), model=ChainModel(SI))
    known = outbreak.infector >= 0
    right = (chain.tree == outbreak.infector)[known].mean()
    assert right > 0.55
    assert chain.tree_probability[known].mean() == pytest.approx(right, abs=0.08)


def test_contact_odds_by_setting_are_learned_from_the_file():
    rng = np.random.default_rng(3)
    outbreak = simulate_outbreak(rng)
    true, noise = outbreak.contacts(rng, 0.8, 0), outbreak.contacts(rng, 0.0, 2000)
    contacts = pl.concat(
        [true.with_columns(setting=pl.lit("home")), noise.with_columns(setting=pl.lit("shop"))]
    )
    weights = infer_chain(outbreak.cases, contacts, model=ChainModel(SI)).weights
    assert weights.odds[0] > 20 * weights.odds[1]
    assert weights.met_if_pair[0] == pytest.approx(0.8, abs=0.15)


def test_exposure_window_rules_out_who_was_not_yet_infectious():
    model = ChainModel(PMF, incubation=Delay.from_moments("gamma", mean=2, sd=1), observed_share=0.9)
    lists = case_list(0, 3, 5, exposure_start=[None, None, 3], exposure_end=[None, None, 4])
    free = infer_chain(case_list(0, 3, 5), model=model).pairs(0).filter(infectee="c", infector="b")
    bound = infer_chain(lists, model=model).pairs(0).filter(infectee="c", infector="b")
    assert bound["probability"].item() > free["probability"].item()


def test_isolated_case_infects_nobody_later():
    model = ChainModel(PMF, incubation=Delay.from_moments("gamma", mean=2, sd=0.5), observed_share=0.9)
    chain = infer_chain(case_list(0, 0, 5, date_isolation=[-1, None, None]), model=model)
    p = dict(chain.pairs(0).filter(infectee="c").select("infector", "probability").iter_rows())
    assert p.get("a", 0.0) < 0.3 * p["b"]


def test_genetic_distance_tells_candidates_apart():
    rng = np.random.default_rng(4)
    outbreak = simulate_outbreak(rng)
    n = outbreak.onset.size
    steps = rng.poisson(1.0, n)
    far = np.zeros((n, n), dtype=int)
    for j in range(n):
        parent = outbreak.infector[j]
        base = far[parent, :j] + steps[j] if parent >= 0 else np.full(j, 25)
        far[j, :j] = far[:j, j] = base
    plain = infer_chain(outbreak.cases, model=ChainModel(SI))
    with_genes = infer_chain(outbreak.cases, model=ChainModel(SI), distances=far)
    known = outbreak.infector >= 0
    right = [(chain.tree == outbreak.infector)[known].mean() for chain in (plain, with_genes)]
    assert right[1] > right[0] + 0.15
    assert 0.4 < with_genes.weights.substitutions < 2.0


def test_known_and_imported_sources_stay_as_given():
    lists = case_list(0, 2, 3, 4, infector=[None, "a", None, None], is_imported=[0, 0, 1, 0])
    frame = infer_chain(lists, model=PLAIN).to_frame()
    assert frame.select("infector", "probability").row(1) == ("a", 1.0)
    assert frame["unobserved"][2] == 1.0


def test_sampled_trees_follow_the_exact_distribution_even_with_equal_onsets():
    model = ChainModel([0.5, 0.3, 0.2], observed_share=0.8, min_ratio=0.0)
    chain = infer_chain(case_list(0, 0, 1), model=model)
    found, n = chain.candidates, 3
    weight = np.zeros((n, n + 1))
    weight[found.infectee, found.infector] = found.probability
    weight[:, n] = found.unobserved
    exact = {}
    for tree in itertools.product([-1, 0, 1, 2], repeat=n):
        if all(leads_out(tree, j) for j in range(n)):
            exact[tree] = np.prod([weight[j, tree[j]] for j in range(n)])
    drawn = Counter(map(tuple, chain.trees(40_000, np.random.default_rng(5)).tolist()))
    total = sum(exact.values())
    assert max(abs(drawn[tree] / 40_000 - p / total) for tree, p in exact.items()) < 0.01


def leads_out(tree: tuple[int, ...], at: int) -> bool:
    for _ in range(len(tree) + 1):
        if at < 0:
            return True
        at = tree[at]
    return False


def test_best_tree_has_no_circle():
    model = ChainModel([0.9, 0.1], observed_share=0.99)
    chain = infer_chain(case_list(0, 0, 0, 0, 1, 1), model=model)
    assert all(leads_out(tuple(chain.tree), j) for j in range(6))


def test_negative_lags_let_the_infectee_fall_ill_first():
    chain = infer_chain(
        case_list(0, 2), {"from": ["a"], "to": ["b"]}, model=ChainModel([0.6, 0.2, 0.2], first_lag=-2)
    )
    assert chain.tree.tolist() == [1, -1]


def test_missing_onset_is_refused_or_taken_from_another_date():
    lists = {
        "case_id": ["a", "b"],
        "date_onset": ["2020-01-01", None],
        "date_reporting": ["2020-01-04", "2020-01-09"],
    }
    with pytest.raises(InputError, match="rows 2"):
        infer_chain(lists, model=PLAIN)
    chain = infer_chain(lists, model=PLAIN, onset_from="date_reporting")
    assert str(chain.to_frame()["date_onset"][1]) == "2020-01-06"
    assert chain.provenance.options["n_onset_imputed"] == 1


@pytest.mark.parametrize(
    ("cases", "contacts", "says"),
    [
        (case_list(), None, "no cases"),
        ({"case_id": ["a", "a"], "onset": [1, 2]}, None, "rows 1, 2"),
        ({"case_id": ["a"], "date_onset": ["soon"]}, None, "rows 1"),
        (case_list(1, 2, exposure_start=[None, 9]), None, "rows 2"),
        (case_list(1, 2, infector=["z", None]), None, "z"),
        (case_list(1, 2, infector=["b", "a"]), None, "circle"),
        (case_list(1, 2, exposure_start=[None, 0]), None, "incubation"),
        (case_list(1, 2), {"from": ["a"], "to": ["a"]}, "themselves"),
        (case_list(1, 2), {"from": ["a"]}, "no column to"),
    ],
)
def test_bad_input_is_named(cases, contacts, says):
    with pytest.raises(InputError, match=says):
        infer_chain(cases, contacts, model=PLAIN)


def test_pandas_and_polars_give_the_same_chain():
    frame = pl.DataFrame({"case_id": [1, 2, 3], "date_onset": ["2020-01-01", "2020-01-04", "2020-01-05"]})
    one, other = infer_chain(frame, model=PLAIN), infer_chain(frame.to_pandas(), model=PLAIN)
    assert one.to_frame().equals(other.to_frame())
    assert one.provenance.inputs_digest == other.provenance.inputs_digest


def test_contacts_of_a_household_join_every_two_members():
    people = {"case_id": ["a", "b", "c", "d"], "household": [1, 1, 1, 2], "school": [None, 7, None, 7]}
    assert contacts_within(people, ["household", "school"])["setting"].to_list() == ["household"] * 3 + [
        "school"
    ]


def test_chain_of_known_pairs_is_certain():
    chain = chain_of_pairs(case_list(0, 3, 4, 9, infector=[None, "a", "a", "c"]))
    assert chain.is_certain
    assert chain.to_frame()["generation"].to_list() == [0, 1, 1, 2]
    assert chain.to_frame()["cluster"].to_list() == [1, 1, 1, 1]
