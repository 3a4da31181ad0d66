"""Simulated populations on disk, mapped into memory: made once for a question, shared by all that need the same."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from tongzhou.epi.simulate import Population
from tongzhou.scenario import Question, make_population

MAX_BYTES = 8_000_000_000


def folder() -> Path:
    """Return where populations lie."""
    return Path(settings.HOME) / "populations"


def population_of(question: Question, make: Callable[[Question], Population] = make_population) -> Population:
    """Return the population of a question from the disk, made and kept first when it is not there."""
    place = folder() / question.population_key()
    if not (place / "population.json").exists():
        _keep(make(question), place)
        forget_oldest(place, MAX_BYTES)
    os.utime(place)
    return Population.load(place)


def _keep(population: Population, place: Path) -> None:
    """Write a population beside its place and move it there whole; whoever comes second drops theirs."""
    folder().mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=folder(), prefix=".draft-"))
    try:
        population.save(draft)
        if not place.exists():
            draft.rename(place)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def forget_oldest(kept: Path, max_bytes: int) -> None:
    """Remove the folders beside `kept` not used for longest until the rest fits; a mapped one lives on until its run
    ends.
    """
    places = sorted(
        (p for p in kept.parent.iterdir() if p != kept and not p.name.startswith(".")),
        key=lambda p: p.stat().st_mtime,
    )
    sizes = {p: sum(f.stat().st_size for f in p.iterdir()) for p in [*places, kept]}
    total = sum(sizes.values())
    for place in places:
        if total <= max_bytes:
            return
        shutil.rmtree(place, ignore_errors=True)
        total -= sizes[place]
