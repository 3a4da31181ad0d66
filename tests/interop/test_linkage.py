"""Record linkage: how names agree, weights found again by EM without truth, and how many pairs it gets right."""

from __future__ import annotations

import linkage_weights
import numpy as np
import pytest

from tongzhou.interop.linkage import (
    LEVELS,
    UNKNOWN,
    estimate_weights,
    match,
    name_level,
    patterns_of,
    read_weights,
    write_weights,
)


@pytest.mark.parametrize(
    ("one", "two", "level"),
    [
        ("欧阳娜", "欧阳娜", "name"),
        ("娜欧阳", "欧阳娜", "name_order"),
        ("欧阳那", "欧阳娜", "pinyin"),
        ("Ouyang Na", "欧阳娜", "pinyin"),
        ("王伟", "李伟", ""),
    ],
)
def test_names_agree_as_written_turned_or_by_sound(one: str, two: str, level: str) -> None:
    assert name_level(one, two) == level


@pytest.fixture(scope="module")
def reported() -> tuple[list[object], set[tuple[int, int]]]:
    register = linkage_weights.make_register(3000, seed=11)
    return linkage_weights.with_second_reports(register, 0.1, seed=12)


def test_weights_are_found_again_without_knowing_who_is_who(reported: tuple) -> None:
    records, truth = reported
    found = linkage_weights.estimate(records, "test", seed=13, n_random=20_000)
    true = linkage_weights.patterns_among(records, sorted(truth))
    for number, (part, levels) in enumerate(LEVELS.items()):
        known = true[true[:, number] >= 0, number]
        shares = np.bincount(known, minlength=len(levels)) / len(known)
        assert list(found.m[part].values()) == pytest.approx(shares, abs=0.06), part
    assert found.prior == pytest.approx(2 * len(truth) / len(records) ** 2, rel=0.15)


def test_linkage_gets_nearly_all_pairs_and_nearly_no_wrong_one(reported: tuple) -> None:
    records, truth = reported
    weights = read_weights()
    asked = {
        pair for part in ("document", "name", "phone", "household", "area")
        for pair in linkage_weights.block_pairs(records, part)
    }  # fmt: skip
    linked = {(i, j) for i, j in asked if match(records[i], records[j], weights).probability >= 0.5}
    right = linked & truth
    assert len(right) / len(linked) >= 0.99
    assert len(right) / len(truth) >= 0.97


def test_weights_read_back_as_they_were_written(tmp_path: object) -> None:
    path = tmp_path / "weights.toml"
    write_weights(path, read_weights())
    assert read_weights(path) == read_weights()


def test_an_outcome_that_own_pairs_never_show_keeps_the_shipped_weight(reported: tuple) -> None:
    records, truth = reported
    random_pairs = patterns_of(
        (one, two) for one, two in zip(records[:2000], records[1000:3000], strict=True)
    )
    same = patterns_of((records[i], records[j]) for i, j in sorted(truth)[:200])
    names, documents = list(LEVELS).index("name"), list(LEVELS).index("document")
    turned = LEVELS["name"].index("name_order")
    for pairs in (random_pairs, same):
        pairs[pairs[:, names] == turned, names] = UNKNOWN
        pairs[:, documents] = UNKNOWN
    found = estimate_weights(random_pairs, {"phone": same[same[:, 2] == 0]}, len(records), "test")
    shipped = read_weights()
    assert found.m["document"] == shipped.m["document"]
    assert found.bits("name", "name_order") == pytest.approx(shipped.bits("name", "name_order"))
    assert sum(found.m["name"].values()) == pytest.approx(1)
    assert found.bits("name", "name") != shipped.bits("name", "name")
