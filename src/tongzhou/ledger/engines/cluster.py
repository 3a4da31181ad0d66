"""The engine of a cluster: the same kernels on groups of files, one DuckDB in each Dask worker.

Each worker takes a share of the files; all must reach the ledger's folder under the same path.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import polars as pl
import pyarrow as pa

from tongzhou.core.errors import MissingExtra
from tongzhou.ledger.engines.local import LocalEngine, LocalOptions, empty_frame
from tongzhou.ledger.selections import Selection

if TYPE_CHECKING:
    from distributed import Client

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ClusterOptions:
    """Where the scheduler is, and the limits of each task.

    address : str — of the Dask scheduler; empty starts two local worker processes
    memory_limit : str — DuckDB's memory in one task
    n_tasks : int — groups of files of one selection
    """

    address: str = ""
    memory_limit: str = "400MB"
    n_tasks: int = 8


class ClusterEngine:
    """Dask workers, each reading its share of the files."""

    def __init__(self, options: ClusterOptions | None = None) -> None:
        self.options = options or ClusterOptions()
        self._client = _connect(self.options.address)

    def collect(self, parts: Sequence[Selection]) -> pl.DataFrame:
        """Return the selected rows of all workers."""
        frames = self._spread(_collect_part, parts)
        return pl.concat(frames) if frames else empty_frame(parts[0])

    def sweep(self, parts: Sequence[Selection], function: Callable[[pa.RecordBatch], T]) -> list[T]:
        """Apply `function` to the batches where they are read; only its results travel."""
        return [found for results in self._spread(_sweep_part, parts, function) for found in results]

    def close(self) -> None:
        """Leave the cluster, and end the workers that this engine started."""
        cluster = self._client.cluster
        self._client.close()  # type: ignore[no-untyped-call]
        if not self.options.address and cluster is not None:
            cluster.close()

    def _spread(self, task: Callable[..., T], parts: Sequence[Selection], *others: object) -> list[T]:
        limits = LocalOptions(memory_limit=self.options.memory_limit, threads=1)
        shares = [share for part in parts for share in self._shares(part)]
        futures = [self._client.submit(task, limits, share, *others, pure=False) for share in shares]
        gathered: list[T] = self._client.gather(futures)  # type: ignore[no-untyped-call]
        return gathered

    def _shares(self, part: Selection) -> list[Selection]:
        n_tasks = min(self.options.n_tasks, len(part.files))
        return [part.part(part.files[start::n_tasks]) for start in range(n_tasks)]


def _connect(address: str) -> Client:
    try:
        from distributed import Client
    except ImportError as error:
        raise MissingExtra("The dask engine", "cluster") from error
    if address:
        return Client(address)  # type: ignore[no-untyped-call]
    return Client(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None)  # type: ignore[no-untyped-call]


def _collect_part(limits: LocalOptions, part: Selection) -> pl.DataFrame:
    engine = LocalEngine(limits)
    try:
        return engine.collect([part])
    finally:
        engine.close()


def _sweep_part(limits: LocalOptions, part: Selection, function: Callable[[pa.RecordBatch], T]) -> list[T]:
    engine = LocalEngine(limits)
    try:
        return engine.sweep([part], function)
    finally:
        engine.close()
