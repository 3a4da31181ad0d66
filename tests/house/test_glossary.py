"""Every model and enumeration has its line in the glossary, in English and Chinese."""

from __future__ import annotations

import ast
import re

import pytest

from tests.house.tree import texts

TEXT = texts()["GLOSSARY.md"]
TERMS, INTERNAL = TEXT.split("## Internal names", 1)
ROWS = [
    [cell.strip() for cell in line.strip().strip("|").split("|")]
    for line in TERMS.splitlines()
    if line.startswith("|") and not line.startswith(("|---", "| term"))
]
LISTED = set(re.findall(r"`(\w+)`", TEXT))
ENUM_BASES = {"StrEnum", "IntEnum", "Enum", "TextChoices", "IntegerChoices"}


def base_names(node: ast.ClassDef) -> set[str]:
    """Return the names of a class's bases, without their modules."""
    return {base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "") for base in node.bases}


def domain_classes() -> dict[str, str]:
    """Return the models and enumerations of the source: name to path."""
    classes = {
        node.name: (path, base_names(node))
        for path, text in texts().items()
        if path.startswith("src/tongzhou/") and path.endswith(".py") and "/migrations/" not in path
        for node in ast.parse(text, path).body
        if isinstance(node, ast.ClassDef)
    }
    kinds = ENUM_BASES | {"Model"}
    while more := {name for name, (_, bases) in classes.items() if bases & kinds} - kinds:
        kinds |= more
    return {name: path for name, (path, bases) in classes.items() if bases & kinds}


def test_every_model_and_enumeration_has_its_line():
    absent = sorted(f"{name} ({path})" for name, path in domain_classes().items() if name not in LISTED)
    assert not absent, f"without a line in GLOSSARY.md: {absent}"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_every_term_has_both_languages(row):
    term, chinese, meaning, _in_code = row
    assert term.isascii()
    assert re.search(r"[\u4e00-\u9fff]", chinese)
    assert meaning


def test_no_term_has_two_lines():
    terms = [row[0] for row in ROWS]
    assert len(terms) == len(set(terms))


def test_names_in_code_exist():
    known = set(
        re.findall(
            r"\bclass (\w+)", "\n".join(text for path, text in texts().items() if path.startswith("src/"))
        )
    )
    assert sorted(LISTED - known) == []
