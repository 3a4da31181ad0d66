"""Run the main flow on the database named by the environment and print what stands: ``flow_script.py HOME``."""

from __future__ import annotations

import json
import os
import sys

os.environ["TONGZHOU_HOME"] = sys.argv[1]
os.environ["DJANGO_SETTINGS_MODULE"] = "tongzhou.server.config.settings"

import django

django.setup()

from datetime import timedelta  # noqa: E402
from typing import Any  # noqa: E402

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from tests.cast import CITY, COUNTY, build_areas, build_cast  # noqa: E402
from tests.server.conftest import NOON  # noqa: E402
from tests.server.world import DOCUMENTS, build_world  # noqa: E402
from tongzhou.server.audit.queries import verify_chain  # noqa: E402
from tongzhou.server.cases.models import Case, Contact, ExposureRecord  # noqa: E402
from tongzhou.server.console.queries import custody, figures  # noqa: E402
from tongzhou.server.duties.clock_actions import poll_duties  # noqa: E402
from tongzhou.server.duties.closing import close_day, unsettled_on  # noqa: E402
from tongzhou.server.duties.models import Duty  # noqa: E402
from tongzhou.server.kernel import clock, outbox  # noqa: E402
from tongzhou.server.labs.actions import ResultEntry, record_result  # noqa: E402
from tongzhou.server.labs.models import Outcome  # noqa: E402
from tongzhou.server.measures.confirming import confirm_orders  # noqa: E402
from tongzhou.server.measures.models import Order, Zone  # noqa: E402
from tongzhou.server.measures.zoning import confirm_zone  # noqa: E402


def rows(model: Any, *columns: str, **only: Any) -> list[list[str]]:
    """Return columns of all records as sorted text; a document has its keys in order."""
    found = model.objects.everything("parity").filter(**only).values_list(*columns)
    return sorted([json.dumps(value, default=str, sort_keys=True) for value in row] for row in found)


def run() -> dict[str, Any]:
    """Live through a positive result, orders, a zone, a night, and the close of the day."""
    call_command("migrate", verbosity=0)
    with clock.fixed(NOON):
        build_areas()
        cast = build_cast()
        world = build_world(NOON)
        entry = ResultEntry(
            document=DOCUMENTS["wang"], name="wang", sample="T-1", sampled_at=NOON - timedelta(hours=9),
            resulted_at=NOON - timedelta(minutes=10), outcome=Outcome.POSITIVE,
        )  # fmt: skip
        record_result(cast.actor("lab_clerk"), world.laboratory, entry)
        investigator = cast.actor("investigator")
        confirm_orders(investigator, list(Order.objects.everything("parity").filter(state="draft")))
        for zone in Zone.objects.everything("parity").filter(state="proposed").order_by("unit_code"):
            confirm_zone(investigator, zone)
        outbox.sweep()
    with clock.fixed(NOON + timedelta(days=1)):
        poll_duties(limit=5000)
        officer, day = cast.actor("county_officer"), NOON.date()
        closed = close_day(officer, COUNTY, day, {str(d.id): "nobody" for d in unsettled_on(COUNTY, day)})
        return _told(cast, closed)


def _told(cast: Any, closed: Any) -> dict[str, Any]:
    officer = cast.actor("city_officer")
    return {
        "vendor": connection.vendor,
        "cases": rows(
            Case, "number", "area_code", "classification", "window_from_at", "investigator__username"
        ),
        "contacts": rows(Contact, "person_id", "grade", "decision", "last_exposure_at"),
        "exposures": rows(ExposureRecord, "contact__person_id", "rule_id", "from_at", "minutes", "reason_zh"),
        "orders": rows(
            Order, "person_id", "kind", "state", "rule_id", "starts_at", "ends_at", "reason_en", "tests"
        ),
        "zones": rows(Zone, "unit_code", "level", "state", "n_persons", "next_at"),
        "duties": rows(
            Duty, "kind", "person_number", "due_at", "holder__username", "escalated_to", "n_escalations"
        ),
        "closed": closed.figures,
        "figures": figures(officer, CITY),
        "custody": custody(officer, CITY),
        "is_intact": verify_chain().is_intact,
    }


if __name__ == "__main__":
    print(json.dumps(run(), default=str))
