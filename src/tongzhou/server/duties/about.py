"""Who a duty is about, as the app that keeps persons tells it: duties themselves know a number only."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from tongzhou.core.access import Actor
from tongzhou.server.duties.models import Duty


@dataclass(frozen=True, slots=True)
class Door:
    """What somebody at a door needs: whom to ask for, where, and the number to call."""

    name: str
    phone: str
    address: str


class Teller(Protocol):
    """What the app that keeps persons offers here."""

    def names(self, actor: Actor, duties: Iterable[Duty]) -> dict[int, str]:
        """Return masked names by person number, of those the actor may read of or holds an open duty about."""

    def open_door(self, actor: Actor, duty: Duty) -> Door | None:
        """Show plain name, phone and address on the record to whoever holds the open duty; nothing to others."""


Opener = Callable[[Actor, Duty], Door | None]
"""Shows the door of a duty's subject on the record to whoever holds the open duty; nothing to others."""
_tellers: list[Teller] = []
_openers: dict[str, Opener] = {}


def register_teller(teller: Teller) -> None:
    """Say who tells about persons; called by that app when it starts."""
    _tellers[:] = [teller]


def register_opener(subject_kind: str, opener: Opener) -> None:
    """Say who opens the door of a kind of subject that is no registered person; called by the app that keeps it."""
    _openers[subject_kind] = opener


def names_in(actor: Actor, duties: Iterable[Duty]) -> dict[int, str]:
    """Return the masked names of the persons that some duties are about, as far as the actor may see them."""
    about = [duty for duty in duties if duty.person_number is not None]
    return _tellers[0].names(actor, about) if about and _tellers else {}


def open_door(actor: Actor, duty: Duty) -> Door | None:
    """Return the door of whom a duty is about, on the record; ``None`` to anybody but its holder."""
    if duty.person_number is not None:
        return _tellers[0].open_door(actor, duty) if _tellers else None
    opener = _openers.get(duty.subject_kind)
    return opener(actor, duty) if opener else None
