"""The outbreak that the pages are measured with, as a simulated city has it."""

from __future__ import annotations

from bench.pages.course import simulated_course

from tongzhou.epi.simulate import synthesize

SEED, N_PERSONS = 3, 3000


def test_simulated_contacts_live_learn_or_work_with_their_case() -> None:
    homes, course = simulated_course(N_PERSONS, 200, 40, seed=SEED)
    teams = synthesize(["4403"], N_PERSONS, seed=SEED).team
    assert (len(homes), len(course.persons), len(course.contacts)) == (N_PERSONS, 40, 200)
    assert not {person for _, person in course.contacts} & set(course.persons)
    for case, person in course.contacts:
        index, other = course.persons[case] - 1, person - 1
        assert homes[index] == homes[other] or teams[index] == teams[other] >= 0


def test_simulated_infectors_are_cases_themselves() -> None:
    _, course = simulated_course(N_PERSONS, 200, 40, seed=SEED)
    assert course.infectors
    assert all(0 <= source < 40 and source != target for source, target in course.infectors)
    assert min(course.minutes_ago) < 24 * 60
