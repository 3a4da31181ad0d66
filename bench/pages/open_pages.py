"""One step of the measurement, in its own process: open every page again and again, as one user."""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from bench.pages.home import open_home

PAGES = (
    ("province", "/situation/44/"), ("investigator", "/situation/4403/"), ("investigator", "/situation/{county}/"),
    ("investigator", "/situation/4403/map/"), ("investigator", "/situation/4403/curve/"),
    ("investigator", "/situation/4403/late/"), ("province", "/resources/"), ("investigator", "/palette/?q=4403"),
    ("investigator", "/cases/"), ("investigator", "/cases/?page=200"), ("investigator", "/cases/{case}/"),
    ("investigator", "/cases/{case}/pane/"), ("investigator", "/cases/{case}/itinerary/"),
    ("investigator", "/cases/{case}/exposures/"), ("investigator", "/cases/{case}/orders/"),
    ("investigator", "/cases/{case}/chain/"), ("investigator", "/cases/{case}/report/"),
    ("investigator", "/cases/{case}/log/"), ("investigator", "/cases/chain/"),
    ("investigator", "/people/"), ("investigator", "/people/{person}/"),
    ("investigator", "/people/{person}/duplicates/"),
    ("investigator", "/duties/"), ("investigator", "/duties/?state=late"), ("province", "/duties/close/?area=4403"),
    ("province", "/duties/posts/"), ("grid", "/duties/mine/"), ("grid", "/duties/mine/done/"),
    ("grid", "/duties/{duty}/"),
    ("investigator", "/measures/orders/"), ("investigator", "/measures/orders/?state=draft"),
    ("investigator", "/measures/orders/{order}/"), ("investigator", "/measures/zones/"),
    ("investigator", "/measures/zones/map/"), ("investigator", "/measures/zones/{zone}/"),
    ("province", "/measures/appeals/"), ("investigator", "/measures/beyond/"), ("analyst", "/insight/44/"),
    ("lab", "/labs/results/new/"), ("lab", "/labs/unlinked/"), ("lab", "/imports/"),
    ("resident", "/mine/"), ("", "/"), ("", "/bulletins/"), ("", "/same-trip/"),
)  # fmt: skip
"""Who opens which page; an empty name is a stranger."""


def open_all(home: Path, n_times: int) -> list[dict[str, Any]]:
    """Return, for each page, milliseconds (median, 95 %), bytes and queries."""
    open_home(home)
    from django.test import Client

    from tongzhou.server.access.models import Account

    values = _values()
    clients: dict[str, Any] = {"": Client(raise_request_exception=False)}
    for name in {who for who, _ in PAGES if who}:
        clients[name] = Client(raise_request_exception=False)
        clients[name].force_login(
            Account.objects.get(username=name), backend="django.contrib.auth.backends.ModelBackend"
        )
    return [_measure(clients[who], path.format(**values), n_times) for who, path in PAGES]


def _values() -> dict[str, Any]:
    from tongzhou.server.cases.models import Case
    from tongzhou.server.duties.models import Duty
    from tongzhou.server.measures.models import Order, Zone

    case = Case.objects.everything("bench").order_by("-diagnosed_at").first()
    return {
        "case": case.id, "person": case.person_id, "county": case.area_code[:6],
        "order": Order.objects.everything("bench").filter(state="draft").first().id,
        "duty": Duty.objects.everything("bench").filter(holder__username="grid").first().id,
        "zone": Zone.objects.everything("bench").first().id,
    }  # fmt: skip


def _measure(client: Any, path: str, n_times: int) -> dict[str, Any]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path)
    n_queries = len(queries)
    slowest = max(queries.captured_queries, key=lambda q: float(q["time"]), default={"sql": "", "time": "0"})
    took = []
    for _ in range(n_times):
        began = time.perf_counter()
        client.get(path)
        took.append((time.perf_counter() - began) * 1000)
    size = len(answer.content) if not answer.streaming else 0
    p95 = statistics.quantiles(took, n=20)[-1] if len(took) > 1 else took[0]
    return {
        "path": path, "status": answer.status_code, "median_ms": statistics.median(took), "p95_ms": p95, "bytes": size,
        "n_queries": n_queries, "slowest_query_s": float(slowest["time"]), "slowest_query": slowest["sql"][:600],
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(open_all(Path(sys.argv[1]), int(sys.argv[2]))))
