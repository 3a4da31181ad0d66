"""The chain of events: altering, removing or emptying any row is found; lawful erasure is not a fault."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from tongzhou.server.audit.actions import append_event, erase_subjects
from tongzhou.server.audit.models import Event, Head
from tongzhou.server.audit.queries import verify_chain

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


def test_a_cut_tail_with_its_head_rewritten_needs_the_key(chain: None) -> None:
    rows().filter(seq=5).delete()
    Head.objects.update(seq=4)
    assert not verify_chain().is_intact


def test_erasing_a_person_leaves_the_chain_valid(chain: None) -> None:
    assert erase_subjects("officer", [("person", "2")], "erasure request 7") == 1
    found = verify_chain()
    assert found.is_intact
    assert found.n_erased == 1
    assert not rows().filter(subject_id="2").exists()


def test_an_event_outside_a_transaction_is_refused(transactional_db: None) -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        append_event("officer", "case.open")
