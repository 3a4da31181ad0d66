"""Residents of the demonstration who state a journey home, as anybody may on the public page."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from tongzhou.cli.demo.register import COMMUNITY_DIGITS
from tongzhou.server.kernel import clock
from tongzhou.server.people.models import Person
from tongzhou.server.travel.models import Means, TravelDirection
from tongzhou.server.travel.registering import Journey, register_journey

HOME_FROM = ("4201", "4301", "4501", "3501", "3601")
"""Cities of the provinces around: Wuhan, Changsha, Nanning, Fuzhou, Nanchang."""
N_TODAY, N_LATER, AHEAD = 4, 20, 10
"""Journeys that end today, and in so many days from tomorrow on."""
STATED_BEFORE = timedelta(hours=40)


def state_journeys(area: str, seed: int) -> int:
    """Let some residents of a city state when they come home; return how many."""
    rng = np.random.default_rng([seed, 7])
    today = clock.today()
    days = [today] * N_TODAY + [today + timedelta(days=int(n)) for n in rng.integers(1, AHEAD + 1, N_LATER)]
    known = Person.objects.everything("the demonstration")
    numbers = rng.choice(np.array(known.values_list("id", flat=True)), len(days), replace=False)
    with clock.fixed(clock.now() - STATED_BEFORE):
        for on, person in zip(days, known.filter(id__in=numbers.tolist()), strict=True):
            register_journey(
                Journey(
                    area_code=area,
                    direction=TravelDirection.ARRIVING,
                    on=on,
                    other=str(rng.choice(HOME_FROM)),
                    means=Means.TRAIN,
                    n_people=int(rng.integers(1, 4)),
                    name=person.name,
                    phone=person.phone,
                    stays_in=person.area_code[:COMMUNITY_DIGITS],
                    address=person.address,
                )
            )
    return len(days)
