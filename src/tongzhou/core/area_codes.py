"""Area codes are prefixes down a tree: a scope is a prefix. Levels are data of the tree, never assumed here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tongzhou.core.errors import InputError

WHOLE_TREE = ""
"""The prefix that covers every area."""


@dataclass(frozen=True, slots=True)
class CodeLevels:
    """How many digits the code of each level has, from the top down.

    lengths : tuple of int — digits of a whole code at each level, strictly growing
    names : tuple of str — the level's name, same length
    """

    lengths: tuple[int, ...]
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.lengths) != len(self.names) or list(self.lengths) != sorted(set(self.lengths)):
            raise InputError(
                "area.bad_levels",
                f"Levels {self.names} with lengths {self.lengths} do not form a tree.",
                "Give one strictly growing length for each name.",
            )

    def level_of(self, code: str) -> str:
        """Return the level's name of a whole code.

        >>> CHINA.level_of("440300")
        Traceback (most recent call last):
        ...
        tongzhou.core.errors.InputError: '440300' ends in zeros that mean "all of it". Write 4403.
        >>> CHINA.level_of("4403")
        'city'
        """
        if len(code) in self.lengths and not (len(code) == 6 and code.endswith("00")):
            return self.names[self.lengths.index(len(code))]
        if len(code) == 6 and code.endswith("00"):
            raise InputError(
                "area.padded_code",
                f'{code!r} ends in zeros that mean "all of it".',
                f"Write {code.removesuffix('00').removesuffix('00')}.",
            )
        raise InputError(
            "area.bad_code",
            f"{code!r} has {len(code)} digits.",
            f"Codes have {', '.join(map(str, self.lengths))} digits.",
        )

    def parent_of(self, code: str) -> str | None:
        """Return the code one level up, or ``None`` at the top.

        >>> CHINA.parent_of("440305")
        '4403'
        """
        place = self.lengths.index(len(code))
        return code[: self.lengths[place - 1]] if place else None

    def ancestors_of(self, code: str) -> list[str]:
        """Return the codes above `code`, nearest first."""
        return [code[:n] for n in reversed(self.lengths) if n < len(code)]


CHINA = CodeLevels(
    lengths=(2, 4, 6, 9, 12, 15),
    names=("province", "city", "county", "street", "community", "grid"),
)


def normalise_code(code: str) -> str:
    """Strip the padding zeros of a six-digit national code.

    >>> normalise_code("440300"), normalise_code("440000"), normalise_code("440305")
    ('4403', '44', '440305')
    """
    code = code.strip()
    if len(code) == 6 and code.isdigit():
        if code.endswith("0000"):
            return code[:2]
        if code.endswith("00"):
            return code[:4]
    return code


def is_within(code: str, prefix: str) -> bool:
    """Tell whether an area lies in the area `prefix` (itself included)."""
    return code.startswith(prefix)


def is_within_any(code: str, prefixes: Iterable[str]) -> bool:
    """Tell whether an area lies in at least one of the areas `prefixes`."""
    return any(code.startswith(prefix) for prefix in prefixes)
