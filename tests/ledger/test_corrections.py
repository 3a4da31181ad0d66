"""Corrections supersede and never overwrite."""

from __future__ import annotations

import pytest
from tests.ledger.cast import LATER, RECORDED, stays

from tongzhou.core.errors import NotVisible
from tongzhou.ledger import Ledger

WRONG = {"reason": "the camera was elsewhere", "source": "interview"}


def test_withdrawn_row_leaves_selection_and_sweep_and_stays_in_history(ledger: Ledger) -> None:
    report = ledger.append("stays", stays([(1, 1, 8, 9), (2, 1, 8, 9)]), batch_id="a", recorded_at=RECORDED)
    gone, kept = report.row_ids[0]
    ledger.withdraw("stays", [gone], recorded_at=LATER, **WRONG)
    assert ledger.select("stays")["row_id"].to_list() == [kept]
    assert sum(ledger.sweep("stays", lambda batch: batch.num_rows)) == 1
    history = ledger.history("stays", places=[1])
    assert history["row_id"].to_list() == [gone, kept]
    assert history["reason"].to_list() == [WRONG["reason"], None]
    assert history["withdrawn_s"].to_list() == [int(LATER.timestamp()), None]


def test_before_the_withdrawal_the_row_still_stood(ledger: Ledger) -> None:
    report = ledger.append("stays", stays([(1, 1, 8, 9)]), batch_id="a", recorded_at=RECORDED)
    ledger.withdraw("stays", report.row_ids[0], recorded_at=LATER, **WRONG)
    assert ledger.select("stays", as_of=RECORDED).height == 1
    assert ledger.select("stays", as_of=LATER).height == 0


def test_replacement_is_named_by_what_it_replaces(ledger: Ledger) -> None:
    old = ledger.append("stays", stays([(1, 1, 8, 9)]), batch_id="a", recorded_at=RECORDED).row_ids[0][0]
    new = ledger.append("stays", stays([(1, 1, 8, 10)]), batch_id="b", recorded_at=LATER).row_ids[0][0]
    ledger.withdraw("stays", [old], replaced_by=[new], recorded_at=LATER, **WRONG)
    assert ledger.history("stays", row_ids=[old])["replaced_by"].to_list() == [new]


def test_withdrawing_again_changes_nothing_and_an_absent_row_is_named(ledger: Ledger) -> None:
    report = ledger.append("stays", stays([(1, 1, 8, 9)]), batch_id="a", recorded_at=RECORDED)
    ledger.withdraw("stays", report.row_ids[0], recorded_at=LATER, **WRONG)
    assert ledger.withdraw("stays", report.row_ids[0], recorded_at=LATER, **WRONG).is_repeat
    assert ledger.n_rows("withdrawals") == 1
    with pytest.raises(NotVisible, match="no standing row 999"):
        ledger.withdraw("stays", [999], recorded_at=LATER, **WRONG)
