"""Uploaded files: streamed into ``uploads/`` of the home folder under a number, never under their own name.

They hold names and documents in plain: they go when they are old, as do files of rejected rows.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings

from tongzhou.core.errors import InputError
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.models import Job, JobState

_SUFFIX = re.compile(r"(\.[A-Za-z0-9]{1,8}(?:\.gz)?)$")


@dataclass(frozen=True, slots=True)
class Upload:
    """A stored file: its place, the name it came with, its SHA-256."""

    path: Path
    name: str
    digest: str

    def as_options(self) -> dict[str, str]:
        """Return it as a job keeps it."""
        return {"path": self.path.name, "name": self.name, "digest": self.digest}

    @property
    def token(self) -> str:
        """What an address names the file by: a random number."""
        return self.path.name.split(".")[0]


def upload_folder() -> Path:
    """Return the folder of uploads, made on first use."""
    folder = Path(settings.HOME) / "uploads"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def store_upload(name: str, chunks: Iterable[bytes], account_id: str) -> Upload:
    """Write a file chunk by chunk.

    Raises
    ------
    InputError : ``upload.too_large``, ``upload.empty``
    """
    found = _SUFFIX.search(name)
    path = upload_folder() / f"{uuid4().hex}{found[1].lower() if found else ''}"
    digest, n_bytes = hashlib.sha256(), 0
    with path.open("wb") as file:
        for chunk in chunks:
            n_bytes += len(chunk)
            if n_bytes > settings.MAX_UPLOAD_BYTES:
                path.unlink()
                raise InputError("upload.too_large", "The file is too large.", "Split it, or send it as .gz.")
            digest.update(chunk)
            file.write(chunk)
    if not n_bytes:
        path.unlink()
        raise InputError("upload.empty", "The file is empty.", "Send the file with its header and rows.")
    stored = Upload(path, Path(name).name[:200], digest.hexdigest())
    note = path.parent / f"{stored.token}.note.json"
    note.write_text(json.dumps({**stored.as_options(), "account": account_id}))
    return stored


def upload_of(options: dict[str, Any]) -> Upload:
    """Return the upload a job names."""
    path = upload_folder() / Path(str(options["path"])).name
    if not path.is_file():
        raise InputError("upload.gone", "The uploaded file is no longer there.", "Upload it again.")
    return Upload(path, options["name"], options["digest"])


def upload_by_token(token: str, account_id: str) -> Upload:
    """Return the upload an address names, to who uploaded it; raises InputError otherwise."""
    note = upload_folder() / f"{Path(token).name}.note.json"
    told = json.loads(note.read_text()) if note.is_file() else {}
    if told.get("account") != account_id:
        raise InputError("upload.unknown", "This upload is not known.", "Upload the file again.")
    return upload_of(told)


def sweep_files() -> int:
    """Delete uploads and files of rejected rows that are past their time; return how many went.

    An upload stays while a job that waits or runs may read it.
    """
    home = Path(settings.HOME)
    old = _older(home / "uploads", timedelta(hours=settings.UPLOADS_KEPT_HOURS))
    if old:
        waiting = Job.objects.everything("files that jobs read").filter(
            state__in=(JobState.QUEUED, JobState.RUNNING)
        )
        named = json.dumps(list(waiting.values_list("options", flat=True)))
        old = [path for path in old if path.name.split(".")[0] not in named]
    old += _older(home / "rejects", timedelta(days=settings.REJECTS_KEPT_DAYS))
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _older(folder: Path, age: timedelta) -> list[Path]:
    limit = (clock.now() - age).timestamp()
    return [path for path in folder.glob("*") if path.is_file() and path.stat().st_mtime < limit]
