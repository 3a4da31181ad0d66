"""The clerk's screens: one result, a file with its mapping, results without a person."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.cast import Cast
from tests.server.labs.conftest import HEADER, NOBODY, VALID, line
from tests.server.world import World
from tongzhou.server.cases.models import Case
from tongzhou.server.kernel.jobs import claim_next, request_cancel, run
from tongzhou.server.kernel.models import Job
from tongzhou.server.labs.models import UnlinkedResult
from tongzhou.server.movement.ledger_door import get_ledger

pytestmark = pytest.mark.django_db(transaction=True)


def every(model: type) -> object:
    return model.objects.everything("test")


@pytest.fixture
def clerk(world: World, cast: Cast, client: Client) -> Client:
    client.force_login(cast.account("lab_clerk"))
    return client


def one_result(document: str, **changes: str) -> dict[str, str]:
    return {
        "laboratory": "SZ-CDC", "document": document, "name": "", "phone": "", "sample": "T1",
        "sampled_at": "2022-07-12T08:00", "resulted_at": "2022-07-12T11:00", "method": "nucleic_acid",
        "outcome": "positive", "key": "k1", **changes,
    }  # fmt: skip


def upload(clerk: Client, text: str) -> str:
    file = SimpleUploadedFile("results.csv", text.encode())
    return clerk.post("/labs/results/file/", {"laboratory": "SZ-CDC", "file": file}).url


def test_one_positive_opens_a_case_once(clerk: Client, world: World) -> None:
    for _ in range(2):
        assert clerk.post("/labs/results/new/", one_result(VALID["wang"])).status_code == 302
    assert every(Case).get().person == world.people["wang"]


def test_a_result_in_the_future_is_refused_with_its_reason(clerk: Client) -> None:
    answer = clerk.post("/labs/results/new/", one_result(VALID["wang"], resulted_at="2030-01-01T00:00"))
    assert answer.status_code == 422


def test_the_mapping_is_shown_before_anything_runs(clerk: Client) -> None:
    address = upload(clerk, HEADER + line("wang", "S1", "阳性"))
    assert "证件号码" in clerk.get(address).content.decode()
    assert not every(Job).exists()


def test_a_file_runs_in_the_background_and_gives_its_account(clerk: Client, world: World) -> None:
    address = upload(clerk, HEADER + line("wang", "S1", "阳性") + line("110105194912310021", "S2", "阴性"))
    chosen = {name: field.initial for name, field in clerk.get(address).context["form"].fields.items()}
    job_page = clerk.post(address, chosen).url
    assert clerk.get(job_page).status_code == 200
    run(claim_next())
    job = every(Job).get()
    assert (job.state, job.outcome["n_accepted"], job.outcome["n_rejected"]) == ("done", 1, 1)
    assert clerk.get(job_page).status_code == 200
    rejected = b"".join(clerk.get(f"{job_page}rejects/").streaming_content)
    assert "校验码错误" in rejected.decode()


def test_a_cancelled_file_leaves_nothing(clerk: Client) -> None:
    address = upload(clerk, HEADER + line("wang", "S1", "阳性"))
    chosen = {name: field.initial for name, field in clerk.get(address).context["form"].fields.items()}
    clerk.post(address, chosen)
    job = claim_next()
    request_cancel(job)
    run(job)
    assert every(Job).get().state == "cancelled"
    assert get_ledger().select("results").is_empty()


def test_an_unlinked_result_is_linked_after_an_exact_search(clerk: Client, world: World) -> None:
    clerk.post("/labs/results/new/", one_result(NOBODY))
    item = every(UnlinkedResult).get()
    assert NOBODY not in clerk.get("/labs/unlinked/").content.decode()
    found = clerk.post(f"/labs/unlinked/{item.id}/", {"text": VALID["li"]}).content.decode()
    assert VALID["li"] not in found
    clerk.post(f"/labs/unlinked/{item.id}/link/", {"person": str(world.people["li"].id)})
    assert every(Case).get().person == world.people["li"]


def test_others_see_none_of_it(world: World, cast: Cast, client: Client) -> None:
    client.force_login(cast.account("grid_worker"))
    for path in ("/labs/results/new/", "/labs/results/file/", "/labs/unlinked/"):
        assert client.get(path).status_code == 403


def test_an_upload_belongs_to_who_sent_it(clerk: Client, cast: Cast, settings: object) -> None:
    address = upload(clerk, HEADER + line("wang", "S1", "阳性"))
    assert list((Path(settings.HOME) / "uploads").iterdir())
    clerk.force_login(cast.account("other_investigator"))
    assert clerk.get(address).status_code in (403, 404, 422)
