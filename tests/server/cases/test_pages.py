"""The pages of cases: what they show, to whom, in how many queries."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.server.cases.conftest import SignIn
from tongzhou.server.cases.models import Case

pytestmark = pytest.mark.django_db(transaction=True)

TABS = ["case", "exposures", "orders", "links", "report", "log"]
PAGES = [*TABS, "pane", "correct", "add_exposure", "add_link"]


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_each_page_of_a_case_opens_for_its_investigator(
    name: str, language: str, case: Case, sign_in: SignIn
) -> None:
    answer = sign_in("investigator", language).get(reverse(f"cases:{name}", args=[case.id]))
    assert answer.status_code == 200
    assert case.number in answer.text or name.startswith("add")


@pytest.mark.parametrize("name", [*PAGES, "itinerary"])
@pytest.mark.parametrize("who", ["other_investigator", "grid_worker", "lab_clerk", "resident"])
def test_a_case_beyond_the_scope_looks_absent(name: str, who: str, case: Case, sign_in: SignIn) -> None:
    assert sign_in(who).get(reverse(f"cases:{name}", args=[case.id])).status_code == 404


def test_the_list_shows_cases_of_ones_areas_only(case: Case, sign_in: SignIn) -> None:
    assert case.number in sign_in("investigator").get("/cases/").text
    assert case.number not in sign_in("other_investigator").get("/cases/").text


def test_names_are_masked_everywhere(case: Case, sign_in: SignIn) -> None:
    client = sign_in("investigator")
    for name in [*TABS, "pane"]:
        text = client.get(reverse(f"cases:{name}", args=[case.id])).text
        assert not any(person in text for person in (">wang", ">zhao", ">qian", "11010519491231002X"))


def open_client() -> Client:
    return Client()


def test_nobody_sees_a_case_without_signing_in(case: Case) -> None:
    answer = open_client().get(reverse("cases:case", args=[case.id]))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("access:login"))
