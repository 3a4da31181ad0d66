"""Printing: the same result for a person, or as JSON with `--json`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

import click

from tongzhou.core.errors import InputError

EXIT_DIFFERS = 1
REPEATED = {
    True: "repeated: equal bit for bit",
    False: "repeated: DIFFERS from the saved result",
}
F = TypeVar("F", bound=Callable[..., Any])


def json_option(function: F) -> F:
    """Add `--json`; the command receives it as `as_json`."""
    decorated: F = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")(function)
    return decorated


def print_result(result: Any, as_json: bool, as_text: Callable[[Any], str] = str) -> None:
    """Print a result: JSON (UTF-8, one document) when asked, else what `as_text` makes of it."""
    click.echo(
        json.dumps(result, ensure_ascii=False, indent=2, default=_plain) if as_json else as_text(result)
    )


def read_saved(path: Path) -> dict[str, Any]:
    """Read a saved question with its digests.

    Raises
    ------
    InputError
        ``output.no_question`` for a file that holds none
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        found = None
    if not isinstance(found, dict) or not isinstance(found.get("question"), dict):
        raise InputError(
            "output.no_question",
            f"{path.name} holds no question.",
            "Give a file that --save or the console wrote.",
        )
    return found


def check_writable(paths: Iterable[Path | None]) -> None:
    """Refuse files that cannot be written, before the work whose result they are to hold.

    Raises
    ------
    InputError
        ``output.not_written`` for the first whose folder is not there
    """
    for path in paths:
        if path is not None and (path.is_dir() or not path.absolute().parent.is_dir()):
            raise InputError(
                "output.not_written", f"{path} cannot be written.", "Give a file in a folder that is there."
            )


def write_text(path: Path, text: str) -> None:
    """Write a file that a command was asked for.

    Raises
    ------
    InputError
        ``output.not_written`` where it cannot be
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(
            "output.not_written", f"{path} cannot be written.", "Give a file in a folder that is there."
        ) from error


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
