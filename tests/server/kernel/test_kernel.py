"""Outbox, idempotency and jobs survive crashes without losing or doubling."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tongzhou.core.access import system_actor
from tongzhou.core.errors import Conflict
from tongzhou.server.kernel import clock, jobs, outbox
from tongzhou.server.kernel.idempotency import once
from tongzhou.server.kernel.models import Fact, Job, JobState

WORKER = system_actor("test")


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    got: list[int] = []
    monkeypatch.setattr(outbox, "_consumers", {"test.fact": [lambda fact: got.append(fact.id)]})
    return got


@pytest.mark.django_db(transaction=True)
def test_a_fact_is_delivered_once_after_commit(seen: list[int]) -> None:
    fact = outbox.publish("test.fact", "44", {})
    assert seen == [fact.id]
    assert outbox.sweep() == 0
    assert seen == [fact.id]


@pytest.mark.django_db(transaction=True)
def test_a_failing_consumer_is_tried_again_by_the_sweep(monkeypatch: pytest.MonkeyPatch, now: object) -> None:
    tries: list[int] = []

    def fails_once(fact: Fact) -> None:
        tries.append(fact.id)
        if len(tries) == 1:
            raise ValueError("broken")

    monkeypatch.setattr(outbox, "_consumers", {"test.fact": [fails_once]})
    outbox.publish("test.fact", "44", {})
    assert Fact.objects.get().delivered_at is None
    with clock.fixed(now + timedelta(minutes=5)):
        assert outbox.sweep() == 1
    assert len(tries) == 2


@pytest.mark.django_db
def test_a_retried_request_gets_its_first_answer() -> None:
    runs: list[int] = []

    def run() -> dict[str, int]:
        runs.append(1)
        return {"n": len(runs)}

    ask = {"account_id": "a", "action": "x", "request": {"v": 1}, "run": run}
    assert once("key-1", **ask) == once("key-1", **ask) == {"n": 1}
    with pytest.raises(Conflict):
        once("key-1", **{**ask, "request": {"v": 2}})


@pytest.mark.django_db
def test_a_job_of_a_dead_worker_resumes_from_its_checkpoint(
    monkeypatch: pytest.MonkeyPatch, now: object
) -> None:
    def runner(job: Job, report: jobs.Report) -> dict[str, int]:
        start = job.checkpoint.get("at", 0)
        report(start + 1, 3, "step", {"at": start + 1})
        if start == 0:
            raise SystemExit  # the process dies here
        return {"resumed_at": start}

    monkeypatch.setitem(jobs._runners, "count", runner)
    job = jobs.enqueue("count", WORKER)
    with pytest.raises(SystemExit):
        jobs.run(jobs.claim_next())
    assert jobs.claim_next() is None
    with clock.fixed(now + timedelta(minutes=2)):
        jobs.run(jobs.claim_next())
    job.refresh_from_db()
    assert (job.state, job.outcome) == (JobState.DONE, {"resumed_at": 1})


@pytest.mark.django_db
def test_a_cancelled_job_stops_at_its_next_step(monkeypatch: pytest.MonkeyPatch) -> None:
    def runner(job: Job, report: jobs.Report) -> dict[str, int]:
        jobs.request_cancel(job)
        report(1)
        return {}

    monkeypatch.setitem(jobs._runners, "long", runner)
    job = jobs.enqueue("long", WORKER)
    jobs.run(jobs.claim_next())
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
