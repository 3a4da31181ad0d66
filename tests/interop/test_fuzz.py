"""Readers on random bytes: a table, or an InputError; never anything else."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.interop.test_tabular import as_bytes
from tongzhou.core.errors import InputError
from tongzhou.interop.tabular import open_table


def read_or_refuse(content: bytes, name: str) -> None:
    hint = "none needed"
    try:
        open_table(content, name=name).read_all()
    except InputError as error:
        hint = error.hint
    assert hint


@given(st.binary(max_size=300), st.sampled_from(["x.csv", "x.tsv", "x.ndjson", "x.parquet", "x.xlsx", "x"]))
@example(b'"', "x.csv")
@example(b'a,"b\nc"\n1,2\n', "x.csv")
@example(b"\xef\xbb\xbf", "x.csv")
@example(b'{"a":1e999}\n', "x.ndjson")
def test_random_bytes_never_break_a_reader(content, name):
    read_or_refuse(content, name)
    read_or_refuse(gzip.compress(content), f"{name}.gz")


@given(st.text(alphabet='ab,"\n\r 中\t{}:1', max_size=120), st.sampled_from(["x.csv", "x.ndjson"]))
def test_random_text_never_breaks_a_reader(text, name):
    read_or_refuse(text.encode(), name)


@pytest.mark.parametrize("file_format", ["xlsx", "parquet"])
@settings(max_examples=60)
@given(cut=st.integers(0, 4000), flip=st.integers(0, 4000))
def test_damaged_file_never_breaks_a_reader(file_format, cut, flip):
    content = bytearray(as_bytes(file_format))
    content[flip % len(content)] ^= 0xFF
    read_or_refuse(bytes(content), f"x.{file_format}")
    read_or_refuse(bytes(content[: cut % len(content)]), f"x.{file_format}")
