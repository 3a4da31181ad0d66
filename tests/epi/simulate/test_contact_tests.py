"""Contacts in quarantine are found when they are tested, and as surely as the test is."""

from __future__ import annotations

import numpy as np
import pytest

from tongzhou.core.measures import ContactLayer, ContactTracing, Measures, SymptomaticTesting
from tongzhou.epi.simulate import Population, Run, run, synthesize
from tongzhou.epi.simulate.disease import load_disease

HOME = {ContactLayer.HOUSEHOLD: 1.0}


@pytest.fixture(scope="module")
def city() -> Population:
    return synthesize(["4403"], 20_000, seed=9)


def outcome(city: Population, **tracing: object) -> Run:
    measures = Measures(
        testing=SymptomaticTesting(0.5, 2.0, 0.5),
        tracing=ContactTracing(HOME, 0.0, 14, **tracing),  # type: ignore[arg-type]
    )
    return run(city, measures=measures, days=30, seed=4, introductions={"4403": 200})


def found_as_contacts(run: Run) -> int:
    return run.line_list.filter(found_by="contact").height


def test_more_tests_and_surer_ones_find_more(city):
    none, one, four, unsure = (
        found_as_contacts(outcome(city, test_days=days, sensitivity=share))
        for days, share in (((), 0.0), ((0,), 1.0), ((0, 3, 6, 13), 1.0), ((0, 3, 6, 13), 0.5))
    )
    assert none == 0
    assert four > one > 0
    assert 0.5 * four < unsure < four


def test_who_falls_ill_in_quarantine_is_tested_though_no_test_is_due(city):
    found = outcome(city, test_days=(), sensitivity=1.0).line_list.filter(found_by="contact")
    assert len(found) > 10
    assert found["is_symptomatic"].all()
    assert (found["report_on"] - found["onset_on"] == 2).all()


def test_every_test_of_a_contact_is_billed(city):
    run = outcome(city, test_days=(0, 3))
    contacts = run.resources["contacts_found"][:26].sum()
    reported = run.summary()["cases"]
    assert (
        2 * contacts <= run.resources["tests"].sum() <= 2 * run.resources["contacts_found"].sum() + reported
    )


def test_tests_are_positive_around_onset_as_published():
    wild, delta = (load_disease(f"sars-cov-2/{name}") for name in ("wild-type", "delta"))
    days = np.asarray([-4.0, 0.0, 3.0, 16.0, 30.0])
    assert wild.share_positive(days) == pytest.approx([0.0, 1.0, 1.0, 0.43, 0.0])
    before = np.linspace(-6, 0, 6001)
    lead = [float(d.share_positive(before).mean() * 6) for d in (wild, delta)]
    assert lead == pytest.approx([1.4, 1.9], abs=0.01)
