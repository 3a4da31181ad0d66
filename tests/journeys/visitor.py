"""One person before a browser window: every page they look at is checked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.journeys.build import PASSWORD

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
LOCALES = {"zh": "zh-CN", "en": "en-US"}


class Visitor:
    """Opens pages, and collects what goes wrong on them: console errors, refused content, axe's findings."""

    def __init__(
        self, browser: Any, site: str, pictures: Path, *, name: str, language: str, width: int
    ) -> None:
        self.site, self.pictures, self.name = site, pictures, name
        self.language, self.width = language, width
        self.context = browser.new_context(
            locale=LOCALES[language], viewport={"width": width, "height": 900}, timezone_id="Asia/Shanghai",
            bypass_csp=False, accept_downloads=True, has_touch=width < 800, reduced_motion="reduce",
        )  # fmt: skip
        self.page = self.context.new_page()
        self.page.set_default_timeout(90_000)
        self.faults: list[str] = []
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.faults.append(f"{self.page.url}: {error}"))
        self.page.on("response", self._note_answer)

    def _hear(self, message: Any) -> None:
        if message.type == "error":
            self.faults.append(f"{self.page.url}: {message.text}")

    def _note_answer(self, response: Any) -> None:
        if response.status >= 500 or (response.status == 404 and "/static/" in response.url):
            self.faults.append(f"{response.status} {response.url}")

    def sign_in(self) -> Visitor:
        """Sign in through the form."""
        self.go("/login/")
        self.page.fill("[name=username]", self.name)
        self.page.fill("[name=password]", PASSWORD)
        self.page.click("main [type=submit]")
        self.page.wait_for_url(lambda url: "/login/" not in url)
        return self

    def go(self, path: str) -> Visitor:
        """Open a page."""
        self.page.goto(path if path.startswith("http") else self.site + path, wait_until="load")
        return self

    def look(self, title: str) -> Visitor:
        """Check the page that is shown, and keep a picture of it."""
        self.page.wait_for_timeout(350)
        width = self.page.evaluate("document.documentElement.scrollWidth")
        if width > self.width:
            self.faults.append(f"{self.page.url}: {width} px wide in a window of {self.width}")
        stem = f"{title}-{self.language}-{self.width}"
        self.page.screenshot(path=str(self.pictures / f"{stem}.png"), full_page=True)
        self.faults += [f"{stem} {self.page.url}: {finding}" for finding in self._findings()]
        return self

    def _findings(self) -> list[str]:
        if not self.page.evaluate("typeof axe !== 'undefined'"):
            self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate(
            "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}}).then(r => r.violations)",
            RULES,
        )
        return [f"{one['impact']} {one['id']} {one['nodes'][0]['html'][:160]}" for one in found]

    def submit(self, action: str) -> None:
        """Send the form with this end of its address, and wait for the page that follows."""
        form = self.page.locator(f"form[action$='{action}']").first
        with self.page.expect_navigation():
            form.locator("[type=submit]").first.click()

    def fetch(self, path: str) -> bytes:
        """Return the content of an address, with the session of the window."""
        response = self.context.request.get(path if path.startswith("http") else self.site + path)
        assert response.ok, f"{response.status} {path}"
        return bytes(response.body())

    def leave(self) -> None:
        """Close the window."""
        self.context.close()
