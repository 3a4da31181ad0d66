"""How long it takes from the request with a positive result to drafted orders, on a given ledger.

Runs in a process and a home folder of its own; the ledger is read where it is and nothing is written to it. Two
cases run: the first loads code, as a running server has; the second is measured.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.machine import ROOT

if TYPE_CHECKING:
    import polars as pl
    from django.test import Client

AREA, LABORATORY, CLERK = "440305", "BENCH", "clerk"
WARM, MEASURED = 1, 2
"""Persons of the ledger who fall ill."""
REACH = timedelta(days=5)
"""How far back everybody around the index case is registered: more than any window of a pack."""


def end_to_end(ledger_folder: Path) -> float:
    """Return the seconds from the request with the positive result until the orders are drafted.

    Parameters
    ----------
    ledger_folder : an opened ledger's folder; its persons 1 and 2 have stays

    Raises
    ------
    RuntimeError : no order was drafted, or the process failed
    """
    home = Path(tempfile.mkdtemp(prefix="tongzhou-end-to-end-"))
    try:
        _lend(ledger_folder, home / "ledger")
        environment = {**os.environ, "TONGZHOU_HOME": str(home)}
        environment.pop("TONGZHOU_DATABASE_URL", None)
        words = [sys.executable, "-W", "ignore", "-m", "bench.trace.end_to_end"]
        done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"The measurement failed: {done.stderr[-2000:]}")
        return float(json.loads(done.stdout.splitlines()[-1])["seconds"])
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _lend(ledger: Path, folder: Path) -> None:
    """Let a new ledger folder show the tables of another; what is written goes to the new one."""
    folder.mkdir(parents=True)
    for child in ledger.iterdir():
        (folder / child.name).symlink_to(child.resolve(), target_is_directory=child.is_dir())


def run() -> dict[str, Any]:
    """Register who is around both persons, then post two results; return seconds and counts."""
    from tongzhou.cli.records import open_records

    open_records("the measurement")
    from django.conf import settings

    settings.ALLOWED_HOSTS = ["testserver"]
    now = _register_everybody()
    from tongzhou.server.kernel import clock

    with clock.fixed(now):
        client = _sign_in()
        _post(client, WARM, now)
        began = time.perf_counter()
        _post(client, MEASURED, now)
        n_drafts = _n_drafts(MEASURED)
        seconds = time.perf_counter() - began
    if not n_drafts:
        raise RuntimeError("The case drafted no order.")
    return {"seconds": seconds, "n_drafts": n_drafts}


def _stays(**bounds: Any) -> pl.DataFrame:
    from tongzhou.server.movement.ledger_door import get_ledger

    return get_ledger().select("stays", **bounds)


def _register_everybody() -> datetime:
    """Register the places of both persons and whoever was there; return the instant just after the last stay."""
    import polars as pl

    own = _stays(persons=[WARM, MEASURED])
    now = datetime.fromtimestamp(int(own["until_s"].max()), UTC) + timedelta(hours=2)
    since = int((now - REACH).timestamp())
    own = own.filter(pl.col("until_s") > since)
    met = _stays(places=own["place"].unique().to_list(), from_s=since, until_s=int(now.timestamp()))
    _register(own, sorted(set(met["person"].to_list()) | {WARM, MEASURED}))
    return now


def _register(own: pl.DataFrame, persons: list[int]) -> None:
    from tongzhou.core.access import system_actor
    from tongzhou.server.access.actions import create_account, grant_role
    from tongzhou.server.labs.actions import open_laboratory
    from tongzhou.server.people.bulk import Registers, register_many

    setup = system_actor("setup")
    register_many(setup, AREA, Registers(places=_places(own), persons=map(_person, persons)))
    open_laboratory(setup, AREA, LABORATORY, "测量实验室", "Laboratory of the measurement")
    grant_role(setup, create_account(setup, CLERK, "a-long-enough-password"), "lab_clerk", AREA)


def _places(own: pl.DataFrame) -> list[tuple[Any, ...]]:
    """Call the place where a person is longest their home, the next one their work, the others shops."""
    import polars as pl

    from tongzhou.core.exposures import Setting
    from tongzhou.server.people.bulk import recorded_now

    spent = own.group_by("person", "place").agg((pl.col("until_s") - pl.col("from_s")).sum().alias("spent"))
    settings: dict[int, Setting] = {}
    for _, rows in spent.sort("spent", descending=True).group_by("person"):
        for rank, place in enumerate(rows["place"].to_list()):
            kind = [Setting.HOUSEHOLD, Setting.WORK][rank] if rank < 2 else Setting.SHOP
            settings.setdefault(place, kind)
    now = recorded_now()
    return [
        (place, now, AREA, "", kind.value, f"场所{place}", f"Place {place}", None, None, "WGS-84", None)
        for place, kind in settings.items()
    ]


def _person(number: int) -> tuple[Any, ...]:
    from tongzhou.server.people.bulk import indexes_of, recorded_now, sealed

    name, document, phone = f"人{number}", _document(number), f"100{number:08d}"
    by_name, by_document, by_phone = indexes_of(name, document, phone)
    return (
        number, recorded_now(), AREA, None, sealed(name, "name"), by_name, sealed(document, "document"), by_document,
        sealed(phone, "phone"), by_phone, "", "unknown", None, "",
    )  # fmt: skip


def _document(number: int) -> str:
    return f"M{number:09d}"


def _sign_in() -> Client:
    from django.test import Client

    from tongzhou.server.access.models import Account, RoleGrant
    from tongzhou.server.kernel import clock

    RoleGrant.objects.update(since_at=clock.now() - timedelta(days=1))
    client = Client()
    client.force_login(
        Account.objects.get(username=CLERK), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


def _post(client: Client, person: int, now: datetime) -> None:
    """Send the form of one positive result, as the clerk's browser does."""
    from tongzhou.server.kernel import clock

    def local(at: datetime) -> str:
        return f"{at.astimezone(clock.zone()):%Y-%m-%dT%H:%M}"

    fields = {
        "laboratory": LABORATORY, "document": _document(person), "sample": f"B{person}", "method": "nucleic_acid",
        "sampled_at": local(now - timedelta(hours=2)), "resulted_at": local(now - timedelta(minutes=1)),
        "outcome": "positive",
    }  # fmt: skip
    answer = client.post("/labs/results/new/", fields)
    if answer.status_code != 302:
        raise RuntimeError(f"The result was answered with {answer.status_code}.")


def _n_drafts(person: int) -> int:
    """Count the drafts of a person's case; the facts behind them must all be delivered."""
    from tongzhou.server.kernel import outbox
    from tongzhou.server.measures.models import Order, OrderState

    outbox.sweep()
    orders = Order.objects.everything("the measurement")
    return orders.filter(case__person_id=person, state=OrderState.DRAFT).count()


if __name__ == "__main__":
    print(json.dumps(run()))
