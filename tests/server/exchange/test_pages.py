"""The import screen: mapping first, then try or run in the background, then the account."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.cast import Cast
from tongzhou.server.cases.models import ReportedCount
from tongzhou.server.exchange.models import ImportRun
from tongzhou.server.kernel.jobs import claim_next, run

pytestmark = pytest.mark.django_db(transaction=True)
COUNTS = (
    "province,city,prov_confirmed,city_confirmed,update_time\n"
    "广东省,深圳,5,3,2020-02-01 13:00:00\n广东省,广州,5,x,2020-02-01 13:00:00\n"
)


def every(model: type) -> object:
    return model.objects.everything("test")


@pytest.fixture
def officer(cast: Cast, client: Client) -> Client:
    client.force_login(cast.account("province_officer"))
    return client


def choose(client: Client, text: str = COUNTS, kind: str = "city-daily") -> str:
    given = {"kind": kind, "files": SimpleUploadedFile("counts.csv", text.encode())}
    return client.post("/imports/", given).url


def test_an_import_is_shown_tried_and_run(officer: Client) -> None:
    address = choose(officer)
    shown = officer.get(address).content.decode()
    assert "update_time" in shown
    for button, is_kept in (("try", False), ("run", True)):
        job_page = officer.post(address, {button: "1"}).url
        run(claim_next())
        assert "counts.csv" in officer.get(job_page).content.decode()
        assert every(ReportedCount).exists() is is_kept


def test_the_account_and_the_rejected_rows_stay(officer: Client) -> None:
    officer.post(choose(officer), {"run": "1"})
    run(claim_next())
    account = every(ImportRun).get()
    assert officer.get("/imports/").status_code == 200
    assert officer.get(f"/imports/{account.id}/").status_code == 200
    text = b"".join(officer.get(f"/imports/{account.id}/rejects/").streaming_content).decode("utf-8-sig")
    assert "不是整数" in text


def test_wrong_columns_are_told_before_anything_runs(officer: Client) -> None:
    answer = officer.get(choose(officer, "a,b\n1,2\n"))
    assert answer.status_code == 422
    assert "a, b" in answer.content.decode()


def test_others_do_not_import(cast: Cast, client: Client) -> None:
    client.force_login(cast.account("grid_worker"))
    assert client.get("/imports/").status_code == 403
