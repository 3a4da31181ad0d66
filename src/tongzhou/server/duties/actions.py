"""Make, settle and hand over duties."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from tongzhou.core.access import Actor
from tongzhou.core.errors import Conflict, InputError
from tongzhou.server.access.actions import acting
from tongzhou.server.access.models import Account, Holding
from tongzhou.server.access.queries import find_holders
from tongzhou.server.access.rules import Permission
from tongzhou.server.duties.evidence import check_evidence
from tongzhou.server.duties.kinds import get_kind
from tongzhou.server.duties.models import Duty, DutyNote
from tongzhou.server.duties.queries import OPEN
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.bulk import insert_rows, write_changes
from tongzhou.server.kernel.outbox import publish

CHUNK = 500


@dataclass(frozen=True, slots=True)
class DutyDraft:
    """A duty to be made. ``dedupe_key`` names it for ever: the same key is the same duty."""

    kind: str
    subject: tuple[str, str]
    area_code: str
    due_at: datetime
    dedupe_key: str
    starts_at: datetime | None = None
    person_number: int | None = None
    post_kind: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    parent: Duty | None = None


def create_duty(draft: DutyDraft, made_by: Actor) -> Duty:
    """Make one duty and find its holder by walking up the tree. See `create_duties`."""
    create_duties([draft], made_by)
    return Duty.objects.everything("made by key").select_related("holder").get(dedupe_key=draft.dedupe_key)


def create_duties(drafts: Iterable[DutyDraft], made_by: Actor) -> int:
    """Make many duties at once, each with its holder; return how many were new.

    Runs inside the transaction and the audit event of the action that causes them. Writes: Duty, DutyNote.
    Records: nothing of its own, publishes one ``duty.made``. Idempotent by `dedupe_key`.
    """
    wanted = {draft.dedupe_key: draft for draft in drafts}
    known = set(
        Duty.objects.everything("made by key")
        .filter(dedupe_key__in=list(wanted))
        .values_list("dedupe_key", flat=True)
    )
    unknown = [draft for key, draft in wanted.items() if key not in known]
    if not unknown:
        return 0
    holders = find_holders((draft.area_code, _post_of(draft)) for draft in unknown)
    fresh = [_build(draft, *holders[draft.area_code, _post_of(draft)]) for draft in unknown]
    insert_rows(fresh, ignore_conflicts=True)
    notes = [
        DutyNote(
            duty_id=duty.id,
            what="made",
            actor_id=made_by.account_id,
            area_code=duty.held_in or duty.area_code,
        )
        for duty in _really_made(fresh)
    ]
    insert_rows(notes)
    areas = sorted({duty.area_code for duty in fresh})
    publish("duty.made", areas[0], {"n": len(fresh), "kinds": sorted({duty.kind for duty in fresh})})
    return len(fresh)


def _really_made(fresh: list[Duty]) -> list[Duty]:
    """Keep the duties that are there under their own identifier, not those another writer made first."""
    ids = set(
        Duty.objects.everything("made by key")
        .filter(id__in=[duty.id for duty in fresh])
        .values_list("id", flat=True)
    )
    return [duty for duty in fresh if duty.id in ids]


def _post_of(draft: DutyDraft) -> str:
    return draft.post_kind or get_kind(draft.kind).post


def _build(draft: DutyDraft, holder: Account | None, held_in: str) -> Duty:
    kind = get_kind(draft.kind)
    starts_at = draft.starts_at or clock.now()
    warn_at = max(starts_at, draft.due_at - kind.warns_before)
    return Duty(
        dedupe_key=draft.dedupe_key,
        kind=kind.name,
        subject_kind=draft.subject[0],
        subject_id=str(draft.subject[1]),
        person_number=draft.person_number,
        area_code=draft.area_code,
        post_kind=_post_of(draft),
        holder=holder,
        held_in=held_in if holder else "",
        params=draft.params,
        starts_at=starts_at,
        due_at=draft.due_at,
        warn_at=warn_at,
        next_at=warn_at,
        parent=draft.parent,
    )


def _require_open(duty: Duty) -> None:
    if duty.done_at or duty.refused_at or duty.cancelled_at:
        raise Conflict(
            "duties.settled",
            f"This duty is already {duty.state.value}.",
            "Open its log to see who settled it, and when.",
        )


def _settle(duty: Duty, actor: Actor, what: str, text: str = "", **changes: Any) -> Duty:
    n_changed = (
        Duty.objects.everything("compare and set")
        .filter(id=duty.id, done_at=None, refused_at=None, cancelled_at=None)
        .update(settled_by=actor.account_id, next_at=None, **changes)
    )
    if not n_changed:
        duty.refresh_from_db()
        _require_open(duty)
    DutyNote.objects.create(
        duty=duty, what=what, actor_id=actor.account_id, area_code=duty.area_code, text=text[:300]
    )
    for name, value in changes.items():
        setattr(duty, name, value)
    payload = {"duty": str(duty.id), "kind": duty.kind, "subject": [duty.subject_kind, duty.subject_id]}
    publish(f"duty.{what}", duty.area_code, payload)
    return duty


def do_duty(actor: Actor, duty: Duty, evidence: dict[str, Any], occurred_at: datetime | None = None) -> Duty:
    """Settle a duty as done, with its evidence.

    Needs: duty.do in the duty's area. Writes: Duty, DutyNote. Records: duty.do, publishes ``duty.done``.
    Raises InputError naming each missing or wrong answer; Conflict when it is settled already.
    """
    checked = check_evidence(get_kind(duty.kind), evidence)
    with acting(actor, Permission.DUTY_DO, duty.area_code, "duty.do", ("duty", duty.id)) as record:
        _require_open(duty)
        record.detail = {"kind": duty.kind}
        return _settle(duty, actor, "done", done_at=occurred_at or clock.now(), evidence=checked)


def refuse_duty(actor: Actor, duty: Duty, reason: str) -> Duty:
    """Settle a duty as refused, with the reason; the next level up sees it.

    Needs: duty.do. Writes: Duty, DutyNote. Records: duty.refuse, publishes ``duty.refused``.
    """
    if len(reason.strip()) < 4:
        raise InputError(
            "duties.no_reason", "A refusal needs a reason.", "Say in a few words why it cannot be done."
        )
    if not get_kind(duty.kind).can_refuse:
        raise Conflict(
            "duties.not_refusable", "This duty cannot be refused.", "Hand it over to another holder."
        )
    with acting(actor, Permission.DUTY_DO, duty.area_code, "duty.refuse", ("duty", duty.id)) as record:
        _require_open(duty)
        record.detail = {"kind": duty.kind}
        return _settle(duty, actor, "refused", reason, refused_at=clock.now(), reason=reason.strip()[:300])


def cancel_duties(actor: Actor, subject: tuple[str, str], why: str, kind: str = "") -> int:
    """Cancel the open duties about a subject, in the running action of its owner; return how many."""
    return cancel_duties_of(actor, subject[0], [str(subject[1])], why, kind)


def cancel_duties_of(actor: Actor, subject_kind: str, subjects: list[str], why: str, kind: str = "") -> int:
    """Cancel the open duties about many subjects of a kind, in the running action of their owner; return how many."""
    duties = Duty.objects.everything("cancel by subject").filter(
        OPEN, subject_kind=subject_kind, subject_id__in=subjects
    )
    if kind:
        duties = duties.filter(kind=kind)
    ids = list(duties.values_list("id", flat=True))
    for start in range(0, len(ids), CHUNK):
        some = ids[start : start + CHUNK]
        Duty.objects.everything("compare and set").filter(OPEN, id__in=some).update(
            settled_by=actor.account_id, next_at=None, cancelled_at=clock.now(), reason=why[:300]
        )
        insert_rows(
            [DutyNote(duty_id=i, what="cancelled", actor_id=actor.account_id, text=why[:300]) for i in some]
        )
    if ids:
        publish("duty.cancelled", "", {"subjects": [subject_kind, *subjects], "n": len(ids)})
    return len(ids)


def settle_duties(actor: Actor, subject: tuple[str, str], kind: str) -> int:
    """Mark the open duties of a kind about a subject as done, in the running action that did what they ask."""
    duties = Duty.objects.everything("done by an action").filter(
        subject_kind=subject[0], subject_id=str(subject[1]), kind=kind,
        done_at=None, refused_at=None, cancelled_at=None,
    )  # fmt: skip
    found = list(duties)
    for duty in found:
        _settle(duty, actor, "done", done_at=clock.now())
    return len(found)


def hand_over_post(actor: Actor, holding: Holding, to: Account) -> int:
    """Give a post, with its open duties, to another account; return how many duties moved.

    Needs: post.manage in the post's area. Writes: Holding, Duty, DutyNote. Records: post.hand_over.
    """
    post, now = holding.post, clock.now()
    with acting(actor, Permission.POST_MANAGE, post.area_id, "post.hand_over", ("post", post.id)) as record:
        Holding.objects.filter(id=holding.id, until_at=None).update(until_at=now)
        Holding.objects.get_or_create(account=to, post=post, until_at=None)
        open_duties = Duty.objects.everything("hand over").filter(
            holder_id=holding.account_id, post_kind=post.kind, held_in=post.area_id,
            done_at=None, refused_at=None, cancelled_at=None,
        )  # fmt: skip
        ids = list(open_duties.values_list("id", flat=True))
        open_duties.update(holder=to)
        insert_rows(
            [
                DutyNote(duty_id=i, what="handed_over", actor_id=actor.account_id, area_code=post.area_id)
                for i in ids
            ]
        )
        record.detail = {"from": str(holding.account_id), "to": str(to.id), "n_duties": len(ids)}
    return len(ids)


def do_duties(actor: Actor, area_code: str, entries: Iterable[tuple[Duty, dict[str, Any], datetime]]) -> int:
    """Settle many duties of an area as done in one action, as a site does with a round of its rooms.

    Needs: duty.do in the area. Writes: Duty, DutyNote. Records: duty.do_many, publishes one
    ``duties.done``. A duty that is settled already, or lies outside the area, is left alone. Returns how many
    were done.
    """
    checked = [
        (duty, check_evidence(get_kind(duty.kind), evidence), at)
        for duty, evidence, at in entries
        if duty.area_code.startswith(area_code)
    ]
    with acting(actor, Permission.DUTY_DO, area_code, "duty.do_many", ("area", area_code)) as record:
        still_open = lock_open([duty for duty, _, _ in checked])
        done = []
        for duty, evidence, at in checked:
            if duty.id in still_open:
                duty.settled_by, duty.next_at, duty.done_at, duty.evidence = (
                    actor.account_id,
                    None,
                    at,
                    evidence,
                )
                done.append(duty)
                still_open.discard(duty.id)
        write_changes(done, ["settled_by", "next_at", "done_at", "evidence"])
        insert_rows(
            [
                DutyNote(duty=duty, what="done", actor_id=actor.account_id, area_code=duty.area_code)
                for duty in done
            ]
        )
        if done:
            publish("duties.done", area_code, {"duties": [str(duty.id) for duty in done]})
        record.detail = {"n_done": len(done)}
    return len(done)


def lock_open(duties: Sequence[Duty]) -> set[UUID]:
    """Lock the duties among some that are open, for the running transaction; return their identifiers."""
    found: set[UUID] = set()
    ids = sorted(duty.id for duty in duties)
    for start in range(0, len(ids), CHUNK):
        some = Duty.objects.everything("locked").filter(OPEN, id__in=ids[start : start + CHUNK])
        found.update(some.order_by("id").select_for_update().values_list("id", flat=True))
    return found
