"""Answers of the test client."""

from __future__ import annotations

from django.core.signals import request_finished
from django.db import close_old_connections
from django.http.response import HttpResponseBase


def finish(answer: HttpResponseBase) -> None:
    """Close an answer's files; Django must not take it for the end of a request and drop the connection,
    which holds the test's transaction."""
    request_finished.disconnect(close_old_connections)
    try:
        answer.close()
    finally:
        request_finished.connect(close_old_connections)
