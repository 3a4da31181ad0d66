"""The report card: what is missing or wrong is named, its value never."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from tongzhou.policy import due_clocks, missing_report_card_fields, report_card_fields

CARD = {
    "name": "某人",
    "document_number": "11010519491231002X",
    "sex": "female",
    "birth_on": date(1949, 12, 31),
    "belongs_to": "this_county",
    "address": "某路1号",
    "population_group": "retired",
    "case_class": "confirmed",
    "onset_on": date(2022, 7, 1),
    "diagnosed_at": datetime(2022, 7, 2, 8, tzinfo=UTC),
    "disease": "covid-19",
}


def gaps(pack, **changes):
    return [gap.field.name for gap in missing_report_card_fields(pack, CARD | changes)]


def test_a_whole_card_lacks_nothing(edition9):
    assert gaps(edition9) == []


def test_an_empty_card_lacks_every_mandatory_field(edition9):
    missing = [gap.field.name for gap in missing_report_card_fields(edition9, {})]
    assert missing == [field.name for field in report_card_fields(edition9) if field.is_required]
    assert len(missing) == 11


def test_the_day_of_death_is_needed_only_of_the_dead(edition9):
    assert gaps(edition9, died=True) == ["death_on"]
    assert gaps(edition9, died=True, death_on=date(2022, 7, 9)) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sex", "x"),
        ("onset_on", "2022-07-01"),
        ("birth_on", datetime(1949, 12, 31, tzinfo=UTC)),
        ("diagnosed_at", datetime(2022, 7, 2)),  # noqa: DTZ001
        ("document_number", "110105194912310021"),
        ("address", "  "),
    ],
)
def test_a_value_the_form_does_not_allow_is_a_gap(edition9, field, value):
    assert gaps(edition9, **{field: value}) == [field]


def test_a_passport_has_no_check_digit(edition9):
    assert gaps(edition9, document_number="E12345678") == []


def test_a_gap_never_repeats_the_value(edition9):
    found = missing_report_card_fields(edition9, CARD | {"document_number": "110105194912310021"})
    assert "110105" not in found[0].problem.zh + found[0].problem.en


def test_a_clock_without_its_start_does_not_run(edition9):
    diagnosed = datetime(2022, 7, 1, 10, tzinfo=UTC)
    assert [item.rule_id for item in due_clocks(edition9, diagnosed_at=diagnosed)] == ["clock.report"]
