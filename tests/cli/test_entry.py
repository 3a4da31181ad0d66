"""The command line runs as a module too: the demonstration starts its worker that way."""

from __future__ import annotations

import subprocess
import sys


def test_the_module_runs_the_command_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tongzhou.cli.main", "--version"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "tongzhou" in done.stdout
