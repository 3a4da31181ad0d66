"""Run by the crash test of the daily close in processes of their own: ``close_script.py build|close|check HOME``."""

from __future__ import annotations

import json
import os
import sys

mode, home = sys.argv[1], sys.argv[2]
os.environ.update(
    {
        "TONGZHOU_HOME": home,
        "DJANGO_SETTINGS_MODULE": "tongzhou.server.config.settings",
        "TONGZHOU_DATABASE_URL": "",
    }
)

import django  # noqa: E402

django.setup()

from datetime import UTC, datetime, timedelta  # noqa: E402

from django.core.management import call_command  # noqa: E402

from tests.cast import COUNTY, GRID, build_areas  # noqa: E402
from tongzhou.core.access import system_actor  # noqa: E402
from tongzhou.core.errors import Conflict  # noqa: E402
from tongzhou.server.access.actions import acting  # noqa: E402
from tongzhou.server.access.rules import Permission  # noqa: E402
from tongzhou.server.audit.models import Event  # noqa: E402
from tongzhou.server.audit.queries import verify_chain  # noqa: E402
from tongzhou.server.duties.actions import DutyDraft, create_duties  # noqa: E402
from tongzhou.server.duties.closing import close_day, unsettled_on, verify_close  # noqa: E402
from tongzhou.server.duties.models import DayClose, DayCloseItem  # noqa: E402
from tongzhou.server.kernel import clock  # noqa: E402
from tongzhou.server.kernel.models import Fact  # noqa: E402

ACTOR = system_actor("crash-test")
NOON = datetime(2022, 7, 12, 4, tzinfo=UTC)
DAY = datetime(2022, 7, 11, 12, tzinfo=UTC)
N_DUTIES = 400


def build() -> None:
    """Leave many duties of yesterday undone."""
    call_command("migrate", verbosity=0)
    build_areas()
    drafts = [
        DutyDraft(
            kind="inform_person", subject=("order", str(number)), area_code=GRID, due_at=DAY,
            starts_at=DAY - timedelta(hours=4), dedupe_key=f"crash:{number}",
        )
        for number in range(N_DUTIES)
    ]  # fmt: skip
    with clock.fixed(DAY - timedelta(hours=5)), acting(ACTOR, Permission.DUTY_ASSIGN, GRID, "duty.make"):
        create_duties(drafts, ACTOR)
    print("{}")


def close() -> None:
    """Close yesterday of the county; a day that is closed already stays as it is."""
    reasons = {str(duty.id): "nobody was on duty" for duty in unsettled_on(COUNTY, DAY.date())}
    print("closing", flush=True)
    try:
        close_day(ACTOR, COUNTY, DAY.date(), reasons)
    except Conflict as fault:
        if fault.code != "duties.closed_already":
            raise
    print("{}")


def check() -> None:
    """Say what stands."""
    closes = list(DayClose.objects.everything("crash test"))
    answer = {
        "n_closes": len(closes),
        "n_items": DayCloseItem.objects.everything("crash test").count(),
        "n_events": Event.objects.everything("crash test").filter(action="day.close").count(),
        "n_facts": Fact.objects.filter(kind="day.closed").count(),
        "is_intact": verify_chain().is_intact,
        "is_sealed": all(verify_close(one) for one in closes),
    }
    print(json.dumps(answer))


with clock.fixed(NOON):
    {"build": build, "close": close, "check": check}[mode]()
