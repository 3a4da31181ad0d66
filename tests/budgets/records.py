"""One record of every other kind that an address names: files, jobs, bulletins, closed days, appeals, uploads."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from tests.answered import answer_of
from tests.cast import CITY, COMMUNITY, GRID, SETUP, Cast
from tests.server.world import World
from tongzhou.cli.demo.province import FIGURES
from tongzhou.server.access.models import Account
from tongzhou.server.access.queries import actor_of
from tongzhou.server.cases.models import Case, ExposureRecord
from tongzhou.server.duties.closing import close_day, unsettled_on
from tongzhou.server.exchange.actions import run_import
from tongzhou.server.exchange.models import ImportRun
from tongzhou.server.exchange.queries import JOB as IMPORT_JOB
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.models import Job
from tongzhou.server.labs.models import Outcome, UnlinkedResult
from tongzhou.server.labs.queries import JOB as RESULTS_JOB
from tongzhou.server.labs.uploads import store_upload
from tongzhou.server.measures.appeals import open_appeal
from tongzhou.server.measures.models import Order
from tongzhou.server.movement.ledger_door import get_ledger
from tongzhou.server.planning.actions import CapacityEntry, keep_study, record_capacities
from tongzhou.server.planning.models import StudyKind
from tongzhou.server.portal.actions import BulletinOrder, publish_bulletin

REJECTED = "rejects/rows.csv"
RESULTS = "证件号,姓名,采样时间,结果\n11010519491231002X,王,2022-07-12 08:00,阴性\n"


def add_records(cast: Cast, world: World, now: datetime, community: str = COMMUNITY) -> dict[str, Any]:
    """Write them; return what addresses name. Yesterday of the community is closed."""
    wang, case = world.people["wang"].id, Case.objects.everything("test").order_by("recorded_at").first()
    ledger = get_ledger()
    order = _own_order(wang)
    entries = [CapacityEntry(CITY, "beds", 90, now.date(), "test")]
    record_capacities(SETUP, CITY, entries)
    path = Path(settings.HOME) / REJECTED
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("row,reason\n1,missing\n", encoding="utf-8")
    return {
        "exposure": ExposureRecord.objects.everything("test").filter(case=case).first().id,
        "wang": wang,
        "stay": ledger.select("stays", persons=[wang]).row(0, named=True)["row_id"],
        "trip": ledger.select("trips", persons=[wang]).row(0, named=True)["row_id"],
        "closed": _closed(cast, now, community),
        "own_order": order.id,
        "appeal": open_appeal(
            actor_of(Account.objects.get(username="resident")), order, "I was not there."
        ).id,
        "bulletin": _bulletin(),
        "run": _run(),
        "unlinked": _unlinked(world, now),
        "study": keep_study(SETUP, CITY, answer_of(StudyKind.WHATIF, now.date())).id,
        "difference": keep_study(SETUP, CITY, answer_of(StudyKind.POLICY, now.date())).id,
        "peak": keep_study(SETUP, CITY, answer_of(StudyKind.RETURN_PEAK, now.date())).id,
        "laboratory": world.laboratory.code,
        "results": _upload(cast, "lab_clerk", "results.csv", RESULTS.encode()),
        "counts": _upload(cast, "city_officer", "counts.csv", FIGURES.read_bytes()),
        "results_job": _job(cast, "lab_clerk", RESULTS_JOB),
        "import_job": _job(cast, "city_officer", IMPORT_JOB),
    }


def _own_order(person: int) -> Order:
    order = Order.objects.everything("test").filter(state="in_force").first()
    Order.objects.everything("test").filter(id=order.id).update(person_id=person)
    order.refresh_from_db()
    return order


def _closed(cast: Cast, now: datetime, community: str) -> Any:
    day = (now - timedelta(days=1)).astimezone(clock.zone()).date()
    reasons = {str(duty.id): "nobody was at home" for duty in unsettled_on(community, day)}
    return close_day(cast.actor("county_officer"), community, day, reasons).id


def _bulletin() -> Any:
    run_import(SETUP, "city-daily", [FIGURES])
    return publish_bulletin(SETUP, BulletinOrder("44", date(2020, 2, 1))).id


def _run() -> Any:
    return ImportRun.objects.create(
        area_code=GRID, kind="city-daily", file_name="a.csv", file_digest="0", requested_by="test",
        rejects_path=REJECTED,
    ).id  # fmt: skip


def _unlinked(world: World, now: datetime) -> Any:
    return UnlinkedResult.objects.create(
        area_code=CITY, batch_id="b", laboratory=world.laboratory, sample_code="S", sampled_at=now,
        resulted_at=now, outcome=Outcome.NEGATIVE, dedupe_key="k",
    ).id  # fmt: skip


def _upload(cast: Cast, user: str, name: str, content: bytes) -> str:
    return store_upload(name, [content], cast.actor(user).account_id).token


def _job(cast: Cast, user: str, kind: str) -> Any:
    return Job.objects.create(
        kind=kind, area_code=CITY, requested_by=cast.actor(user).account_id, state="done",
        options={"name": "a.csv", "files": [{"name": "a.csv"}]}, outcome={"rejects_path": REJECTED},
    ).id  # fmt: skip
