"""An import of results killed between the commit of the ledger and that of the database, then run again.

``python -m bench.kill.importing`` lets the worker finish and prints what stands in the home of the environment.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench.machine import ROOT, run_step


def kill_imports(root: Path, n_rows: int, moments: tuple[float, ...]) -> dict[str, Any]:
    """Import a file without a kill, then on a copy for each moment after the ledger's commit; compare the counts."""
    base = root / "base"
    os.environ |= {"TONGZHOU_HOME": str(base), "TONGZHOU_DATABASE_URL": ""}
    run_step("bench.results.generate", base, n_rows, n_rows, False)
    whole = _import(base, root / "whole", None)
    trials = [{"after_commit_s": at, **_import(base, root / "trial", at)} for at in moments]
    return {"whole": whole, "trials": trials, "is_same": [row["rows"] == whole["rows"] for row in trials]}


def _import(base: Path, home: Path, killed_at: float | None) -> dict[str, Any]:
    shutil.copytree(base, home)
    os.environ["TONGZHOU_HOME"] = str(home)
    is_killed = killed_at is not None and _kill(home, killed_at)
    run_step("bench.results.run", home)
    found = run_step("bench.kill.importing")
    shutil.rmtree(home)
    return {"is_killed": is_killed, **found}


def _kill(home: Path, seconds: float) -> bool:
    """Kill the import so many seconds after the ledger's commit; return whether it still ran."""
    process = subprocess.Popen([sys.executable, "-m", "bench.results.run", str(home)], cwd=ROOT)
    commits = home / "ledger" / "results" / "_delta_log"
    while process.poll() is None and len(list(commits.glob("*1.json"))) == 0:
        time.sleep(0.01)
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


def _count() -> dict[str, Any]:
    """Return the rows of every table but the audit's, where each import is noted, and of the ledger."""
    from click.testing import CliRunner

    from bench.kill.account import account
    from bench.kill.steps import work
    from tongzhou.cli.commands.audit import verify
    from tongzhou.cli.records import open_records
    from tongzhou.server.movement.ledger_door import get_ledger

    open_records()
    work()
    results = get_ledger().select("results", columns=["sample"])
    rows = {name: count for name, (count, _) in account().items() if name != "audit.event"}
    rows |= {"ledger results": results.height, "distinct samples": results["sample"].n_unique()}
    return {"rows": rows, "is_intact": CliRunner().invoke(verify, ["--json"]).exit_code == 0}


if __name__ == "__main__":
    print(json.dumps(_count()))
