"""Words that say nothing are not names; one word means one thing."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.house.tree import texts

EMPTY_WORDS = {"util", "utils", "helper", "helpers", "misc", "common", "stuff", "info"}
EMPTY_VERBS = {"handle", "process", "manage"}
DJANGO_NAMES = {"process_request", "process_response", "process_view", "process_exception"}
TEST_NAME = re.compile(r"test(_[a-z0-9]+){2,}$")


def words_of(name: str) -> list[str]:
    """Return the words of a snake_case or CamelCase name."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", name)]


def defined_names(folder: str) -> Iterator[tuple[str, str]]:
    """Yield path and name of the modules, classes and functions of a folder."""
    for path, text in texts().items():
        if not (path.startswith(folder) and path.endswith(".py")):
            continue
        yield path, path.rsplit("/", 1)[1].removesuffix(".py")
        for node in ast.walk(ast.parse(text, path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield path, node.name


def test_names_say_what_they_name():
    empty = [f"{path}: {name}" for path, name in defined_names("src/") if EMPTY_WORDS & set(words_of(name))]
    assert not empty


def test_actions_are_named_by_their_verb():
    vague = [
        f"{path}: {name}"
        for path, name in defined_names("src/")
        if len(words_of(name)) > 1 and words_of(name)[0] in EMPTY_VERBS and name not in DJANGO_NAMES
    ]
    assert not vague


def test_a_person_stays_in_a_place_and_never_visits_it():
    visits = [f"{path}: {name}" for path, name in defined_names("src/tongzhou") if "visits" in words_of(name)]
    assert not visits


def test_test_names_are_statements():
    short = [
        f"{path}: {name}"
        for path, name in defined_names("tests/")
        if name.startswith("test_") and "/test_" in path and path.rsplit("/", 1)[1] != f"{name}.py"
        if not TEST_NAME.match(name)
    ]
    assert not short


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("issue_quarantine", ["issue", "quarantine"]),
        ("OrderState", ["order", "state"]),
        ("RTEstimate", ["rt", "estimate"]),
    ],
)
def test_names_split_into_words(name, words):
    assert words_of(name) == words
