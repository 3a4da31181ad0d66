"""Officers at the console, and a worker for the jobs of travel."""

from __future__ import annotations

from tests.server.analysis.conftest import SignIn, fresh_look, sign_in, work

__all__ = ["SignIn", "fresh_look", "sign_in", "work"]
