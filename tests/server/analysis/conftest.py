"""An epidemic of known growth in the records of Nanshan, and runs of the worker."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np
import pytest
from django.core.cache import cache

from tests.cast import GRID, Cast
from tests.server.cases.conftest import SignIn, sign_in
from tongzhou.server.cases.models import Case
from tongzhou.server.kernel import jobs
from tongzhou.server.people.actions import PersonEntry, build_person
from tongzhou.server.people.models import Person

__all__ = ["SignIn", "sign_in"]
AddCases = Callable[..., list[Case]]


@pytest.fixture(autouse=True)
def fresh_look(settings: object, tmp_path: object) -> None:
    settings.STATIC_ROOT = tmp_path
    cache.clear()


@pytest.fixture
def add_cases(cast: Cast, now: datetime) -> AddCases:
    """Return a function that writes `counts` cases a day, the last yesterday, with onset some days before."""
    person: list[Person] = []

    def add(counts: list[int], area: str = GRID, delay_seed: int = 1) -> list[Case]:
        if not person:
            person.append(build_person(PersonEntry(GRID, name="王")))
            person[0].save()
        rng = np.random.default_rng(delay_seed)
        rows = []
        for back, n in enumerate(reversed(counts), start=1):
            at = now - timedelta(days=back)
            rows += [case_of(person[0], area, at, at - timedelta(days=int(rng.poisson(3)))) for _ in range(n)]
        return Case.objects.bulk_create(rows)

    return add


def case_of(person: Person, area: str, at: datetime, onset: datetime) -> Case:
    return Case(
        number=secrets.token_hex(8), area_code=area, person=person, disease="covid-19", pack="cn-2022-06",
        pack_version="1", classification="confirmed", diagnosed_at=at, onset_on=onset.date(),
        window_from_at=at, window_until_at=at,
    )  # fmt: skip


def work() -> None:
    """Run every queued job to its end."""
    while (job := jobs.claim_next()) is not None:
        jobs.run(job)
