"""Every package that an installation must bring is used by the code it is installed for."""

from __future__ import annotations

import importlib.metadata
import re
import tomllib
from functools import cache

import pytest

from tests.house.tree import ROOT, texts

# What is used without its name in an import: hashers and readers that a library looks up by itself.
BEHIND_A_LIBRARY = {
    "argon2-cffi": "Django's Argon2PasswordHasher",
    "psycopg": "Django's backend of PostgreSQL",
    "tzdata": "zoneinfo",
    "xlsxwriter": "polars' write_excel",
}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
RUNTIME = [
    re.split(r"[\[<>=]", line)[0]
    for line in (
        *PROJECT["dependencies"],
        *PROJECT["optional-dependencies"]["server"],
        *PROJECT["optional-dependencies"]["cluster"],
    )
]


@cache
def source() -> str:
    """Return the whole source of the package as one text."""
    return "\n".join(text for path, text in texts().items() if re.fullmatch(r"src/.*\.py", path))


@cache
def modules() -> dict[str, list[str]]:
    """Return the importable names that each installed package brings."""
    found: dict[str, list[str]] = {}
    for module, packages in importlib.metadata.packages_distributions().items():
        for package in packages:
            found.setdefault(package.lower(), []).append(module)
    return found


@pytest.mark.parametrize("package", sorted(set(RUNTIME) - set(BEHIND_A_LIBRARY)))
def test_a_required_package_is_used(package):
    named = "|".join(map(re.escape, modules()[package]))
    assert re.search(rf"(?:^\s*(?:import|from)\s+|[\"'])(?:{named})\b", source(), re.MULTILINE)
