"""The chain of events: altering, removing or emptying any row is found; lawful erasure is not a fault."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from tongzhou.server.audit.actions import append_event, erase_subjects
from tongzhou.server.audit.keys import chain_key
from tongzhou.server.audit.models import Event, Head
from tongzhou.server.audit.queries import verify_chain
from tongzhou.server.audit.rules import seal_head

pytestmark = pytest.mark.django_db


@pytest.fixture
def chain(now: object) -> None:
    with transaction.atomic():
        for n in range(5):
            append_event(
                "officer", "case.open", area_code="4403", subject=("person", str(n)), detail={"n": n}
            )


def rows() -> object:
    return Event.objects.everything("test")


def test_untouched_chain_is_intact(chain: None) -> None:
    found = verify_chain()
    assert found.is_intact
    assert found.n_events == 5


@pytest.mark.parametrize(
    "change",
    [
        {"actor_id": "somebody else"},
        {"action": "case.close"},
        {"area_code": "4401"},
        {"subject_id": "9"},
        {"detail": {"n": 99}},
        {"salt": ""},
        {"salt": "00"},
        {"content_digest": "0" * 64},
        {"previous_digest": "1" * 64},
        {"digest": "2" * 64},
    ],
)
@pytest.mark.parametrize("seq", [1, 3, 5])
def test_any_altered_column_of_any_row_is_found(chain: None, seq: int, change: dict[str, object]) -> None:
    rows().filter(seq=seq).update(**change)
    faults = verify_chain().faults
    assert seq in {row for row, _ in faults}


def test_altered_time_is_found(chain: None) -> None:
    event = rows().get(seq=2)
    rows().filter(seq=2).update(at=event.at + timedelta(microseconds=1))
    assert not verify_chain().is_intact


@pytest.mark.parametrize("seq", [1, 3, 5])
def test_a_removed_row_is_found(chain: None, seq: int) -> None:
    rows().filter(seq=seq).delete()
    assert not verify_chain().is_intact


@pytest.mark.parametrize("seal", ["", "kept"])
def test_a_cut_tail_with_its_head_rewritten_needs_the_key(chain: None, seal: str) -> None:
    rows().filter(seq=5).delete()
    Head.objects.update(seq=4, digest=rows().get(seq=4).digest, **({} if seal else {"seal": ""}))
    assert "seal" in verify_chain().faults[0][1]


@pytest.mark.parametrize("kept", [0, 4, 5])
def test_a_chain_without_its_head_is_found(chain: None, kept: int) -> None:
    rows().filter(seq__gt=kept).delete()
    Head.objects.all().delete()
    assert verify_chain().is_intact is (kept == 0)


def test_events_in_another_order_are_found(chain: None) -> None:
    rows().filter(seq=2).update(seq=99)
    rows().filter(seq=3).update(seq=2)
    rows().filter(seq=99).update(seq=3)
    assert {2, 3} <= {seq for seq, _ in verify_chain().faults}


def test_an_event_that_was_slipped_in_is_found(chain: None) -> None:
    last = rows().get(seq=5)
    Event.objects.create(
        seq=6, at=last.at, actor_id="officer", action="case.close", salt=last.salt,
        content_digest=last.content_digest, previous_digest=last.digest, digest="3" * 64,
    )  # fmt: skip
    Head.objects.update(seq=6, digest="3" * 64)
    assert 6 in {seq for seq, _ in verify_chain().faults}


@pytest.mark.parametrize(
    "change", [{"actor_id": "x"}, {"area_code": "4401"}, {"detail": {"n": 1}}, {"action": "x"}]
)
def test_what_an_erasure_left_of_an_event_cannot_be_altered(chain: None, change: dict[str, object]) -> None:
    erase_subjects("officer", [("person", "2")], "erasure request 7")
    rows().filter(seq=3).update(**change)
    assert verify_chain().faults == [(3, "what an erasure left of it was altered")]


def test_a_head_kept_elsewhere_tells_an_older_copy_of_the_whole(chain: None) -> None:
    kept = verify_chain().head
    assert verify_chain(kept).is_intact
    with transaction.atomic():
        append_event("officer", "case.open")
    assert verify_chain(kept).is_intact
    later = verify_chain().head
    rows().filter(seq=6).delete()
    Head.objects.update(seq=5, digest=kept[1], seal=seal_head(chain_key(), *kept))
    assert verify_chain().is_intact
    assert verify_chain(later).faults == [(6, "the head kept elsewhere is not in the chain")]


def test_erasing_a_person_leaves_the_chain_valid(chain: None) -> None:
    assert erase_subjects("officer", [("person", "2")], "erasure request 7") == 1
    found = verify_chain()
    assert found.is_intact
    assert found.n_erased == 1
    assert not rows().filter(subject_id="2").exists()


def test_an_event_outside_a_transaction_is_refused(transactional_db: None) -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        append_event("officer", "case.open")
