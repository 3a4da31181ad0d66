"""One step of the measurement, in its own process: read the feed, check it, write both orderings."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.machine import peak_rss_bytes
from bench.trace.generate import read
from tongzhou.ledger import open_ledger

RECORDED = datetime(2020, 2, 2, tzinfo=UTC)


def ingest(feed: Path, folder: Path) -> dict[str, object]:
    """Append every day's file as one batch; the time includes reading, checking, writing and committing."""
    n_accepted = n_rejected = 0
    start = time.perf_counter()
    with open_ledger(folder) as ledger:
        for day, path in enumerate(sorted(feed.glob("*.arrows"))):
            report = ledger.append_stream(
                "stays", read(path), batch_id=path.name, recorded_at=RECORDED + timedelta(days=day)
            )
            n_accepted += report.n_accepted
            n_rejected += report.n_rejected
    seconds = time.perf_counter() - start
    size = sum(path.stat().st_size for path in folder.rglob("*.parquet"))
    return {
        "n_accepted": n_accepted,
        "n_rejected": n_rejected,
        "seconds": seconds,
        "cpu_s": time.process_time(),
        "rows_per_s": (n_accepted + n_rejected) / seconds,
        "bytes_on_disk": size,
        "peak_rss_bytes": peak_rss_bytes(),
    }


if __name__ == "__main__":
    print(json.dumps(ingest(Path(sys.argv[1]), Path(sys.argv[2]))))
