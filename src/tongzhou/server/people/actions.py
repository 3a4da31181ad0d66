"""Register persons, merge and unmerge them, erase one."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from tongzhou.core.access import Actor
from tongzhou.core.coordinates import WGS_84, to_gcj02
from tongzhou.core.errors import Conflict, InputError
from tongzhou.core.exposures import Setting
from tongzhou.server.access.actions import acting
from tongzhou.server.access.queries import note_decision, scope_for
from tongzhou.server.access.rules import Permission, is_allowed
from tongzhou.server.areas.queries import get_area
from tongzhou.server.duties.about import Door
from tongzhou.server.duties.models import Duty
from tongzhou.server.duties.queries import held_duty_about, holds
from tongzhou.server.kernel import clock
from tongzhou.server.people.models import Household, Merge, Person, Place, Sex
from tongzhou.server.people.queries import DOCUMENT, NAME, PHONE, find_by_document, numbers_of
from tongzhou.server.vault.crypto import blind_index


@dataclass(frozen=True, slots=True)
class PersonEntry:
    """What is known of a person; empty parts are unknown."""

    area_code: str
    name: str = ""
    document: str = ""
    phone: str = ""
    address: str = ""
    sex: Sex = Sex.UNKNOWN
    birth_year: int | None = None
    household: Household | None = None
    population_group: str = ""


def build_person(entry: PersonEntry) -> Person:
    """Return an unsaved person with blind indexes, for one write or a bulk one."""
    return Person(
        area_code=entry.area_code,
        household=entry.household,
        name=entry.name,
        name_index=blind_index(entry.name, NAME),
        document=entry.document,
        document_index=blind_index(entry.document, DOCUMENT),
        phone=entry.phone,
        phone_index=blind_index(entry.phone, PHONE),
        address=entry.address,
        sex=entry.sex,
        birth_year=entry.birth_year,
        population_group=entry.population_group,
    )


def register_person(
    actor: Actor, entry: PersonEntry, permission: Permission = Permission.CASE_WRITE
) -> Person:
    """Register one person; the same document is the same person.

    Needs: case.write (or the permission of the calling action) in the person's area. Writes: Person.
    Records: person.register. Idempotent by document.
    """
    if entry.document and (known := find_by_document(entry.document)):
        return known
    with acting(actor, permission, entry.area_code, "person.register") as record:
        person = build_person(entry)
        person.save(force_insert=True)
        record.subject = ("person", str(person.id))
    return person


@dataclass(frozen=True, slots=True)
class PlaceEntry:
    """What is known of a place. Coordinates carry their system; both are empty when unknown."""

    area_code: str
    setting: Setting
    name: str
    longitude: float | None = None
    latitude: float | None = None
    coordinate_system: str = WGS_84


def register_place(actor: Actor, entry: PlaceEntry, working_area: str) -> Place:
    """Register somewhere people stay, which an interview named.

    Needs: case.write in `working_area`, the area of the person asked: the place may lie elsewhere. Writes:
    Place. Records: place.register. Idempotent by area, setting and name. Raises InputError for an unknown area
    or an impossible point.
    """
    get_area(entry.area_code)
    if (entry.longitude is None) != (entry.latitude is None):
        raise InputError("people.half_a_point", "Only one coordinate was given.", "Give both, or neither.")
    if entry.longitude is not None and entry.latitude is not None:
        to_gcj02(entry.longitude, entry.latitude, entry.coordinate_system)
    known = {"area_code": entry.area_code, "setting": entry.setting.value, "name_zh": entry.name.strip()}
    with acting(actor, Permission.CASE_WRITE, working_area, "place.register") as record:
        place = Place.objects.everything("is it known").filter(**known).order_by("id").first()
        if place is None:
            place = Place.objects.create(
                **known,
                longitude=entry.longitude,
                latitude=entry.latitude,
                coordinate_system=entry.coordinate_system,
            )
        record.subject = ("place", str(place.id))
    return place


def unmask_person(actor: Actor, person: Person, reason: str) -> dict[str, Any]:
    """Return a person's plain name, document, phone and address, on the record.

    Needs: person.unmask in the person's area; or an open duty about the person that the actor has to do, which
    shows no document. Writes: the decision log. Records: person.unmask.
    """
    if not is_allowed(actor, Permission.PERSON_UNMASK, person.area_code):
        duty = held_duty_about(actor, numbers_of(person))
        if duty is not None:
            return {"document": "", **asdict(show_door(actor, duty, person, reason))}
    ground = (Permission.PERSON_UNMASK, person.area_code)
    _show(actor, person, ground, reason, {"reason_length": len(reason)})
    return {"document": person.document, **asdict(_door_of(person))}


def show_door(actor: Actor, duty: Duty, person: Person, reason: str = "") -> Door:
    """Return the name, phone and address of the person of an open duty to whoever has to do it, on the record.

    Needs: `holds` the duty, and duty.do in its area. Writes: the decision log. Records: person.unmask with the
    duty and its kind.
    """
    if not holds(actor, duty):
        raise Conflict("people.not_held", "You have no open duty about this person.", "Open your own list.")
    why = f"duty {duty.kind}{': ' if reason else ''}{reason}"
    detail = {"duty": str(duty.id), "kind": duty.kind}
    _show(actor, person, (Permission.DUTY_DO, duty.area_code), why, detail)
    return _door_of(person)


def _show(
    actor: Actor, person: Person, ground: tuple[Permission, str], why: str, detail: dict[str, Any]
) -> None:
    """Put on the record that an actor was shown a person's plain data, on which ground and for which purpose."""
    subject = ("person", str(person.id))
    with acting(actor, *ground, "person.unmask", subject) as record:
        note_decision(actor, *ground, subject, is_allowed=True, why=why)
        record.detail = {**detail, "purpose": scope_for(actor, ground[0]).purpose.value}


def _door_of(person: Person) -> Door:
    """Return what to ask for at which door; the home's name stands in where no address is kept."""
    home = person.household.home if person.household_id and not person.address else None
    return Door(person.name, person.phone, person.address or (home.name_zh if home else ""))


def merge_persons(actor: Actor, kept: Person, merged: Person, evidence: dict[str, Any]) -> Merge:
    """Say that two persons are one. Their records keep their own numbers; undoing it restores both.

    Needs: case.write in both areas. Writes: Merge, Person. Records: person.merge.
    """
    if kept.id == merged.id or merged.merged_into_id or kept.merged_into_id:
        raise Conflict("people.cannot_merge", "These two cannot be merged.", "Undo the earlier merge first.")
    with acting(
        actor, Permission.CASE_WRITE, merged.area_code, "person.merge", ("person", kept.id)
    ) as record:
        merge = Merge.objects.create(
            area_code=kept.area_code, kept=kept, merged=merged, evidence=evidence, merged_by=actor.account_id
        )
        Person.objects.everything("merge").filter(id=merged.id).update(merged_into=kept)
        record.detail = {"merged": merged.id}
    return merge


def undo_merge(actor: Actor, merge: Merge) -> None:
    """Take a merge back. Needs: case.write. Writes: Merge, Person. Records: person.unmerge."""
    with acting(
        actor, Permission.CASE_WRITE, merge.area_code, "person.unmerge", ("person", merge.kept_id)
    ) as record:
        Merge.objects.everything("undo").filter(id=merge.id, undone_at=None).update(
            undone_at=clock.now(), undone_by=actor.account_id
        )
        Person.objects.everything("undo").filter(id=merge.merged_id).update(merged_into=None)
        record.detail = {"merged": merge.merged_id}
