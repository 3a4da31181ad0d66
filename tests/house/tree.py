"""The files of the project, as the house tests read them."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = {".png", ".jpg", ".ico", ".woff2", ".parquet", ".gz", ".xlsx", ".pdf", ".zip", ".svgz", ".npz"}


@cache
def files() -> tuple[Path, ...]:
    """Return the files under version control, and new ones that are not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    return tuple(path for name in sorted(set(listed.split("\0"))) if name and (path := ROOT / name).is_file())


@cache
def texts() -> dict[str, str]:
    """Return the text files by their path in the tree."""
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8", errors="replace")
        for path in files()
        if path.suffix not in BINARY
    }
