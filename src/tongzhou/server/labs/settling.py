"""A result settles the test duties of its person: one write, in the running action."""

from __future__ import annotations

from datetime import datetime

from tongzhou.core.access import system_actor
from tongzhou.server.duties.models import Duty, DutyNote
from tongzhou.server.duties.queries import OPEN

LABS = system_actor("labs")


def settle_test_duties(person: int, sampled_at: datetime, sample: str, method: str) -> int:
    """Mark the open test duties that a sample answers as done; return how many.

    A sample answers a test whose window had begun when it was taken.
    """
    duties = Duty.objects.everything("tests of one person").filter(
        OPEN, kind="test_due", person_number=person, starts_at__lte=sampled_at
    )
    ids = list(duties.values_list("id", flat=True))
    if not ids:
        return 0
    evidence = {"sample": sample, "method": method}
    n_done = (
        Duty.objects.everything("compare and set")
        .filter(OPEN, id__in=ids)
        .update(done_at=sampled_at, next_at=None, evidence=evidence, settled_by=LABS.account_id)
    )
    DutyNote.objects.bulk_create(
        DutyNote(duty_id=i, what="done", actor_id=LABS.account_id, text="result received") for i in ids
    )
    return n_done
