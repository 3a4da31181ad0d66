"""Bytes of a file, plain or gzip: checked line by line for length and encoding while they stream, never whole.

Owns encoding detection (UTF-8 with or without mark, then GB18030) and the refusal of over-long lines.
"""

from __future__ import annotations

import codecs
import gzip
import io
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tongzhou.core.errors import InputError

CHUNK = 4 << 20
ENCODINGS = ("utf-8", "gb18030")
GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """Bounds of one reading; all configurable.

    max_line_bytes : int, bytes — a longer line is refused as soon as it is noticed
    max_expanded_bytes : int, bytes — size after decompression
    batch_rows : int — rows handed on at a time
    """

    max_line_bytes: int = 1 << 20
    max_expanded_bytes: int = 16 << 30
    batch_rows: int = 131_072


Source = Path | bytes


def is_gzip(source: Source) -> bool:
    """Tell whether the bytes start like gzip."""
    return read_head(source, 2) == GZIP_MAGIC


def read_head(source: Source, n: int) -> bytes:
    """Return the first `n` raw bytes."""
    if isinstance(source, bytes):
        return source[:n]
    with source.open("rb") as stream:
        return stream.read(n)


@contextmanager
def open_bytes(source: Source) -> Iterator[IO[bytes]]:
    """Open a path or bytes for reading, decompressing gzip on the way."""
    raw: IO[bytes] = io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")
    with raw:
        if is_gzip(source):
            with gzip.open(raw) as inner:
                yield inner  # type: ignore[misc]
        else:
            yield raw


def iterate_chunks(stream: IO[bytes], limits: ReadLimits, name: str) -> Iterator[bytes]:
    """Yield chunks of a stream; broken compression and expanded size end in an error that says so."""
    total = 0
    while True:
        try:
            chunk = stream.read(CHUNK)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise InputError(
                "file.broken_gzip",
                f"{name} is not a whole gzip file ({error}).",
                "It was probably cut during the transfer: send it again.",
            ) from None
        if not chunk:
            return
        total += len(chunk)
        if total > limits.max_expanded_bytes:
            raise InputError(
                "file.too_large",
                f"{name} expands to more than {limits.max_expanded_bytes:,} bytes.",
                "Split the file, or raise the limit max_expanded_bytes.",
            )
        yield chunk


def check_line_lengths(chunks: Iterator[bytes], limits: ReadLimits, name: str) -> Iterator[bytes]:
    """Pass chunks on; refuse at the first line longer than the limit, with its number."""
    open_length = n_lines = 0
    for chunk in chunks:
        start = 0
        # only a chunk whose newlines stand too far apart is walked line by line
        while (end := chunk.find(b"\n", start)) >= 0:
            if end - start + open_length > limits.max_line_bytes:
                raise _line_too_long(n_lines + 1, limits, name)
            far = chunk.rfind(b"\n", end, end + limits.max_line_bytes + 1)
            n_lines += chunk.count(b"\n", end, far + 1)
            start, open_length = far + 1, 0
        open_length += len(chunk) - start
        if open_length > limits.max_line_bytes:
            raise _line_too_long(n_lines + 1, limits, name)
        yield chunk


def _line_too_long(line: int, limits: ReadLimits, name: str) -> InputError:
    return InputError(
        "file.line_too_long",
        f"Line {line} of {name} is longer than {limits.max_line_bytes:,} bytes.",
        "Check the line ends of the file, or raise the limit max_line_bytes.",
        {"line": line},
    )


def detect_encoding(source: Source, limits: ReadLimits, name: str) -> str:
    """Return the first of UTF-8 and GB18030 that decodes every byte; lines are checked on the way.

    Raises
    ------
    InputError : ``file.encoding`` (names what was tried and where each failed), ``file.line_too_long``,
        ``file.broken_gzip``, ``file.binary`` (NUL bytes), ``file.empty``
    """
    failures = []
    for encoding in ENCODINGS:
        problem = _first_undecodable(source, encoding, limits, name)
        if problem is None:
            return encoding
        failures.append(f"{encoding} fails at byte {problem:,}")
    raise InputError(
        "file.encoding",
        f"{name} is neither UTF-8 nor GB18030: {'; '.join(failures)}.",
        "Save the file as UTF-8 and send it again.",
        {"tried": list(ENCODINGS)},
    )


def _first_undecodable(source: Source, encoding: str, limits: ReadLimits, name: str) -> int | None:
    decoder = codecs.getincrementaldecoder(encoding)()
    seen = 0
    with open_bytes(source) as stream:
        for chunk in check_line_lengths(iterate_chunks(stream, limits, name), limits, name):
            if b"\0" in chunk:
                raise InputError(
                    "file.binary",
                    f"{name} holds NUL bytes: it is not a text file.",
                    "Send CSV, NDJSON, XLSX or Parquet; a text file must be UTF-8 or GB18030.",
                )
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                return seen + error.start
            seen += len(chunk)
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return seen
    if seen == 0:
        raise InputError("file.empty", f"{name} is empty.", "Send the file with its header and rows.")
    return None


@contextmanager
def as_utf8_file(source: Source, encoding: str, limits: ReadLimits, name: str) -> Iterator[IO[bytes]]:
    """Give the text as a stream of UTF-8 without mark; other encodings pass through a temporary file."""
    if encoding == "utf-8":
        with open_bytes(source) as stream:
            if stream.read(3) != codecs.BOM_UTF8:
                stream.seek(0)
            yield stream
        return
    decoder = codecs.getincrementaldecoder(encoding)()
    with tempfile.TemporaryFile() as copy, open_bytes(source) as stream:
        for chunk in iterate_chunks(stream, limits, name):
            copy.write(decoder.decode(chunk).encode())
        copy.write(decoder.decode(b"", final=True).encode())
        copy.seek(0)
        yield copy


@contextmanager
def as_plain_path(source: Source, limits: ReadLimits, name: str, suffix: str) -> Iterator[Path]:
    """Give the decompressed bytes as a path, for readers that need to seek."""
    if isinstance(source, Path) and not is_gzip(source):
        yield source
        return
    with tempfile.NamedTemporaryFile(suffix=suffix) as copy, open_bytes(source) as stream:
        for chunk in iterate_chunks(stream, limits, name):
            copy.write(chunk)
        copy.flush()
        yield Path(copy.name)
