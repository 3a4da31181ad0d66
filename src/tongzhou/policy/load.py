"""Load packs by name and version, and list what there is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from tongzhou.core.errors import PolicyError
from tongzhou.policy.build import build_pack
from tongzhou.policy.files import PARTS, digest_files, pack_folders, read_part, search_folders
from tongzhou.policy.model import Pack, Text
from tongzhou.policy.tables import Draft

_SOURCE_KEY = re.compile(r"^[-*#]+\s+`([a-z0-9-]+)`", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class PackEntry:
    """One pack that can be loaded."""

    name: str
    version: str
    title: Text
    disease: str
    edition: str
    effective_from: date
    effective_until: date | None
    folder: Path


def list_packs(extra_folders: Iterable[str | Path] = ()) -> list[PackEntry]:
    """List every pack, an operator's own first; names and dates only, the rules are checked on loading.

    >>> [entry.name for entry in list_packs() if entry.name == "cn-2022-06"]
    ['cn-2022-06']
    """
    entries: dict[tuple[str, str], PackEntry] = {}
    for folder in pack_folders(search_folders(extra_folders)):
        entry = _entry_of(folder, (folder / "pack.toml").stat().st_mtime_ns)
        entries.setdefault((entry.name, entry.version), entry)
    return list(entries.values())


@lru_cache(maxsize=64)
def _entry_of(folder: Path, _changed_at: int) -> PackEntry:
    """Return what a pack is called; read again when its file changed."""
    meta = read_part(folder.name, folder / "pack.toml", "pack")
    return PackEntry(
        meta["name"],
        meta["version"],
        Text(meta["title"]["zh"], meta["title"]["en"]),
        meta["disease"],
        meta["edition"],
        meta["effective_from"],
        meta.get("effective_until"),
        folder,
    )


def load_pack(name: str, version: str | None = None, extra_folders: Iterable[str | Path] = ()) -> Pack:
    """Return a pack, checked whole.

    Parameters
    ----------
    name : str — ``cn-2022-06``
    version : str or None — the latest when ``None``
    extra_folders : folders of an operator's own packs, searched first

    Raises
    ------
    PolicyError — ``policy.unknown_pack``, ``policy.unknown_version`` list what exists; ``policy.bad_value``
        names pack, file and path

    >>> load_pack("cn-2022-06").edition
    '9'
    """
    folders = tuple(Path(folder) for folder in extra_folders)
    entries = list_packs(folders)
    named = [entry for entry in entries if entry.name == name]
    if not named:
        known = ", ".join(sorted({entry.name for entry in entries}))
        raise PolicyError(
            "policy.unknown_pack",
            f"There is no policy pack {name!r}; there are {known}.",
            "Choose one of these, or add the folder that holds it.",
            {"pack": name, "file": "", "path": ""},
        )
    fitting = [entry for entry in named if version in (None, entry.version)]
    if not fitting:
        known = ", ".join(sorted(entry.version for entry in named))
        raise PolicyError(
            "policy.unknown_version",
            f"Pack {name} has no version {version!r}; there are {known}.",
            "Choose one of these.",
            {"pack": name, "file": "pack.toml", "path": "version"},
        )
    newest = max(fitting, key=lambda entry: _version_key(entry.version))
    return _load_folder(newest.folder, tuple(search_folders(folders)), _stamp(newest.folder.parent))


def _version_key(version: str) -> tuple[tuple[int, str], ...]:
    return tuple((int(part) if part.isdigit() else -1, part) for part in version.split("."))


def _stamp(folder: Path) -> tuple[tuple[str, int], ...]:
    """Return names and change times, so that an edited pack is read again."""
    return tuple(
        sorted((str(file), file.stat().st_mtime_ns) for file in folder.glob("*/*") if file.is_file())
    )


@lru_cache(maxsize=32)
def _load_folder(folder: Path, folders: tuple[Path, ...], _stamp: object) -> Pack:
    meta = read_part(folder.name, folder / "pack.toml", "pack")
    if meta["name"] != folder.name and not folder.name.startswith(f"{meta['name']}@"):
        raise PolicyError(
            "policy.bad_value",
            f"Pack {folder.name}, pack.toml: name is {meta['name']!r}; allowed is the name of its folder.",
            f"Name the folder {meta['name']}, or {meta['name']}@VERSION beside another version.",
            {"pack": folder.name, "file": "pack.toml", "path": "name"},
        )
    files = {part: _part_file(folder, folders, meta, part) for part in PARTS}
    parts = {"pack": meta} | {part: read_part(folder.name, file, part) for part, file in files.items()}
    sources = [folder / "SOURCE.md", *(file.parent / "SOURCE.md" for file in files.values())]
    read = {file for file in sources if file.is_file()}
    keys = frozenset(key for file in read for key in _SOURCE_KEY.findall(file.read_text("utf-8")))
    digest = digest_files({folder / "pack.toml", *files.values(), *read})
    return build_pack(Draft(meta["name"], parts, keys, digest))


def _part_file(folder: Path, folders: tuple[Path, ...], meta: dict[str, Any], part: str) -> Path:
    """Return the file of a part: the pack's own, or the one it shares with another folder."""
    shared = meta.get("shared", {}).get(part)
    if shared is None or (folder / f"{part}.toml").is_file():
        return folder / f"{part}.toml"
    for place in (folder.parent, *folders):
        if (place / shared / f"{part}.toml").is_file():
            return place / shared / f"{part}.toml"
    raise PolicyError(
        "policy.missing_file",
        f"Pack {folder.name}, pack.toml: shared.{part} is {shared!r}, and no such folder has {part}.toml.",
        "Name a folder beside the pack or in a folder of packs.",
        {"pack": folder.name, "file": "pack.toml", "path": f"shared.{part}"},
    )
