"""Lock files hold every direct dependency, with hashes and without addresses."""

from __future__ import annotations

import json
import re
import tomllib

import pytest

from tests.house.tree import ROOT, texts

LOCKS = sorted(path for path in texts() if re.fullmatch(r"requirements/\w+\.txt", path))
PROJECT = tomllib.loads(texts()["pyproject.toml"])["project"]
PACKAGES = json.loads(texts()["package-lock.json"])["packages"]


def normal(name: str) -> str:
    """Return a package's name as registries compare it."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", name)[0]).lower()


def locked(path: str) -> dict[str, str]:
    """Return the packages of a lock file with the text of their entry."""
    entries = re.split(r"\n(?=\S)", texts()[path])
    return {normal(entry): entry for entry in entries if "==" in entry}


@pytest.mark.parametrize("path", LOCKS)
def test_every_locked_package_has_a_hash(path):
    assert [name for name, entry in locked(path).items() if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("path", [*LOCKS, "package-lock.json"])
def test_lock_files_hold_no_address(path):
    assert re.findall(r"\w+://\S+", texts()[path]) == []


def test_every_direct_dependency_is_locked():
    wanted = [
        *PROJECT["dependencies"],
        *(name for extra in PROJECT["optional-dependencies"].values() for name in extra),
    ]
    assert [name for name in wanted if normal(name) not in locked("requirements/dev.txt")] == []


@pytest.mark.parametrize("path", LOCKS)
def test_all_lock_files_agree_on_versions(path):
    versions = {
        name: re.findall(r"==([^\s;\\]+)", entry) for name, entry in locked("requirements/dev.txt").items()
    }
    mine = {name: re.findall(r"==([^\s;\\]+)", entry) for name, entry in locked(path).items()}
    assert {
        name: found for name, found in mine.items() if name in versions and set(found) - set(versions[name])
    } == {}


def test_front_end_packages_have_integrity_hashes():
    assert [name for name, package in PACKAGES.items() if name and not package.get("integrity")] == []


def test_front_end_lock_file_fits_its_package_file():
    asked = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    for kind in ("dependencies", "devDependencies"):
        assert PACKAGES[""].get(kind) == asked[kind]
