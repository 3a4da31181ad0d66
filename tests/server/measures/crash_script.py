"""Run by the crash test in processes of their own: build drafts, confirm them all, say what stands.

Usage: python crash_script.py build|confirm|check FOLDER
"""

from __future__ import annotations

import json
import os
import sys

mode, folder = sys.argv[1], sys.argv[2]
os.environ.update(
    {
        "TONGZHOU_HOME": folder,
        "DJANGO_SETTINGS_MODULE": "tongzhou.server.config.settings",
        "TONGZHOU_DATABASE_URL": "",
    }
)

import django  # noqa: E402

django.setup()

from collections import Counter  # noqa: E402
from datetime import timedelta  # noqa: E402

from django.core.management import call_command  # noqa: E402

from tests.cast import GRID, build_areas  # noqa: E402
from tongzhou.core.access import system_actor  # noqa: E402
from tongzhou.server.audit.queries import verify_chain  # noqa: E402
from tongzhou.server.cases.actions import CaseEntry, open_case  # noqa: E402
from tongzhou.server.cases.models import Contact  # noqa: E402
from tongzhou.server.duties.models import Duty  # noqa: E402
from tongzhou.server.kernel import clock, outbox  # noqa: E402
from tongzhou.server.kernel.models import Fact  # noqa: E402
from tongzhou.server.measures.confirming import confirm_orders  # noqa: E402
from tongzhou.server.measures.drafting import draft_for_case  # noqa: E402
from tongzhou.server.measures.models import Order  # noqa: E402
from tongzhou.server.people.models import Person  # noqa: E402

ACTOR = system_actor("crash-test")
N_CONTACTS = 24


def build() -> None:
    """Open a case with contacts and draft their orders."""
    call_command("migrate", verbosity=0)
    build_areas()
    people = [Person.objects.create(area_code=GRID) for _ in range(N_CONTACTS + 1)]
    case = open_case(ACTOR, CaseEntry(person=people[0], diagnosed_at=clock.now()))
    for person in people[1:]:
        Contact.objects.create(
            case=case, person=person, area_code=GRID, grade="close",
            last_exposure_at=clock.now() - timedelta(days=1),
        )  # fmt: skip
    draft_for_case(ACTOR, case)


def confirm() -> None:
    """Confirm every draft, one line for each as it is done."""
    for order in Order.objects.everything("crash test").order_by("id"):
        confirm_orders(ACTOR, [order])
        print(order.id, flush=True)


def check() -> None:
    """Deliver what is left over, then say what stands."""
    Fact.objects.update(retry_at=None)
    outbox.sweep()
    orders = Order.objects.everything("crash test")
    duties = Counter(Duty.objects.everything("crash test").values_list("subject_id", "kind"))
    told = Fact.objects.filter(kind="orders.confirmed").values_list("payload", flat=True)
    facts = Counter(order for payload in told for order in payload["orders"])
    of_contacts = [str(order.id) for order in orders if order.contact_id]
    in_force = [str(order.id) for order in orders if order.state == "in_force"]
    answer = {
        "states": Counter(order.state for order in orders),
        "duties": sorted(
            {tuple(sorted((k, n) for (s, k), n in duties.items() if s == i)) for i in of_contacts}
        ),
        "n_facts": sorted({facts[i] for i in in_force}),
        "n_waiting": Fact.objects.filter(delivered_at=None).count(),
        "is_intact": verify_chain().is_intact,
    }
    print(json.dumps(answer))


{"build": build, "confirm": confirm, "check": check}[mode]()
