"""Find and read the files of a pack, and check each against its schema. Knows no rule."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from tongzhou.core.errors import PolicyError, list_offenders

PARTS = ("contacts", "orders", "zones", "clocks", "prohibitions", "forms")
"""The files of a pack besides ``pack.toml``."""

SHIPPED_PACKS = Path(__file__).parent / "packs"
_SCHEMAS = Path(__file__).parent / "schemas"


def search_folders(extra_folders: Iterable[str | Path]) -> list[Path]:
    """Return the folders that hold packs, an operator's own first, so that they may replace a shipped one."""
    folders = [Path(folder) for folder in extra_folders]
    for folder in folders:
        if not folder.is_dir():
            raise PolicyError(
                "policy.no_folder",
                f"{folder} is not a folder of policy packs.",
                "Give a folder that holds one folder per pack.",
                {"pack": "", "file": str(folder), "path": ""},
            )
    return [*folders, SHIPPED_PACKS]


def pack_folders(folders: Sequence[Path]) -> Iterator[Path]:
    """Yield every folder that holds a ``pack.toml``, in the order of the search."""
    for folder in folders:
        for child in sorted(folder.iterdir()):
            if (child / "pack.toml").is_file():
                yield child


def read_part(pack: str, file: Path, part: str) -> dict[str, Any]:
    """Read one TOML file and check it against the schema of its part.

    Raises
    ------
    PolicyError — ``policy.missing_file``, ``policy.bad_toml`` or ``policy.bad_value``; every offender up to
        ten
    """
    where = {"pack": pack, "file": file.name, "path": ""}
    try:
        text = file.read_bytes().decode("utf-8")
        content: dict[str, Any] = tomllib.loads(text)
    except FileNotFoundError:
        raise PolicyError(
            "policy.missing_file",
            f"Pack {pack} has no {file.name}.",
            f"Write {file.name}, or name under [shared] in pack.toml the folder that has it.",
            where,
        ) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PolicyError(
            "policy.bad_toml", f"Pack {pack}, {file.name}: {error}.", "Write TOML in UTF-8.", where
        ) from None
    check_schema(pack, file.name, part, content)
    return content


def check_schema(pack: str, file: str, part: str, content: dict[str, Any]) -> None:
    """Raise a PolicyError that names every place where `content` breaks the schema of `part`."""
    errors = sorted(
        _validator(part).iter_errors(_plain(content)), key=lambda error: list(map(str, error.path))
    )
    if not errors:
        return
    paths = [_path(error) for error in errors]
    raise PolicyError(
        "policy.bad_value",
        f"Pack {pack}, {file}: " + list_offenders([_sentence(error) for error in errors]) + ".",
        f"The form of {part}.toml is described in docs/policy.md.",
        {"pack": pack, "file": file, "path": paths[0], "paths": paths},
    )


def digest_files(files: Iterable[Path]) -> str:
    """Return the SHA-256 over names and bytes of files, in the order of their names, as 64 hex digits."""
    seal = hashlib.sha256()
    for file in sorted(files, key=lambda item: (item.name, str(item))):
        seal.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return seal.hexdigest()


@cache
def _validator(part: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((_SCHEMAS / f"{part}.json").read_text("utf-8")))


def _plain(value: Any) -> Any:
    """Turn TOML days into the text that JSON Schema knows."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date | datetime) else value


def _path(error: ValidationError) -> str:
    path = "".join(f"[{item}]" if isinstance(item, int) else f".{item}" for item in error.absolute_path)
    return path.lstrip(".") or "(top)"


def _sentence(error: ValidationError) -> str:
    path, rule = _path(error), error.validator
    limit: Any = error.validator_value
    found: Any = error.instance
    if rule == "enum":
        return f"{path} is {found!r}; allowed are {', '.join(map(str, limit))}"
    if rule == "additionalProperties":
        schema: Any = error.schema
        known = schema.get("properties", {})
        unknown = sorted(set(found) - set(known))
        return f"{path} has unknown {', '.join(unknown)}; allowed are {', '.join(known)}"
    if rule == "required":
        missing = [name for name in limit if name not in found]
        return f"{path} lacks {', '.join(missing)}"
    if rule == "pattern":
        return f"{path} is {found!r}; allowed is text of the form {limit}"
    if rule == "type":
        return f"{path} is {found!r}; allowed is {limit}"
    return f"{path}: {error.message} (allowed: {rule} {limit})"
