"""Engines carry out selections: on this machine, or on a cluster. A registry: each passes one contract."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import polars as pl
import pyarrow as pa

from tongzhou.core.errors import InputError
from tongzhou.ledger.selections import Selection

T = TypeVar("T")


class Engine(Protocol):
    """What the ledger asks of an engine."""

    def collect(self, parts: Sequence[Selection]) -> pl.DataFrame:
        """Return the rows of one or more parts of a selection, in no promised order."""
        ...

    def sweep(self, parts: Sequence[Selection], function: Callable[[pa.RecordBatch], T]) -> list[T]:
        """Apply `function` to the rows in batches of any size and order, in any thread; return what it gave."""
        ...

    def close(self) -> None:
        """Free what the engine holds."""
        ...


def _local(**options: object) -> Engine:
    from tongzhou.ledger.engines.local import LocalEngine, LocalOptions

    return LocalEngine(LocalOptions(**options))  # type: ignore[arg-type]


def _dask(**options: object) -> Engine:
    from tongzhou.ledger.engines.cluster import ClusterEngine, ClusterOptions

    return ClusterEngine(ClusterOptions(**options))  # type: ignore[arg-type]


ENGINES: dict[str, Callable[..., Engine]] = {"local": _local, "dask": _dask}


def start_engine(name: str, **options: object) -> Engine:
    """Return a new engine by its name.

    Raises
    ------
    InputError — ``ledger.unknown_engine``
    """
    if name not in ENGINES:
        raise InputError(
            "ledger.unknown_engine", f"There is no engine {name!r}.", f"Use one of: {', '.join(ENGINES)}."
        )
    return ENGINES[name](**options)
