"""The processes that are killed, and those that build and count: ``python -m bench.kill.steps MODE ...``.

`build DUTIES ORDERS`; `act [dies]` closes the day and confirms every draft, as a browser asks for it, and with
`dies` kills itself after the first commit, before the fact of it is delivered; `work` takes the worker's steps,
background jobs aside; `finish` does both and says what stands. ``ready`` is printed where the work begins.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import time

from bench.kill.scene import COUNTY, NOON, PICKED, YESTERDAY, build

PICK = 500
"""Orders that one request confirms."""


def act(dies: str = "") -> float:
    """Ask for the close and for the confirmations, again with the same keys; return when the asking began."""
    from django.conf import settings
    from django.test import Client

    from tongzhou.server.access.models import Account
    from tongzhou.server.kernel import outbox

    logging.getLogger("django.request").setLevel(logging.ERROR)
    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client(raise_request_exception=False)
    officer = Account.objects.get(username="officer")
    client.force_login(officer, backend="django.contrib.auth.backends.ModelBackend")
    ids = json.loads((settings.HOME / PICKED).read_text(encoding="utf-8"))
    client.get("/duties/close/")  # loads code, as in a running server
    if dies:
        outbox.deliver = lambda fact_id: os.kill(os.getpid(), signal.SIGKILL)
    print("ready", flush=True)
    began = time.perf_counter()
    _close(client)
    for start in range(0, len(ids), PICK):
        key = {"Idempotency-Key": f"bench-{start}"}
        answer = client.post("/measures/orders/confirm/", {"id": ids[start : start + PICK]}, headers=key)
        if answer.status_code != 200:
            raise RuntimeError(
                f"The confirmation was answered with {answer.status_code}: {answer.content[:500]}"
            )
    return began


def _close(client: object) -> None:
    """Close yesterday; 409 says that it is closed already."""
    from tongzhou.server.duties.closing import unsettled_on
    from tongzhou.server.duties.screens import group_key

    day = YESTERDAY.date()
    reasons = {f"why-{group_key(duty)}": "nobody was on duty" for duty in unsettled_on(COUNTY, day)}
    answer = client.post("/duties/close/", {"area": COUNTY, "day": day.isoformat(), **reasons})
    if answer.status_code not in (302, 409):
        raise RuntimeError(f"The close was answered with {answer.status_code}.")


def work() -> None:
    """Take the worker's steps until nothing is left; the lease of a fact that a killed process had claimed is over."""
    from tongzhou.server.kernel.models import Fact
    from tongzhou.server.playbooks.worker import STEPS, refresh_runs

    Fact.objects.filter(delivered_at=None).update(retry_at=None)
    print("ready", flush=True)
    while sum(step() for step in STEPS if step is not refresh_runs):
        pass


def finish() -> None:
    """Ask for everything again with the same keys, let the worker finish, and print the account of every table."""
    from click.testing import CliRunner

    from bench.kill.account import account
    from tongzhou.cli.commands.audit import verify

    started = act()
    acted = time.perf_counter()
    work()
    ended = time.perf_counter()
    said = CliRunner().invoke(verify, ["--json"])
    figures = {"act_s": acted - started, "work_s": ended - acted, "is_intact": said.exit_code == 0}
    print(json.dumps({**figures, "tables": account()}))


def main(mode: str, *arguments: str) -> None:
    """Run one step with the clock held."""
    from tongzhou.cli.records import open_records

    open_records("the measurement")
    from tongzhou.server.kernel import clock

    if mode == "build":
        build(*map(int, arguments))
        return
    with clock.fixed(NOON):
        {"act": act, "work": work, "finish": finish}[mode](*arguments)


if __name__ == "__main__":
    main(*sys.argv[1:])
