"""A round of duties settled at once: contacts are marked together, zones and reviews one by one."""

from __future__ import annotations

from tongzhou.server.duties.models import Duty
from tongzhou.server.kernel.models import Fact
from tongzhou.server.kernel.outbox import consumes, publish
from tongzhou.server.playbooks.measures import MARKING, mark_progress_of

FOLLOWED = ("zone_round", "review_order")
"""Kinds of duty of which a playbook looks at each one."""


@consumes("duties.done")
def follow_round(fact: Fact) -> None:
    """Mark the contacts of a round at once; publish each duty that a playbook waits for."""
    duties = Duty.objects.everything("playbook").filter(id__in=fact.payload["duties"])
    mark_progress_of(list(duties.filter(kind__in=MARKING)))
    for duty in duties.filter(kind__in=FOLLOWED).order_by("done_at"):
        payload = {"duty": str(duty.id), "kind": duty.kind, "subject": [duty.subject_kind, duty.subject_id]}
        publish("duty.done", duty.area_code, payload)
