"""Live events: one hub a process watches the outbox and tells every open page which topics changed.

Carries topic names and an instant, never records: a page fetches its own fragments under its own scope.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime

from asgiref.sync import sync_to_async
from django.http import HttpRequest, JsonResponse, StreamingHttpResponse

from tongzhou.server.kernel import clock
from tongzhou.server.kernel.models import Fact

TOPICS = {
    "result": "cases",
    "case": "cases",
    "exposures": "cases",
    "contact": "cases",
    "contacts": "cases",
    "secondary": "cases",
    "order": "orders",
    "orders": "orders",
    "zone": "zones",
    "appeal": "orders",
    "duty": "duties",
    "duties": "duties",
    "day": "duties",
    "bulletin": "bulletins",
    "job": "jobs",
}
WATCH_SECONDS = 0.5
PING_SECONDS = 20


def topics_after(fact_id: int) -> tuple[int, list[str], datetime]:
    """Return the last fact's number and the topics of the facts after `fact_id`."""
    rows = list(Fact.objects.filter(id__gt=fact_id).order_by("id").values_list("id", "kind")[:2000])
    topics = sorted({TOPICS.get(kind.split(".")[0], "all") for _, kind in rows})
    return (rows[-1][0] if rows else fact_id), topics, clock.now()


def last_fact() -> int:
    """Return the number of the latest fact."""
    return Fact.objects.order_by("-id").values_list("id", flat=True).first() or 0


class Hub:
    """Reads the outbox once for all pages of this process; each page waits on a queue of its own."""

    def __init__(self) -> None:
        self._pages: set[asyncio.Queue[tuple[list[str], datetime]]] = set()
        self._watcher: asyncio.Task[None] | None = None

    async def listen(self) -> AsyncIterator[bytes]:
        """Yield events for one page until it closes."""
        queue: asyncio.Queue[tuple[list[str], datetime]] = asyncio.Queue(maxsize=100)
        self._pages.add(queue)
        if self._watcher is None or self._watcher.done():
            self._watcher = asyncio.create_task(self._watch())
        try:
            yield _event("ping", {"as_of": clock.now().isoformat()})
            while True:
                try:
                    topics, as_of = await asyncio.wait_for(queue.get(), PING_SECONDS)
                    yield _event("changed", {"topics": topics, "as_of": as_of.isoformat()})
                except TimeoutError:
                    yield _event("ping", {"as_of": clock.now().isoformat()})
        finally:
            self._pages.discard(queue)

    async def _watch(self) -> None:
        seen = await sync_to_async(last_fact)()
        while self._pages:
            await asyncio.sleep(WATCH_SECONDS)
            seen, topics, as_of = await sync_to_async(topics_after)(seen)
            if topics:
                for queue in self._pages:
                    if queue.full():  # a page that does not read is told once that everything changed
                        while not queue.empty():
                            queue.get_nowait()
                        topics = ["all"]
                    queue.put_nowait((topics, as_of))


def _event(name: str, content: dict[str, object]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(content)}\n\n".encode()


HUB = Hub()


async def events(request: HttpRequest) -> StreamingHttpResponse:
    """Stream the topics that change to one page."""
    response = StreamingHttpResponse(HUB.listen(), content_type="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


def poll(request: HttpRequest) -> JsonResponse:
    """Answer the same for a page whose stream does not get through."""
    return JsonResponse({"topics": ["all"], "as_of": clock.now().isoformat()})
