"""Contacts of the synthetic province by age lie near the published matrices, within the error that docs state."""

from __future__ import annotations

import csv
import gzip

import numpy as np
import pytest

from tests.shared_data import shared
from tongzhou.epi.simulate import synthesize
from tongzhou.epi.simulate.layout import contact_matrix, lay_out

SHARES = (0.5, 0.6, 0.35)
MISPLACED = {"household": 0.29, "school": 0.35, "work": 0.11, "community": 0.03}
"""Largest share of contacts that fall on another pair of age groups than published."""


@pytest.fixture(scope="module")
def layout():
    return lay_out(synthesize(["44"], 400_000, seed=1))


def published(setting: str) -> tuple[np.ndarray, np.ndarray]:
    ages = np.minimum(np.arange(85) // 5, 16)
    with gzip.open(
        shared("data/13_population_households/china_provinces_age_distribution_single_year.csv.gz"), "rt"
    ) as f:
        rows = [
            r for r in csv.DictReader(f) if r["region"] == "Guangdong" and r["kind"] == "age_distributions"
        ]
    persons = np.asarray([float(r["value"]) for r in rows])
    path = shared(f"data/14_contact_matrices/mistry2021_Guangdong_F_{setting}_85x85.csv.gz")
    matrix = np.loadtxt(path, delimiter=",")
    group = np.zeros((17, 85))
    group[ages, np.arange(85)] = 1
    weight = group * persons
    rows_grouped = weight @ matrix / weight.sum(axis=1, keepdims=True)
    return rows_grouped @ group.T, weight.sum(axis=1) / persons.sum()


@pytest.mark.parametrize(("column", "setting"), list(enumerate(MISPLACED)))
def test_contacts_by_age_are_near_the_published(layout, column, setting):
    reference, old_ages = published(setting)
    ages = np.bincount(layout.age_group[layout.population.age], minlength=17) / layout.population.n_persons
    weights = np.zeros(4)
    weights[column] = 1.0
    found = contact_matrix(layout, weights, SHARES)
    # The published matrix stands on the ages of 2010: its columns are moved to today's, row sums kept.
    moved = reference * (ages / old_ages)
    moved *= (reference.sum(axis=1) / np.maximum(moved.sum(axis=1), 1e-9))[:, None]
    distance = np.abs(ages[:, None] * (found - moved)).sum() / (ages[:, None] * moved).sum() / 2
    assert distance < MISPLACED[setting]


@pytest.mark.parametrize(("column", "mean"), [(0, 0.93), (1, 0.19), (2, 0.48), (3, 1.0)])
def test_mean_contact_of_each_setting_is_near_the_published(layout, column, mean):
    weights = np.zeros(4)
    weights[column] = 1.0
    ages = np.bincount(layout.age_group[layout.population.age], minlength=17) / layout.population.n_persons
    assert ages @ contact_matrix(layout, weights, SHARES).sum(axis=1) == pytest.approx(mean, rel=0.15)
