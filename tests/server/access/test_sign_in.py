"""Signing in: five wrong passwords lock a name for a while; a second factor is enrolled once and then asked for."""

from __future__ import annotations

import pytest
from django.test import Client
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from tests.cast import PASSWORD, Cast

pytestmark = pytest.mark.django_db
LIMIT = 5


def sign_in(client: Client, name: str, password: str = PASSWORD) -> int:
    return client.post("/login/", {"username": name, "password": password}).status_code


def code_of(device: TOTPDevice) -> str:
    return f"{totp(device.bin_key):06d}"


def test_a_name_is_locked_after_wrong_passwords_and_others_are_not(cast: Cast, settings: object) -> None:
    client = Client()
    answers = [sign_in(client, "lab_clerk", "wrong") for _ in range(LIMIT)]
    assert answers == [*[422] * (LIMIT - 1), 429]
    assert sign_in(client, "lab_clerk") == 429
    assert sign_in(client, "investigator") == 302


def test_a_lock_ends_by_itself(cast: Cast, settings: object) -> None:
    client = Client()
    for _ in range(LIMIT):
        sign_in(client, "lab_clerk", "wrong")
    settings.AXES_COOLOFF_TIME = 1e-9
    assert sign_in(client, "lab_clerk") == 302


def test_a_right_password_clears_the_wrong_ones_before_it(cast: Cast) -> None:
    client = Client()
    for password in ["wrong"] * (LIMIT - 1) + [PASSWORD] + ["wrong"] * (LIMIT - 1):
        sign_in(client, "lab_clerk", password)
    assert sign_in(client, "lab_clerk") == 302


def test_nothing_opens_before_the_second_factor_where_it_is_required(cast: Cast, settings: object) -> None:
    settings.REQUIRE_SECOND_FACTOR = True
    client = Client()
    client.force_login(cast.account("investigator"))
    assert client.get("/cases/").status_code == 302
    assert client.get("/second-factor/").status_code == 200
    device = TOTPDevice.objects.get(user=cast.account("investigator"))
    assert not device.confirmed
    wrong = f"{(int(code_of(device)) + 1) % 1_000_000:06d}"
    assert client.post("/second-factor/", {"token": wrong}).status_code == 422
    assert client.get("/cases/").status_code == 302
    TOTPDevice.objects.update(throttling_failure_timestamp=None, throttling_failure_count=0)
    assert client.post("/second-factor/", {"token": code_of(device)}).status_code == 302
    assert client.get("/cases/").status_code == 200
    assert TOTPDevice.objects.get(user=cast.account("investigator")).confirmed


def test_a_code_counts_once_and_a_picture_of_the_key_is_shown_once(cast: Cast, settings: object) -> None:
    settings.REQUIRE_SECOND_FACTOR = True
    account = cast.account("investigator")
    device = TOTPDevice.objects.create(user=account, name="totp", confirmed=True)
    code = code_of(device)
    first, second = Client(), Client()
    for client in (first, second):
        client.force_login(account)
        assert "base64" not in client.get("/second-factor/").content.decode()
    assert first.post("/second-factor/", {"token": code}).status_code == 302
    assert second.post("/second-factor/", {"token": code}).status_code == 422


def test_wrong_codes_slow_down_the_next_try(cast: Cast, settings: object) -> None:
    account = cast.account("investigator")
    device = TOTPDevice.objects.create(user=account, name="totp", confirmed=True)
    client = Client()
    client.force_login(account)
    wrong = f"{(int(code_of(device)) + 1) % 1_000_000:06d}"
    client.post("/second-factor/", {"token": wrong})
    assert client.post("/second-factor/", {"token": code_of(device)}).status_code == 422
