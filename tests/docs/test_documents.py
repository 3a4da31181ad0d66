"""The documents: links resolve, the changelog is open, the table of requirements is whole."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest

from tests.house.tree import ROOT, texts

DOCUMENTS = sorted(path for path in texts() if path.endswith(".md"))
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
ASKED = [f"R{n:02}" for n in range(1, 35)] + [f"B{n:02}" for n in range(1, 11)]
STATES = {"served", "partly", "not yet"}
ROWS = [
    [cell.strip() for cell in line.strip().strip("|").split("|")]
    for line in texts()["docs/requirements.md"].splitlines()
    if re.match(r"\| [RB]\d\d ", line)
]


@pytest.mark.parametrize("path", DOCUMENTS)
def test_links_lead_to_files_that_exist(path):
    text = re.sub(r"```.*?```", "", texts()[path], flags=re.S)
    targets = [a or b for a, b in LINK.findall(text)]
    local = [
        unquote(target.split("#")[0])
        for target in targets
        if "://" not in target and not target.startswith("#")
    ]
    assert [target for target in local if not (ROOT / path).parent.joinpath(target).exists()] == []


def test_changelog_has_a_place_for_what_comes():
    assert "\n## Unreleased\n" in texts()["CHANGELOG.md"]


def test_every_requirement_has_one_row():
    assert [row[0] for row in ROWS] == ASKED


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_requirement_says_its_state_honestly(row):
    _number, _name, state, served_by, missing = row
    assert state in STATES
    assert bool(LINK.search(served_by)) == (state != "not yet"), (
        "what is served has links, what is not has none"
    )
    assert missing or state == "served", "what is not fully served says what is missing"


def test_every_decision_is_in_the_index():
    listed = set(re.findall(r"\]\(([\w-]+\.md)\)", texts()["docs/decisions/index.md"]))
    written = {path.rsplit("/", 1)[1] for path in texts() if path.startswith("docs/decisions/")} - {
        "index.md"
    }
    assert listed == written


@pytest.mark.parametrize(
    "path", [path for path in DOCUMENTS if path.startswith("docs/decisions/") and "index" not in path]
)
def test_a_decision_says_context_decision_and_consequences(path):
    assert re.search(r"\*\*Context.*\*\*Decision.*\*\*Consequences", texts()[path], re.S)


def test_documented_make_targets_exist():
    targets = set(re.findall(r"^([a-z]+):", texts()["Makefile"], re.M))
    named = {
        name for path in DOCUMENTS for name in re.findall(r"(?:`|^    )make ([a-z]+)", texts()[path], re.M)
    }
    assert named <= targets


THREATS = [
    line.strip().strip("|").split("|")
    for line in re.findall(r"^\| T\d\d .*$", texts()["THREAT_MODEL.md"], re.M)
]


@pytest.mark.parametrize("threat", THREATS, ids=lambda row: row[0].strip())
def test_a_threat_names_tests_that_exist_or_says_there_is_none(threat):
    where = threat[3].strip()
    folders = re.findall(r"`([^`]+)`", where)
    assert folders or where.startswith("not ")
    paths = [ROOT / "tests" / folder for folder in folders]
    assert [path for path in paths if not (path.is_file() or any(path.glob("**/test_*.py")))] == []
