"""One step of the measurement, in its own process: open every page again and again, as one user."""

from __future__ import annotations

import json
import statistics
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

from bench.machine import ROOT
from bench.pages.home import open_home
from bench.pages.records import FILE

BUDGETS = ROOT / "tests" / "budgets" / "budgets.toml"
"""Every page of the product and who opens it; a test sees that none is missing."""
FILES = {"case_export", "duty_export", "order_export", "chain_columns"}
"""Lists as a file and the data of a drawing, of at most 20,000 rows, which are no pages."""
VIEWS = (
    ("province_officer", "/situation/44/"), ("investigator", "/situation/{county}/"),
    ("investigator", "/palette/?q=4403"), ("investigator", "/cases/?page=200"), ("city_officer", "/duties/?state=late"),
    ("province_officer", "/duties/close/?area=4403"), ("investigator", "/measures/orders/?state=draft"),
    ("investigator", "/measures/orders/?page=200"), ("province_officer", "/measures/appeals/"),
    ("analyst", "/insight/44/"), ("province_officer", "/planning/44/whatif/"),
    ("province_officer", "/planning/44/readiness/"), ("province_officer", "/travel/44/return/"),
    ("province_officer", "/bulletins/compose/?area=44"), ("auditor", "/record/?page=20"),
    ("auditor", "/record/?show=seen&page=20"), ("auditor", "/record/?q={duty}"), ("", "/"), ("", "/bulletins/"),
)  # fmt: skip
"""The same pages as others see them, or at another place of a long list; an empty name is a stranger."""


def pages() -> list[tuple[str, str]]:
    """Return who opens which page."""
    budgets = tomllib.loads(BUDGETS.read_text(encoding="utf-8"))
    named = [(row["user"], row["page"]) for name, row in budgets.items() if name not in FILES]
    return [*named, *VIEWS]


def open_all(home: Path, n_times: int) -> list[dict[str, Any]]:
    """Return, for each page, milliseconds (median, 95 %), bytes and queries."""
    open_home(home)
    from django.conf import settings
    from django.test import Client

    from tongzhou.server.access.models import Account

    settings.ALLOWED_HOSTS = ["testserver"]
    values = json.loads((home / FILE).read_text(encoding="utf-8"))
    clients: dict[str, Any] = {}
    for name in {user for user, _ in pages()}:
        clients[name] = Client(raise_request_exception=False)
        if name:
            clients[name].force_login(
                Account.objects.get(username=name), backend="django.contrib.auth.backends.ModelBackend"
            )
    return [
        {**_measure(clients[user], path.format(**values), n_times), "user": user} for user, path in pages()
    ]


def _measure(client: Any, path: str, n_times: int) -> dict[str, Any]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    _content(client.get(path))  # code and what a process remembers are loaded, as in a running server
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path)
        content = _content(answer)
    n_queries = len(queries)
    slowest = max(queries.captured_queries, key=lambda q: float(q["time"]), default={"sql": "", "time": "0"})
    took = []
    for _ in range(n_times):
        began = time.perf_counter()
        _content(client.get(path))
        took.append((time.perf_counter() - began) * 1000)
    p95 = statistics.quantiles(took, n=20)[-1] if len(took) > 1 else took[0]
    return {
        "path": path, "status": answer.status_code, "median_ms": statistics.median(took), "p95_ms": p95,
        "bytes": len(content), "n_queries": n_queries, "slowest_query_s": float(slowest["time"]),
        "slowest_query": slowest["sql"][:600],
    }  # fmt: skip


def _content(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


if __name__ == "__main__":
    print(json.dumps(open_all(Path(sys.argv[1]), int(sys.argv[2]))))
