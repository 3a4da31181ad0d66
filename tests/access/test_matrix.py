"""The access matrix: every role, where the record lies, every address. `matrix.toml` says who may what."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http.response import HttpResponseBase
from django.test import Client

from tests.access.subjects import RELATIONS, Subjects
from tests.access.walk import Address, addresses
from tests.answers import finish
from tongzhou.server.access.rules import ROLES

pytestmark = pytest.mark.django_db

MATRIX = tomllib.loads(Path(__file__).with_name("matrix.toml").read_text(encoding="utf-8"))
GROUPS = MATRIX.pop("roles")
PAGES = {
    f"{space}:{name}".lstrip(":"): page for space, pages in MATRIX.items() for name, page in pages.items()
}
IN_REACH = ("own", "below")
BACKEND = "django.contrib.auth.backends.ModelBackend"


def roles_of(page: dict[str, Any], what: str) -> list[str]:
    """Return the roles that see or do a page."""
    named = page.get(what) or page.get("see", [])
    return GROUPS[named] if isinstance(named, str) else named


def expected(page: dict[str, Any], role: str, relation: str, method: str) -> str:
    """Return ``open``, ``refused`` (403), ``absent`` (404), ``closed`` (either) or ``wrong method``."""
    about = page["about"]
    if method == "get" and page.get("post"):
        return "wrong method"
    if about in ("signed_in", "public"):
        return "open"
    if about == "nobody":
        return "closed"
    is_self = (role, relation) == ("resident", "own")
    if about == "self":
        return "open" if is_self else "absent"
    sees, does = role in roles_of(page, "see"), role in roles_of(page, "do")
    if about == "list":
        return "open" if sees else "refused"
    if about == "area":
        return "open" if sees and relation in IN_REACH else "refused"
    needs_do = method == "post" or page.get("write")
    if page.get("self") == "get" and is_self and method == "post":
        return "absent"
    if page.get("self") and is_self:
        return "refused" if needs_do else "open"
    if page.get("gate") and not sees:
        return "refused"
    if not sees or relation not in IN_REACH:
        return "absent"
    return "refused" if needs_do and not does else "open"


def seen(response: HttpResponseBase) -> str:
    """Return what an answer amounts to."""
    status = response.status_code
    if status == 302 and response.headers["Location"].startswith(("/login/", "/second-factor/")):
        return "sign in"
    named = {401: "sign in", 403: "refused", 404: "absent", 405: "wrong method"}
    return named.get(status, "open" if status < 400 or status in (409, 422) else f"status {status}")


def send(client: Client, address: Address, page: dict[str, Any], values: dict[str, Any], method: str) -> str:
    """Send one request to an address and return what the answer amounts to; what it did is undone."""
    own = {name: value.format(**values) for name, value in page.get("arguments", {}).items()}
    fields: Any = {name: value.format(**values) for name, value in page.get("data", {}).items()}
    more: dict[str, Any] = {}
    if "file" in page:
        fields["file"] = SimpleUploadedFile("results.csv", page["file"].encode())
    if "json" in page:
        fields = {name: value.format(**values) for name, value in page["json"].items()}
        more = {"content_type": "application/json"}
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    if method == "get":
        fields, more = page.get("get", {}), {}
    before = transaction.savepoint()
    response = getattr(client, method)(address.fill({**values, **own}), fields, **more)
    finish(response)
    transaction.savepoint_rollback(before)
    client.cookies.load(cookies)
    return seen(response)


def known() -> list[Address]:
    return [
        address for address in addresses() if PAGES.get(address.name, {}).get("about", "nowhere") != "nowhere"
    ]


def questions(page: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield role and relation: all relations where a role has a right, else the widest, which covers them."""
    for role in ROLES:
        has_right = role in roles_of(page, "see") or role == "resident"
        is_narrow = page["about"] in ("record", "area", "self") and has_right
        for relation in RELATIONS if is_narrow else ("below",):
            yield role, relation


def methods_of(page: dict[str, Any]) -> list[str]:
    if page.get("post"):
        return ["post"]
    return ["get", "post"] if page.get("write") or "do" in page else ["get"]


def test_every_address_is_in_the_matrix_and_nothing_else() -> None:
    found = {address.name for address in addresses()}
    assert found - set(PAGES) == set(), "addresses without a line in tests/access/matrix.toml"
    assert set(PAGES) - found == set(), "lines of tests/access/matrix.toml without an address"


@pytest.mark.parametrize("address", known(), ids=lambda address: address.name)
def test_each_role_reaches_what_the_matrix_says(address: Address, subjects: Subjects) -> None:
    page = PAGES[address.name]
    wrong = []
    for role, relation in questions(page):
        client = subjects.client(role, relation)
        for method in methods_of(page):
            should, found = (
                expected(page, role, relation, method),
                send(client, address, page, subjects.arguments, method),
            )
            if found != should and not (should == "closed" and found in ("refused", "absent")):
                wrong.append(f"{method} as {role}, {relation}: {found}, should be {should}")
    assert not wrong


@pytest.mark.parametrize("address", known(), ids=lambda address: address.name)
def test_a_stranger_reaches_only_public_pages(address: Address, subjects: Subjects) -> None:
    page = PAGES[address.name]
    method = "post" if page.get("post") else "get"
    should = "open" if page["about"] == "public" else "sign in"
    assert send(Client(), address, page, subjects.arguments, method) == should


@pytest.mark.parametrize("address", known(), ids=lambda address: address.name)
def test_a_post_without_the_token_is_refused(address: Address, subjects: Subjects) -> None:
    page = PAGES[address.name]
    account = subjects.accounts["investigator", "below"]
    client = Client(enforce_csrf_checks=True)
    client.force_login(account, backend=BACKEND)
    assert send(client, address, page, subjects.arguments, "post") in ("refused", "wrong method")


def without_marks(response: HttpResponseBase, path: str) -> str:
    """Return a page without its own address and the token that differs with every page."""
    text = response.content.decode().replace(path, "")
    return re.sub(r"""(csrf[^>]*?(?:content|value)=)["'][^"']*["']""", r"\1", text)


RECORDS = [a for a in known() if PAGES[a.name]["about"] == "record" and not PAGES[a.name].get("post")]


@pytest.mark.parametrize("address", RECORDS, ids=lambda address: address.name)
def test_absent_and_forbidden_look_alike(address: Address, subjects: Subjects) -> None:
    role = roles_of(PAGES[address.name], "see")[0]
    client = subjects.client(role, "beside")
    asked = [address.fill(values) for values in (subjects.arguments, subjects.arguments | subjects.absent)]
    there, nowhere = (client.get(path) for path in asked)
    assert (there.status_code, nowhere.status_code) == (404, 404)
    assert without_marks(there, asked[0]) == without_marks(nowhere, asked[1])
