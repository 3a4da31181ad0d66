"""Pure decisions about area codes of the tree in use."""

from __future__ import annotations


def ancestor_codes(code: str, known_lengths: tuple[int, ...]) -> list[str]:
    """Return the possible codes of `code` and everything above it, nearest first.

    >>> ancestor_codes("440305", (2, 4, 6, 9))
    ['440305', '4403', '44']
    """
    return [code[:n] for n in sorted(known_lengths, reverse=True) if n <= len(code)]
