"""Tells duties who they are about: a masked name in lists, the door to whoever has to go there."""

from __future__ import annotations

from collections.abc import Iterable

from tongzhou.core.access import Actor
from tongzhou.server.access.rules import Permission, is_allowed
from tongzhou.server.duties.about import Door, register_teller
from tongzhou.server.duties.models import Duty
from tongzhou.server.duties.queries import holds
from tongzhou.server.people.actions import show_door
from tongzhou.server.people.models import Person
from tongzhou.server.people.screens import masked


class PersonTeller:
    """The teller of persons."""

    def names(self, actor: Actor, duties: Iterable[Duty]) -> dict[int, str]:
        """Return masked names by the number a duty has, for its holder and for who may read the person."""
        about = list(duties)
        people = Person.objects.everything("names of duties in sight").in_bulk(
            [duty.person_number for duty in about]
        )
        mine = {
            duty.person_number
            for duty in about
            if str(duty.holder_id) == actor.account_id and not _is_settled(duty)
        }
        return {
            number: masked(person)
            for number, person in people.items()
            if number in mine or is_allowed(actor, Permission.PERSON_READ, person.area_code)
        }

    def open_door(self, actor: Actor, duty: Duty) -> Door | None:
        """Show the door of a duty's person to whoever has to do it; nothing to others, nothing when it is settled."""
        if not holds(actor, duty):
            return None
        people = Person.objects.everything("the holder's duty").select_related(
            "merged_into", "household__home"
        )
        person = people.filter(id=duty.person_number).first()
        return show_door(actor, duty, person.merged_into or person) if person else None


def _is_settled(duty: Duty) -> bool:
    return bool(duty.done_at or duty.refused_at or duty.cancelled_at)


register_teller(PersonTeller())
