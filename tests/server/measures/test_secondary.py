"""Contacts of close contacts: found only when asked for, only where the pack determines them."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl
import pytest

from tests.cast import Cast
from tests.server.test_spine import all_of
from tests.server.world import World
from tongzhou.core.errors import Conflict
from tongzhou.server.cases.models import Case, Contact, ExposureRecord
from tongzhou.server.cases.secondary import trace_secondary
from tongzhou.server.cases.tracing import trace_contacts
from tongzhou.server.measures.models import Order
from tongzhou.server.movement.ledger_door import get_ledger

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def met(case: Case, world: World, now: datetime) -> Case:
    """Let Li spend an hour at home with Zhao, after Zhao had met the case and the case had left."""
    start = now - timedelta(hours=10)
    rows = [
        {
            "person": world.people[who].id, "place": world.places["home"].id, "from_s": int(start.timestamp()),
            "until_s": int((start + timedelta(hours=1)).timestamp()), "source": "interview",
        }
        for who in ("zhao", "li")
    ]  # fmt: skip
    get_ledger().append("stays", pl.DataFrame(rows), batch_id="li at home", recorded_at=now)
    return case


def grade_of(world: World, name: str) -> list[tuple[str, str]]:
    return list(all_of(Contact).filter(person=world.people[name]).values_list("grade", "decision"))


def test_a_contact_of_a_close_contact_is_found_and_drafted_for(met: Case, world: World, cast: Cast) -> None:
    assert trace_secondary(cast.actor("investigator"), met) == 1
    assert grade_of(world, "li") == [("secondary", "proposed")]
    assert "密切接触者" in all_of(ExposureRecord).get(contact__person=world.people["li"]).reason_zh
    order = all_of(Order).get(person=world.people["li"])
    assert (order.kind, order.rule_id) == ("home_quarantine", "order.secondary")


def test_searching_again_changes_nothing(met: Case, world: World, cast: Cast) -> None:
    trace_secondary(cast.actor("investigator"), met)
    before = [all_of(m).count() for m in (Contact, ExposureRecord, Order)]
    trace_secondary(cast.actor("investigator"), met)
    trace_contacts(cast.actor("investigator"), met)
    assert [all_of(m).count() for m in (Contact, ExposureRecord, Order)] == before
    assert grade_of(world, "li") == [("secondary", "proposed")]


def test_close_contacts_stay_close(met: Case, world: World, cast: Cast) -> None:
    trace_secondary(cast.actor("investigator"), met)
    assert grade_of(world, "zhao") == [("close", "proposed")]


def test_a_pack_without_them_says_so(met: Case, cast: Cast) -> None:
    met.pack, met.pack_version = "cn-2022-11", "1"
    with pytest.raises(Conflict, match="cn-2022-11"):
        trace_secondary(cast.actor("investigator"), met)
