"""Personal fields: encrypted at rest, bound to their column, found by blind index, readable after rotation."""

from __future__ import annotations

import pytest
from django.db import connection

from tongzhou.server.people.models import Person
from tongzhou.server.vault import crypto, keys
from tongzhou.server.vault.crypto import CannotDecrypt, blind_index, decrypt, encrypt


@pytest.mark.django_db
def test_the_database_holds_no_plain_name() -> None:
    person = Person.objects.create(area_code="4403", name="欧阳娜娜", phone="13800138000")
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, phone FROM people_person WHERE id = %s", [person.id])
        stored = cursor.fetchone()
    assert not {"欧阳娜娜", "13800138000"} & set(stored)
    assert Person.objects.everything("test").get(id=person.id).name == "欧阳娜娜"


def test_a_value_moved_to_another_column_does_not_open() -> None:
    with pytest.raises(CannotDecrypt):
        decrypt(encrypt("secret", "people.person.name"), "people.person.phone")


def test_an_altered_value_does_not_open() -> None:
    sealed = encrypt("secret", "x")
    with pytest.raises(CannotDecrypt):
        decrypt(sealed[:-6] + "AAAAAA", "x")


def test_equal_values_have_one_index_whatever_their_width_and_case() -> None:
    assert blind_index("4403０５199001０11２3x", "document") == blind_index("440305 19900101123X", "document")
    assert blind_index("", "document") == ""
    assert blind_index("a", "name") != blind_index("a", "phone")


def test_rotation_keeps_old_values_readable_and_new_ones_under_the_new_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old = encrypt("secret", "x")
    rotated = keys.parse_key_ring(keys.rotated_text(keys.key_ring()))
    monkeypatch.setattr(crypto, "key_ring", lambda: rotated)
    assert decrypt(old, "x") == "secret"
    assert encrypt("secret", "x").startswith(f"{rotated.current}:")
