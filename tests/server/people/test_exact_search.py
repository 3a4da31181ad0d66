"""A result finds its person by an index, however many are registered."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tongzhou.server.people.queries import find_by_document

pytestmark = pytest.mark.django_db


def plan_of(queries: CaptureQueriesContext) -> str:
    """Return how the database carries out the last query that was made."""
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN QUERY PLAN " + queries[-1]["sql"])
        return "\n".join(row[3] for row in cursor.fetchall())


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL reads a table of few rows in whole")
def test_a_result_finds_its_person_by_an_index(areas: None) -> None:
    with CaptureQueriesContext(connection) as queries:
        find_by_document("440305199001011234")
        assert "person_document" in plan_of(queries)
