"""Many records written at once are what ``save`` would have written."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tongzhou.server.kernel.bulk import insert_rows, write_changes
from tongzhou.server.people.models import Merge, Person

pytestmark = pytest.mark.django_db


def persons() -> list[Person]:
    names = ("李一", "王二", "")
    people = [Person(id=n, area_code="4403", name=name, phone="100") for n, name in enumerate(names, 1)]
    insert_rows(people)
    return people


def test_rows_are_read_back_as_they_were_given() -> None:
    persons()
    found = Person.objects.everything("test").order_by("id")
    assert [(person.id, person.name, person.phone) for person in found] == [
        (1, "李一", "100"),
        (2, "王二", "100"),
        (3, "", "100"),
    ]
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM people_person WHERE id = 1")
        assert "李" not in cursor.fetchone()[0]


def test_links_and_documents_pass_through_their_fields() -> None:
    kept, merged, _ = persons()
    insert_rows([Merge(area_code="4403", kept=kept, merged=merged, evidence={"why": ["同名"]})])
    found = Merge.objects.everything("test").get()
    assert (found.kept, found.merged, found.evidence) == (kept, merged, {"why": ["同名"]})


def test_only_the_named_fields_change_and_in_one_statement() -> None:
    people = persons()
    for person in people:
        person.name, person.sex = f"{person.id}号", "female"
    with CaptureQueriesContext(connection) as queries:
        write_changes(people, ["name"])
    assert len(queries) == 1
    assert {(p.name, p.sex) for p in Person.objects.everything("test")} == {
        (f"{n}号", "unknown") for n in (1, 2, 3)
    }


def test_a_row_whose_key_is_taken_is_left_out() -> None:
    first = Merge(area_code="4403", **dict(zip(("kept", "merged"), persons(), strict=False)))
    insert_rows([first])
    insert_rows([Merge(id=first.id, area_code="44", kept_id=1, merged_id=3)], ignore_conflicts=True)
    assert Merge.objects.everything("test").get().area_code == "4403"


def test_nothing_to_write_asks_nothing() -> None:
    with CaptureQueriesContext(connection) as queries:
        insert_rows([])
        write_changes([], ["name"])
    assert len(queries) == 0
