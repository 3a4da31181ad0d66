"""Every worked example of every shipped pack agrees with its pack."""

from __future__ import annotations

import pytest

from tongzhou.policy import list_packs, load_pack
from tongzhou.policy.examples import Example, read_examples, run_example

PACKS = sorted(entry.name for entry in list_packs())
EXAMPLES = [example for name in PACKS for example in read_examples(name)]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda item: f"{item.pack}: {item.name}")
def test_worked_example_agrees_with_its_pack(example: Example) -> None:
    disagreement = run_example(load_pack(example.pack), example)
    assert disagreement is None, (disagreement.expected, disagreement.found)


@pytest.mark.parametrize("name", PACKS)
def test_pack_has_worked_examples(name: str) -> None:
    kinds = {example.kind for example in EXAMPLES if example.pack == name}
    assert {"exposure", "window", "order"} <= kinds
