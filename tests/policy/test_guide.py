"""The guide's examples are true, and its table names the packs there are."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

from tongzhou.policy import list_packs

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "policy.md"


def test_examples_of_the_guide_are_true():
    result = doctest.testfile(str(GUIDE), module_relative=False)
    assert result.attempted > 5
    assert result.failed == 0


def test_the_guide_lists_every_shipped_pack():
    named = re.findall(r"^\| `([a-z0-9-]+)` \|", GUIDE.read_text("utf-8"), re.M)
    assert sorted(named) == sorted(entry.name for entry in list_packs())
