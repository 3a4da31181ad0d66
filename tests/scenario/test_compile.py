"""Packs and intensities become the measures they describe."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tongzhou.core.errors import InputError
from tongzhou.core.measures import ContactLayer, Span, check_measures
from tongzhou.policy import load_pack
from tongzhou.scenario import compile_measures, intensity_names, load_intensity


def measures_of(pack: str, intensity: str = "active"):
    return compile_measures(load_pack(pack), load_intensity(intensity))


@pytest.mark.parametrize(
    ("pack", "days", "degrees"),
    [("cn-2020-02", 14, 1), ("cn-2021-05", 14, 2), ("cn-2022-06", 7, 2), ("cn-2022-11", 8, 1)],
)
def test_quarantine_follows_the_pack(pack, days, degrees):
    tracing = measures_of(pack).tracing
    assert (tracing.quarantine_days, tracing.degrees) == (days, degrees)


def test_contacts_are_found_within_the_clock_of_the_pack():
    assert measures_of("cn-2022-06").tracing.delay_days == 1.0


def test_contacts_that_are_only_followed_are_not_quarantined():
    assert measures_of("measles").tracing is None


def test_closed_schools_keep_no_contact():
    assert measures_of("cn-2022-06", "high").limits[0].kept[ContactLayer.SCHOOL] == 0.0


def test_no_measures_are_none_at_all():
    measures = measures_of("cn-2022-06", "none")
    assert (measures.limits, measures.testing, measures.tracing, measures.isolation) == ((), None, None, None)


@pytest.mark.parametrize("intensity", intensity_names())
def test_every_intensity_compiles_with_every_pack(intensity):
    for pack in ("cn-2020-02", "cn-2021-05", "cn-2022-06", "cn-2022-11", "measles", "ebola"):
        check_measures(measures_of(pack, intensity))


def test_unknown_intensity_is_named_with_the_known_ones():
    with pytest.raises(InputError, match=r"heroic.*routine"):
        load_intensity("heroic")


def test_impossible_intensity_is_refused():
    bad = replace(load_intensity("active"), isolation={"adherence": 1.5})
    with pytest.raises(InputError, match=r"adherence = 1\.5"):
        compile_measures(load_pack("cn-2022-06"), bad)


def test_limits_and_rounds_hold_when_and_where_they_are_told_to():
    span = Span(5, from_cases=1, by_area=True, clear_days=14)
    measures = compile_measures(load_pack("cn-2021-05"), load_intensity("high"), span=span)
    assert measures.limits[0].span == span
    assert measures.screenings[0].span == span
    assert measures.tracing is not None
    assert measures.tracing.circle == load_intensity("high").circle > 0
