"""Decisions about exposures, exposures from the interview, corrections, links and the report card."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta

import pytest
from django.urls import reverse

from tests.cast import GRID, Cast
from tests.server.cases.conftest import SignIn
from tests.server.world import World
from tongzhou.core.errors import Conflict, Denied, InputError
from tongzhou.core.exposures import Setting
from tongzhou.server.cases.actions import CaseEntry, correct_case, open_case
from tongzhou.server.cases.exposure_actions import InterviewEntry, add_exposure, decide_exposures
from tongzhou.server.cases.models import Case, Contact, Decided, ExposureRecord
from tongzhou.server.cases.record_actions import LinkEntry, add_link, remove_link, save_report_card
from tongzhou.server.cases.tracing import trace_contacts
from tongzhou.server.movement.actions import StayEntry, add_stay
from tongzhou.server.people.models import Person

pytestmark = pytest.mark.django_db(transaction=True)


def exposure_of(case: Case, name: str) -> ExposureRecord:
    rows = ExposureRecord.objects.everything("test").filter(case=case).select_related("contact__person")
    return next(row for row in rows if row.contact.person.name == name)


def contact_of(case: Case, name: str) -> Contact:
    return exposure_of(case, name).contact


def drafted(case: Case) -> set[str]:
    orders = case.orders.everything("test").filter(state="draft").select_related("person")
    return {order.person.name for order in orders}


def test_accepting_an_exposure_accepts_its_contact(case: Case, cast: Cast) -> None:
    n = decide_exposures(cast.actor("investigator"), case, [exposure_of(case, "qian").id], Decided.ACCEPTED)
    assert n == 1
    assert contact_of(case, "qian").decision == Decided.ACCEPTED
    assert contact_of(case, "zhao").decision == Decided.PROPOSED


def test_a_contact_whose_exposures_are_all_rejected_falls_and_loses_the_draft(case: Case, cast: Cast) -> None:
    assert "qian" in drafted(case)
    chosen = [exposure_of(case, "qian").id, exposure_of(case, "zhou").id]
    decide_exposures(cast.actor("investigator"), case, chosen, Decided.REJECTED, "was abroad that day")
    assert contact_of(case, "qian").decision == Decided.REJECTED
    assert not {"qian", "zhou"} & drafted(case)


def test_a_rejected_exposure_stays_rejected_when_searched_again(case: Case, cast: Cast) -> None:
    investigator = cast.actor("investigator")
    decide_exposures(investigator, case, [exposure_of(case, "qian").id], Decided.REJECTED, "mistaken place")
    trace_contacts(investigator, case)
    assert exposure_of(case, "qian").decision == Decided.REJECTED
    assert contact_of(case, "qian").decision == Decided.REJECTED


def test_rejecting_needs_a_reason_and_the_permission(case: Case, cast: Cast) -> None:
    chosen = [exposure_of(case, "qian").id]
    with pytest.raises(InputError, match="reason"):
        decide_exposures(cast.actor("investigator"), case, chosen, Decided.REJECTED)
    with pytest.raises(Denied):
        decide_exposures(cast.actor("county_officer"), case, chosen, Decided.ACCEPTED)


def test_an_exposure_from_the_interview_is_graded_and_drafted(
    case: Case, world: World, cast: Cast, now: datetime
) -> None:
    entry = InterviewEntry(
        person=world.people["li"],
        setting=Setting.DINING,
        from_at=now - timedelta(hours=20),
        until_at=now - timedelta(hours=19),
        place=world.places["shop"],
    )
    made = add_exposure(cast.actor("investigator"), case, entry)
    assert (made.grade, made.origin, made.decision) == ("close", "interview", "accepted")
    assert add_exposure(cast.actor("investigator"), case, entry) == made
    assert "li" in drafted(case)


def test_a_meeting_outside_the_window_is_refused(case: Case, world: World, cast: Cast, now: datetime) -> None:
    long_ago = now - timedelta(days=20)
    entry = InterviewEntry(world.people["li"], Setting.WORK, long_ago, long_ago + timedelta(hours=1))
    with pytest.raises(InputError) as caught:
        add_exposure(cast.actor("investigator"), case, entry)
    assert caught.value.code == "cases.outside_window"


def test_the_form_registers_somebody_new_and_adds_the_exposure(
    case: Case, sign_in: SignIn, now: datetime
) -> None:
    form = {
        "who": "13912345678", "from_at": "2022-07-11T13:00", "until_at": "2022-07-11T14:00", "setting": "dining",
        "place": "", "name": "新人", "phone": "13912345678", "area_code": GRID,
    }  # fmt: skip
    answer = sign_in("investigator").post(reverse("cases:add_exposure", args=[case.id]), form)
    assert answer.status_code == 302
    person = Person.objects.everything("test").get(contacts__case=case, name_index__gt="", phone_index__gt="")
    assert person.name == "新人"


def test_the_form_keeps_what_was_typed_when_something_is_missing(case: Case, sign_in: SignIn) -> None:
    form = {
        "who": "nobody at all",
        "from_at": "2022-07-11T13:00",
        "until_at": "2022-07-11T14:00",
        "setting": "work",
    }
    answer = sign_in("investigator").post(reverse("cases:add_exposure", args=[case.id]), form)
    assert answer.status_code == 422
    assert "nobody at all" in answer.text
    assert "Nobody matches exactly" in answer.text


def test_many_exposures_are_decided_over_the_list(case: Case, sign_in: SignIn) -> None:
    rows = ExposureRecord.objects.everything("test").filter(case=case)
    chosen = [str(row.id) for row in rows]
    url = reverse("cases:decide", args=[case.id, "accepted"])
    assert sign_in("investigator").post(url, {"id": [*chosen, "no identifier"]}).status_code == 302
    assert not rows.exclude(decision=Decided.ACCEPTED).exists()


def test_the_evidence_pane_shows_bars_for_a_place_and_seats_for_a_flight(case: Case, sign_in: SignIn) -> None:
    client = sign_in("investigator")
    bars = client.get(reverse("cases:exposure", args=[case.id, exposure_of(case, "qian").id]))
    seats = client.get(reverse("cases:exposure", args=[case.id, exposure_of(case, "zhou").id]))
    assert "<overlap-bars" in bars.text
    assert "<seat-plan" in seats.text
    content = json.loads(seats.text.split('type="application/json">')[1].split("</script>")[0])
    assert content["case"][0]["row"] == 12
    assert content["contacts"] == [{"row": 13, "column": "A", "grade": "close", "label": "z***"}]
    assert content["rule_rows"] == [9, 15]


def test_a_stay_from_the_interview_brings_new_contacts(
    case: Case, world: World, cast: Cast, now: datetime
) -> None:
    start = now - timedelta(hours=4)
    investigator = cast.actor("investigator")
    add_stay(
        investigator, world.people["li"], StayEntry(world.places["shop"], start, start + timedelta(hours=1))
    )
    assert not Contact.objects.everything("test").filter(case=case, person=world.people["li"]).exists()
    add_stay(
        investigator, world.people["wang"], StayEntry(world.places["shop"], start, start + timedelta(hours=1))
    )
    assert contact_of(case, "li").decision == Decided.PROPOSED


def test_correcting_the_onset_moves_the_window(case: Case, cast: Cast) -> None:
    changed = correct_case(
        cast.actor("investigator"), case, {"onset_on": date(2022, 7, 8), "has_symptoms": True}
    )
    assert changed.window_from_at < case.window_from_at


def test_the_correction_form_refuses_a_day_ahead_and_saves_the_rest(case: Case, sign_in: SignIn) -> None:
    client, url = sign_in("investigator"), reverse("cases:correct", args=[case.id])
    form = {"classification": "confirmed", "has_symptoms": "yes", "onset_on": "2022-08-01"}
    assert client.post(url, form).status_code == 422
    assert client.post(url, {**form, "onset_on": "2022-07-09"}).status_code == 302
    case.refresh_from_db()
    assert (case.onset_on, case.has_symptoms) == (date(2022, 7, 9), True)


def test_links_go_one_way_once(case: Case, world: World, cast: Cast, now: datetime) -> None:
    investigator = cast.actor("investigator")
    other = open_case(investigator, CaseEntry(world.people["zhao"], now))
    link = add_link(investigator, LinkEntry(case, other, Setting.HOUSEHOLD))
    assert add_link(investigator, LinkEntry(case, other)) == link
    with pytest.raises(Conflict):
        add_link(investigator, LinkEntry(other, case))
    remove_link(investigator, other, link.id, "another chain")
    assert add_link(investigator, LinkEntry(other, case)).infector == other


def test_the_card_names_what_is_missing_and_keeps_no_identity(
    case: Case, cast: Cast, sign_in: SignIn
) -> None:
    url = reverse("cases:report", args=[case.id])
    client = sign_in("investigator")
    assert "5 fields missing" in client.get(url).text
    assert client.post(url, {"sex": "male", "belongs_to": "this_county"}).status_code == 302
    case.refresh_from_db()
    assert case.report_card == {"sex": "male", "belongs_to": "this_county"}
    assert "3 fields missing" in client.get(url).text
    with pytest.raises(InputError):
        save_report_card(cast.actor("investigator"), case, {"name": "somebody"})
