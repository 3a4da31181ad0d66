"""The picker of areas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.cast import Cast

pytestmark = pytest.mark.django_db


def test_the_picker_reads_the_paths_of_all_areas_at_once(
    cast: Cast, django_assert_num_queries: Callable[[int], Any]
) -> None:
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(cast.account("analyst"), backend="django.contrib.auth.backends.ModelBackend")
    client.get("/areas/?q=440305")
    with django_assert_num_queries(7):
        items = client.get("/areas/?q=44").json()["items"]
    paths = {item["code"]: item["path"] for item in items}
    assert len(paths) == 12
    assert paths["44"] == ""
    assert paths["440305007"] == "Guangdong / Shenzhen / Nanshan"
