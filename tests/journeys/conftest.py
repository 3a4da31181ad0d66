"""A served installation with a browser before it: one server and one worker for all journeys of a session."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.visitor import Visitor

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """Build the records in a home of their own and serve them; the address."""
    if not (ROOT / "src/tongzhou/server/static/dist/.vite/manifest.json").exists():
        pytest.fail("the front end is not built: make setup")
    home = Path(tempfile.mkdtemp(prefix="tongzhou-journey-"))
    environment = {**os.environ, "TONGZHOU_HOME": str(home)}
    environment.pop("TONGZHOU_DATABASE_URL", None)
    subprocess.run([sys.executable, "-m", "tests.journeys.build"], cwd=ROOT, env=environment, check=True)
    port = free_port()
    granian = [
        "granian",
        "--interface",
        "asgi",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--log-level",
        "warning",
    ]
    commands = [
        [sys.executable, "-m", *granian, "--no-ws", "tongzhou.server.config.asgi:application"],
        [sys.executable, "-m", "tongzhou.cli.main", "worker"],
    ]
    running = [subprocess.Popen(command, cwd=ROOT, env=environment) for command in commands]
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{address}/login/")
        yield address
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(20)
        shutil.rmtree(home, ignore_errors=True)


def wait_for(address: str, seconds: float = 180) -> None:
    """Wait until the server answers."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    pytest.fail(f"nothing answers at {address}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Start Debian's Chromium."""
    if not Path(CHROMIUM).exists():
        pytest.fail("install chromium: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where the screenshots go: `TONGZHOU_PICTURES`, or a new folder of the machine's temporary files."""
    folder = Path(os.environ.get("TONGZHOU_PICTURES") or tempfile.mkdtemp(prefix="tongzhou-pictures-"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def arrive(site: str, browser: Any, pictures: Path) -> Iterator[Callable[..., Visitor]]:
    """Return a function that opens a browser window in a language and width, signed in as somebody."""
    visitors: list[Visitor] = []

    def open_window(name: str, language: str, width: int) -> Visitor:
        visitor = Visitor(browser, site, pictures, name=name, language=language, width=width)
        visitors.append(visitor)
        return visitor

    yield open_window
    for visitor in visitors:
        visitor.leave()
