"""Every address of the server, walked from its URL configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse


@dataclass(frozen=True)
class Address:
    """One named address and the names of its arguments."""

    name: str
    arguments: tuple[str, ...]
    view: Any

    def fill(self, values: Mapping[str, Any]) -> str:
        """Return the path with the arguments filled in."""
        return reverse(self.name, kwargs={name: values[name] for name in self.arguments})


def addresses() -> list[Address]:
    """Return every address of the URL configuration, in its order."""
    return list(_walk(get_resolver().url_patterns, (), ()))


def _walk(patterns: list[Any], spaces: tuple[str, ...], arguments: tuple[str, ...]) -> Iterator[Address]:
    for one in patterns:
        taken = (*arguments, *one.pattern.regex.groupindex)
        if isinstance(one, URLResolver):
            inner = (*spaces, one.namespace) if one.namespace else spaces
            yield from _walk(one.url_patterns, inner, taken)
        elif isinstance(one, URLPattern):
            yield Address(":".join((*spaces, one.name or str(one.pattern))), taken, one.callback)
