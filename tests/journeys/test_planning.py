"""A meeting asks what if: scenarios compared in the background, readiness, a change of rules, in the browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cast import COMMUNITY
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.journey

Arrive = Callable[..., Visitor]
PAGE = f"/planning/{COMMUNITY}/whatif/"
NEW_ROW = "n => document.querySelectorAll('table.records tbody a').length > n"
LONG = 300_000
"""Milliseconds: the first simulation of an installation compiles its code, on a busy machine for minutes."""


@pytest.mark.parametrize(("language", "width"), [("zh", 1440), ("en", 390)])
def test_scenarios_are_asked_compared_repeated_and_held_against_what_is_ready(
    arrive: Arrive, language: str, width: int
) -> None:
    officer = arrive("city_officer", language, width).sign_in()
    cancel_one(officer)
    ask(officer)
    study = open_study(officer)
    repeat(officer, study)
    record_beds(officer, study)
    compare_rules(officer)
    officer.go(f"/travel/{COMMUNITY}/return/").look("return-empty")
    assert not officer.faults, "\n".join(officer.faults)


def fill(officer: Visitor, n_runs: int) -> None:
    """Fill the form with a quick comparison; a label makes each question its own."""
    page = officer.go(PAGE).page
    for name, value in {"days": 20, "n_runs": n_runs, "n_seeds": 5}.items():
        page.fill(f"[name={name}]", str(value))


def cancel_one(officer: Visitor) -> None:
    """Ask for many runs, leave, come back and cancel."""
    fill(officer, 200)
    officer.look("whatif-form")
    page = officer.page
    with page.expect_navigation():
        page.click("main form[method=post] [type=submit]")
    officer.look("whatif-under-way")
    button = page.locator("#studies-under-way button").first
    if button.count():
        button.click()
    page.wait_for_selector("#studies-under-way:not([hx-get])", state="attached", timeout=LONG)
    officer.look("whatif-ended")


def ask(officer: Visitor) -> None:
    """Ask for a quick comparison and wait for its row."""
    before = officer.go(PAGE).page.locator("table.records tbody a").count()
    fill(officer, 2)
    page = officer.page
    with page.expect_navigation():
        page.click("main form[method=post] [type=submit]")
    page.wait_for_function(NEW_ROW, arg=before, timeout=LONG)
    officer.look("whatif-made")


def open_study(officer: Visitor) -> str:
    """Open the newest study; its path."""
    page = officer.page
    path = str(page.locator("table.records tbody a").first.get_attribute("href"))
    officer.go(path)
    page.locator("fan-chart").first.scroll_into_view_if_needed()
    page.wait_for_selector("fan-chart canvas")
    officer.look("study")
    return path


def repeat(officer: Visitor, study: str) -> None:
    """Press the button and wait until the page says that every bit is equal."""
    officer.go(study)
    officer.submit("/repeat/")
    officer.page.wait_for_function(
        "() => !document.querySelector('#studies-under-way[hx-get]')", timeout=LONG
    )
    officer.look("study-repeated")


def record_beds(officer: Visitor, study: str) -> None:
    """Record one bed and see that it does not suffice."""
    page = officer.go(f"/planning/{COMMUNITY}/readiness/").page
    page.select_option("[name=kind]", "quarantine_rooms")
    page.fill("[name=amount]", "1")
    page.fill("[name=source]", "Health bureau")
    with page.expect_navigation():
        page.click("form.stacked-form [type=submit]")
    officer.look("readiness")
    assert page.locator(".lead-line").count() == 1


def compare_rules(officer: Visitor) -> None:
    """Hold two packs against the orders of today, without a simulation."""
    page = officer.go(f"/planning/{COMMUNITY}/rules/").look("rules").page
    before = page.locator("table.records tbody a").count()
    page.uncheck("[name=with_simulation]")
    with page.expect_navigation():
        page.click("form.stacked-form [type=submit]")
    page.wait_for_function(NEW_ROW, arg=before, timeout=LONG)
    officer.go(str(page.locator("table.records tbody a").first.get_attribute("href"))).look("difference")
