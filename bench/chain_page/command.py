"""Draw a large transmission chain in a headless browser and move it; how long, how smoothly.

Without a graphics card the browser draws WebGL in software, which is the slowest case; the script time per frame is
what our code costs on any machine.
"""

from __future__ import annotations

import functools
import json
import shutil
import tempfile
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import click
import numpy as np

from bench.machine import ROOT, machine
from tongzhou.cli.output import json_option, print_result
from tongzhou.cli.parameters import Count

DIST = ROOT / "src/tongzhou/server/static/dist"
SETTINGS = ["Household", "Workplace", "Meal", "Transport", "Unknown"]
FLAGS = ["--no-sandbox", "--disable-gpu", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
FLAGS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]

MOVE = """async () => {
  const { sigma } = document.querySelector("chain-graph");
  const camera = sigma.getCamera();
  let frames = 0, script = 0;
  const render = sigma.render.bind(sigma);
  sigma.render = () => {
    const t = performance.now();
    render();
    script += performance.now() - t;
    frames++;
    return sigma;
  };
  const start = performance.now();
  for (const to of [{x: 0.4, y: 0.6, ratio: 0.5}, {x: 0.7, y: 0.3, ratio: 0.1}, {x: 0.5, y: 0.5, ratio: 1}])
    await camera.animate(to, {duration: 1500});
  const seconds = (performance.now() - start) / 1000;
  return {frames_per_s: frames / seconds, script_ms_per_frame: script / frames};
}"""


def make_chain(n_cases: int, n_contacts: int, seed: int) -> dict[str, Any]:
    """A branching chain in which half of the cases infect nobody and a tenth infects many."""
    rng = np.random.default_rng(seed)
    onset, infector = [0], [-1]
    for row in range(1, n_cases):
        parent = int(rng.integers(max(0, row - 40 - row // 2), row))
        infector.append(parent)
        onset.append(onset[parent] + max(1, int(rng.gamma(4.0, 1.4))))
    cases = {
        "id": list(range(1, n_cases + 1)),
        "label": [f"GD-{i + 1:05d}" for i in range(n_cases)],
        "onset": onset,
        "infector": infector,
        "setting": rng.integers(0, len(SETTINGS), n_cases).tolist(),
    }
    contacts = {"case": rng.integers(0, n_cases, n_contacts).tolist(), "id": list(range(n_contacts))}
    return {"base": "2020-01-01", "settings": SETTINGS, "cases": cases, "contacts": contacts}


def write_page(folder: Path, chain: dict[str, Any]) -> None:
    """The built scripts, the chain, and a page that shows nothing else."""
    manifest = json.loads((DIST / ".vite/manifest.json").read_text(encoding="utf-8"))
    entry = manifest["web/console.ts"]
    shutil.copytree(DIST, folder / "static/dist")
    (folder / "chain.json").write_text(json.dumps(chain), encoding="utf-8")
    styles = "".join(f'<link rel="stylesheet" href="/static/dist/{name}">' for name in entry["css"])
    script = f'<script type="module" src="/static/dist/{entry["file"]}"></script>'
    body = '<chain-graph data-src="/chain.json" data-height="700"></chain-graph>'
    page = f'<!DOCTYPE html><html lang="en"><meta charset="utf-8">{styles}<body>{body}{script}</body></html>'
    (folder / "index.html").write_text(page, encoding="utf-8")


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def measure(folder: Path, browser_path: str) -> dict[str, Any]:
    """Open the page in a browser, wait until drawn, move the camera."""
    from playwright.sync_api import sync_playwright

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=browser_path, args=FLAGS)
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(f"http://127.0.0.1:{server.server_port}/")
            page.wait_for_selector("chain-graph[data-draw-ms]", timeout=60_000)
            figures = {
                "open_to_drawn_ms": round(page.evaluate("performance.now()")),
                "draw_ms": int(page.get_attribute("chain-graph", "data-draw-ms") or 0),
                **{key: round(value, 1) for key, value in page.evaluate(MOVE).items()},
            }
            browser.close()
    finally:
        server.shutdown()
    return figures


@click.command(name="chain_page")
@click.option("--cases", "n_cases", type=Count(minimum=2), default="5000", show_default=True)
@click.option("--contacts", "n_contacts", type=Count(minimum=0), default="20000", show_default=True)
@click.option("--browser", default=shutil.which("chromium") or "/usr/bin/chromium", show_default=True)
@json_option
def command(n_cases: int, n_contacts: int, browser: str, as_json: bool) -> None:
    """Draw a transmission chain in a headless browser and move it."""
    here = machine()
    with tempfile.TemporaryDirectory() as folder:
        write_page(Path(folder), make_chain(n_cases, n_contacts, seed=1))
        figures = measure(Path(folder), browser)
    result = {"machine": here, "cases": n_cases, "contacts": n_contacts, **figures}
    print_result(result, as_json, lambda found: json.dumps(found, indent=2))
