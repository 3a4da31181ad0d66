"""A round of duties settled at once: those that something follows from go their way one by one."""

from __future__ import annotations

from tongzhou.server.duties.models import Duty
from tongzhou.server.kernel.models import Fact
from tongzhou.server.kernel.outbox import consumes, publish

FOLLOWED = ("inform_person", "hand_over", "zone_round", "review_order")
"""Kinds of duty that a playbook acts on when they are done."""


@consumes("duties.done")
def follow_each(fact: Fact) -> None:
    """Publish the done duties of a round that a playbook waits for."""
    duties = Duty.objects.everything("playbook").filter(id__in=fact.payload["duties"], kind__in=FOLLOWED)
    for duty in duties.order_by("done_at"):
        payload = {"duty": str(duty.id), "kind": duty.kind, "subject": [duty.subject_kind, duty.subject_id]}
        publish("duty.done", duty.area_code, payload)
