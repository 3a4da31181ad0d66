"""The errors of the project: what happened, the value, what is allowed, and the way out.

Never puts personal data into a message, a hint or a context.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

MAX_OFFENDERS = 10


class TongzhouError(Exception):
    """Base of all errors a caller may want to catch.

    Parameters
    ----------
    code : str — stable, dotted, for programs (``ledger.bad_column``)
    message : str — what happened, with the value and what is allowed
    hint : str — the way out
    context : mapping — values for programs; never personal data
    """

    def __init__(
        self,
        code: str,
        message: str,
        hint: str = "",
        context: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.context: dict[str, Any] = dict(context or {})

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class InputError(TongzhouError, ValueError):
    """A value given by the caller cannot be used."""


class NotVisible(TongzhouError, LookupError):
    """Absent, or not to be seen by this actor: outside, the two look alike."""


class Denied(TongzhouError, PermissionError):
    """The actor may see the thing but may not do this to it."""


class Conflict(TongzhouError):
    """Somebody else was first, or the state does not allow the step."""


class PolicyError(TongzhouError, ValueError):
    """A policy pack is wrong; the context carries ``pack``, ``file`` and ``path``."""


class EstimationFailed(TongzhouError, ArithmeticError):
    """A method could not give a number that deserves trust."""


class MissingExtra(TongzhouError, ImportError):
    """An optional part of the installation is absent."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(
            "install.missing_extra",
            f"{what} needs the extra [{extra}], which is not installed.",
            f"Install it with: pip install 'tongzhou[{extra}]'",
            {"extra": extra},
        )


def list_offenders(offenders: Sequence[object]) -> str:
    """Print up to ten offenders, then how many more there are.

    >>> list_offenders([1, 2])
    '1, 2'
    >>> list_offenders(range(12))
    '0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more'
    """
    shown = ", ".join(str(item) for item in offenders[:MAX_OFFENDERS])
    rest = len(offenders) - MAX_OFFENDERS
    return f"{shown} and {rest} more" if rest > 0 else shown
