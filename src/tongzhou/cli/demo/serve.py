"""Run the server and the worker side by side until one of them ends or somebody stops both."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

from tongzhou.core.home import resolve_home


def serve(host: str, port: int, *, with_worker: bool = True) -> int:
    """Run one ASGI process and one worker; return the exit code of whichever ended first."""
    (resolve_home(os.environ) / "static").mkdir(parents=True, exist_ok=True)
    commands = [
        [
            *(sys.executable, "-m", "granian", "--interface", "asginl", "--host", host, "--port", str(port)),
            *(
                "--workers",
                "1",
                "--no-ws",
                "--log-level",
                "warning",
                "tongzhou.server.config.asgi:application",
            ),
        ]
    ]
    if with_worker:
        commands.append([sys.executable, "-m", "tongzhou.cli.main", "worker"])
    running = [subprocess.Popen(command, env=os.environ.copy()) for command in commands]
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: _stop(running))
    try:
        while all(process.poll() is None for process in running):
            time.sleep(0.2)
    finally:
        _stop(running)
    codes = [_wait(process) for process in running]
    return next((code for code in codes if code), 0)


def _stop(running: list[subprocess.Popen[bytes]]) -> None:
    for process in running:
        if process.poll() is None:
            process.terminate()


def _wait(process: subprocess.Popen[bytes], seconds: float = 5) -> int:
    """Wait for a process to end; one that open event streams keep alive is killed."""
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def wait_until_up(host: str, port: int, seconds: float = 30) -> bool:
    """Wait until the server answers; return whether it did."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"http://{host}:{port}/login/", timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    return False
