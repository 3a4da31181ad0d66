"""Packs, and copies of packs to break."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tongzhou.policy import Pack, load_pack
from tongzhou.policy.files import SHIPPED_PACKS


@pytest.fixture
def edition9() -> Pack:
    return load_pack("cn-2022-06")


@pytest.fixture
def broken(tmp_path: Path) -> Callable[[str, str, str], Path]:
    """Copy edition 9 as ``trial``, with one text replaced in one file."""

    def break_file(file: str, old: str, new: str) -> Path:
        folder = tmp_path / "packs" / "trial"
        shutil.copytree(SHIPPED_PACKS / "cn-2022-06", folder)
        meta = folder / "pack.toml"
        meta.write_text(meta.read_text("utf-8").replace('"cn-2022-06"', '"trial"', 1), "utf-8")
        text = (folder / file).read_text("utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new, 1), "utf-8")
        return folder.parent

    return break_file
