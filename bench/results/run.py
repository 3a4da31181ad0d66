"""Import the file; the one step that is counted."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from bench.machine import peak_rss_bytes
from tongzhou.cli.records import open_records


def main(home: Path) -> None:
    """Import and print seconds, rows and memory."""
    open_records()
    from tongzhou.core.access import system_actor
    from tongzhou.server.labs.actions import open_laboratory
    from tongzhou.server.labs.bulk import ResultFile, import_results

    actor = system_actor("bench")
    laboratory = open_laboratory(actor, "4403", "BENCH", "测试")
    path, started = home / "results.csv", time.perf_counter()
    receipt = import_results(actor, laboratory, ResultFile(path, path.name, "b" * 64))
    figures = {
        "import_s": round(time.perf_counter() - started, 2),
        "n_accepted": receipt.n_accepted,
        "n_linked": receipt.n_linked,
        "n_positive": receipt.n_positive,
        "peak_rss_bytes": peak_rss_bytes(),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
