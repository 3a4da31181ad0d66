"""The tables "On public data" state what the functions compute; a figure that drifts fails its line."""

from __future__ import annotations

import pytest

from tests.docs.published import delays, peers, spread, tables, watching
from tests.docs.published.registry import HEAD, ROWS, table_of

MODULES = (delays, spread, tables, watching, peers)
PAGES = sorted({row.page for row in ROWS})


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.compute.__name__)
def test_the_page_states_what_is_computed(row):
    if not row.is_computable:
        pytest.skip(f"shared data set absent: {', '.join(row.needs)}")
    assert row.line() in table_of(row.page).splitlines()


@pytest.mark.parametrize("page", PAGES)
def test_the_table_has_these_rows_and_no_others(page):
    stated = table_of(page).strip().splitlines()
    assert stated[:2] == HEAD.splitlines()
    assert [line.split(" | ")[0][2:] for line in stated[2:]] == [row.what for row in ROWS if row.page == page]
