"""A server or worker killed without warning, in the middle or after a commit: nothing is lost, nothing is double."""

from __future__ import annotations

import random
from pathlib import Path

from bench.kill.homes import Homes
from bench.kill.trials import Trials


def test_killed_close_and_confirmations_end_as_if_never_killed(tmp_path: Path) -> None:
    found = Trials(Homes(tmp_path), n_kills=1, rng=random.Random(7)).run(n_duties=40, n_orders=12)
    assert found["is_intact"]
    assert found["tables"]["duties.dayclose"][0] == 1
    assert found["tables"]["duties.duty"][0] > 40 + 12
    assert [(row["what"], row["unlike"], row["is_intact"]) for row in found["trials"]] == [
        ("requests", {}, True), ("between commit and delivery", {}, True), ("worker", {}, True),
    ]  # fmt: skip
    assert all(row["n_killed"] for row in found["trials"])
