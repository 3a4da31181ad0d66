"""What must not stand anywhere in the tree: registry hosts, paths of one machine, secrets, large files."""

from __future__ import annotations

import re

import pytest

from tests.house.tree import ROOT, files, texts

# Written in pieces, so that this file does not contain what it looks for.
FORBIDDEN = {
    "a registry's host": r"(?:pypi|pythonhosted|npmjs|deb\.debian|crates)" + r"\.(?:org|com|io)\b",
    "a path of one machine": r"(?<![\w.])/(?:work|root|home/\w+)" + r"/(?:main|shared|\.|\w+/)",
    "a private key": "-----BEGIN " + r"(?:[A-Z]+ )?PRIVATE KEY-----",
    "an access key": r"\b(?:AKIA|ghp_|glpat-|xox[bp]-)" + r"[A-Za-z0-9_-]{16,}",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_contains(what):
    pattern = re.compile(FORBIDDEN[what])
    found = [
        f"{path}: {match[0]!r}" for path, text in texts().items() for match in [pattern.search(text)] if match
    ]
    assert not found, f"{what} stands in {found[:10]}"


def test_no_file_is_larger_than_half_a_megabyte():
    large = [
        f"{path.relative_to(ROOT)}: {path.stat().st_size:,}"
        for path in files()
        if path.stat().st_size > 524_288
    ]
    assert not large


def test_every_shell_script_can_be_run():
    scripts = [path for path in files() if path.suffix == ".sh" or path.parent.name == ".ci"]
    assert [path.name for path in scripts if not path.stat().st_mode & 0o100] == []
