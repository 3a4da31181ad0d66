"""Cases of the past from published lists: they keep their own dates, and no clock of today starts for them.

Publishes no ``case.opened``: nobody is called out for an outbreak that is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from tongzhou.core.access import Actor
from tongzhou.core.errors import InputError
from tongzhou.core.time import day_start
from tongzhou.policy import CaseFacts, Pack, infectious_window
from tongzhou.server.access.actions import acting
from tongzhou.server.access.rules import Permission
from tongzhou.server.cases.models import Case, CaseOutcome, Classification, TransmissionLink
from tongzhou.server.cases.packs import pack_in_force
from tongzhou.server.kernel import clock
from tongzhou.server.movement.queries import as_instant
from tongzhou.server.people.actions import PersonEntry
from tongzhou.server.people.bulk_actions import register_people
from tongzhou.server.people.models import Person, Sex

CHUNK = 1000
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PastCase:
    """One case of a published list; days are local. ``key`` is the list's own number."""

    key: str
    area_code: str
    diagnosed_on: date
    onset_on: date | None = None
    admitted_on: date | None = None
    outcome: CaseOutcome = CaseOutcome.NONE
    outcome_on: date | None = None
    sex: Sex = Sex.UNKNOWN
    birth_year: int | None = None
    is_imported: bool | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class PastLink:
    """Who infected whom, by the list's numbers; `probability` is that of the direction."""

    infector: str
    infectee: str
    probability: float
    note: str = ""
    row: int = 0


def known_people(source: str) -> dict[str, int]:
    """Return the persons of a list's cases that are kept already: number in the list -> ledger number."""
    cases = Case.objects.everything("what is known already").filter(source=source)
    return dict(cases.values_list("external_id", "person_id"))


def record_past_cases(actor: Actor, area_code: str, source: str, cases: Sequence[PastCase]) -> dict[str, int]:
    """Keep cases of the past; return the persons of those that were new: number in the list -> ledger number.

    Needs: import.run in the area that holds them all. Writes: Person, Case. Records: case.import.
    Idempotent by source and number. Publishes nothing.
    """
    known = known_people(source)
    fresh = [case for case in cases if case.key not in known]
    if not fresh:
        return {}
    pack = pack_in_force()
    with acting(actor, Permission.IMPORT_RUN, area_code, "case.import") as record:
        entries = [PersonEntry(c.area_code, sex=c.sex, birth_year=c.birth_year) for c in fresh]
        people = register_people(actor, area_code, entries, Permission.IMPORT_RUN)
        rows = [_case(source, pack, case, person) for case, person in zip(fresh, people, strict=True)]
        Case.objects.bulk_create(rows, batch_size=CHUNK)
        record.detail = {"source": source, "n": len(rows)}
    return {case.key: person.id for case, person in zip(fresh, people, strict=True)}


def _case(source: str, pack: Pack, case: PastCase, person: Person) -> Case:
    diagnosed_at, admitted_at = _start(case.diagnosed_on), _start(case.admitted_on)
    isolated_at = admitted_at or diagnosed_at + DAY
    window_from, window_until = _window(pack, case, person.id, isolated_at)
    return Case(
        number=f"{source}-{case.key}"[:40],
        area_code=case.area_code,
        person=person,
        disease=pack.disease,
        pack=pack.name,
        pack_version=pack.version,
        classification=Classification.CONFIRMED,
        has_symptoms=True if case.onset_on else None,
        onset_on=case.onset_on,
        diagnosed_at=diagnosed_at,
        isolated_at=admitted_at,
        admitted_at=admitted_at,
        outcome=case.outcome,
        outcome_at=_start(case.outcome_on),
        window_from_at=window_from,
        window_until_at=window_until,
        source=source,
        external_id=case.key,
        is_imported_infection=case.is_imported,
        note=case.note,
    )


def _start(on: date | None) -> Any:
    return day_start(on, clock.zone()) if on else None


def _window(pack: Pack, case: PastCase, person: int, isolated_at: datetime) -> tuple[datetime, datetime]:
    """Return the window by the pack; of impossible days (admitted before it would begin) only the day of diagnosis."""
    sampled_at = None if case.onset_on else _start(case.diagnosed_on)
    try:
        window = infectious_window(
            pack, CaseFacts(person, case.onset_on, sampled_at, isolated_at), clock.now()
        )
    except InputError:
        return _start(case.diagnosed_on), _start(case.diagnosed_on) + DAY
    return as_instant(window.from_s), as_instant(window.until_s)


def record_past_links(actor: Actor, area_code: str, source: str, links: Sequence[PastLink]) -> list[PastLink]:
    """Keep who infected whom among the cases of a list; return the links that were new.

    Needs: import.run in the area. Writes: TransmissionLink. Records: link.import. Idempotent by pair.
    """
    cases = Case.objects.everything("ends of links").filter(source=source)
    ids = {key: (number, area) for key, number, area in cases.values_list("external_id", "id", "area_code")}
    stored = TransmissionLink.objects.everything("what is known already").filter(source=source)
    known = set(stored.values_list("infector_id", "infectee_id"))
    rows: dict[tuple[Any, Any], TransmissionLink] = {}
    fresh = []
    for link in links:
        if link.infector in ids and link.infectee in ids and link.infector != link.infectee:
            pair = (ids[link.infector][0], ids[link.infectee][0])
            if pair not in known and pair[::-1] not in known and pair[::-1] not in rows:
                fresh.append(link)
                rows[pair] = TransmissionLink(
                    area_code=ids[link.infectee][1], infector_id=pair[0], infectee_id=pair[1],
                    probability=link.probability, source=source, note=link.note[:300],
                )  # fmt: skip
    if rows:
        with acting(actor, Permission.IMPORT_RUN, area_code, "link.import") as record:
            TransmissionLink.objects.bulk_create(rows.values(), batch_size=CHUNK)
            record.detail = {"source": source, "n": len(rows)}
    return fresh
