"""From a positive test to a closed day, in the browser: in Chinese and English, on a desk and on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.cast import CITY, COMMUNITY, COUNTY, GRID, STREET
from tests.journeys.build import FAMILIES, document_of
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.journey

WINDOWS = [("zh", 1440), ("zh", 390), ("en", 1440), ("en", 390)]
CLOSED_AREAS = dict(zip(FAMILIES, (GRID, COMMUNITY, STREET, COUNTY), strict=True))
CUTOFFS = dict(zip(FAMILIES, ("24:00", "23:00", "22:00", "21:00"), strict=True))
ZONE = ZoneInfo("Asia/Shanghai")
Arrive = Callable[..., Visitor]


@pytest.mark.parametrize(("language", "width"), WINDOWS)
def test_an_outbreak_is_run_from_a_positive_to_a_closed_day(
    arrive: Arrive, language: str, width: int
) -> None:
    family = f"{language}{width}"
    investigator = arrive("investigator", language, width).sign_in()
    n_before = open_the_board(investigator)
    clerk = enter_positive(arrive("lab_clerk", language, width).sign_in(), family)
    case = see_case_arrive(investigator, n_before)
    follow_case(investigator, case)
    confirm_orders(investigator, case)
    resident = read_why(arrive(f"resident_{family}", language, width).sign_in())
    worker = check_health(arrive("grid_worker", language, width).sign_in())
    confirm_zone(investigator, case)
    investigator.go(f"/situation/{CITY}/").look("situation-after")
    officer = publish_bulletin(arrive("province_officer", language, width).sign_in(), CUTOFFS[family])
    closer = close_day(arrive("city_officer", language, width).sign_in(), CLOSED_AREAS[family])
    faults = [
        fault for one in (clerk, investigator, resident, worker, officer, closer) for fault in one.faults
    ]
    assert not faults, "\n".join(faults)


def open_the_board(investigator: Visitor) -> int:
    """Open the situation and wait for the live connection; the number of new cases shown."""
    investigator.go(f"/situation/{CITY}/").look("situation")
    return investigator.page.locator("#new-cases li").count()


def enter_positive(clerk: Visitor, family: str) -> Visitor:
    """Enter one positive result in the form."""
    clerk.go("/labs/results/new/").look("new-result")
    now = datetime.now(ZONE)
    page = clerk.page
    page.fill("[name=document]", document_of(FAMILIES.index(family) * 10))
    page.fill("[name=sample]", f"J-{family}")
    page.fill("[name=sampled_at]", (now - timedelta(hours=6)).strftime("%Y-%m-%dT%H:%M"))
    page.fill("[name=resulted_at]", (now - timedelta(minutes=2)).strftime("%Y-%m-%dT%H:%M"))
    page.check("[name=outcome][value=positive]")
    with page.expect_navigation():
        page.click("main form [type=submit]")
    return clerk.look("new-result-done")


def see_case_arrive(investigator: Visitor, n_before: int) -> str:
    """Wait for the case on the open page, without reloading it; the case's path."""
    page = investigator.page
    page.wait_for_function("n => document.querySelectorAll('#new-cases li').length > n", arg=n_before)
    path = page.locator("#new-cases li a").first.get_attribute("href")
    assert path is not None
    investigator.look("situation-live")
    return str(path)


def follow_case(investigator: Visitor, case: str) -> None:
    """Read the timeline, decide on exposures, look at the other tabs."""
    page = investigator.go(case).page
    page.wait_for_selector("stay-timeline svg")
    investigator.look("case")
    investigator.go(f"{case}exposures/").look("exposures")
    rows = page.locator("tr[data-id]")
    assert rows.count() >= 2
    investigator.go(rows.nth(0).get_attribute("data-url") or "").look("exposure")
    decide(investigator, case, 0, "accepted")
    decide(investigator, case, rows.count() - 1 if rows.count() else 1, "rejected")
    for tab in ("orders", "chain", "report", "log"):
        investigator.go(f"{case}{tab}/").look(f"case-{tab}")


def decide(investigator: Visitor, case: str, row: int, decision: str) -> None:
    """Decide on one exposure in the list."""
    page = investigator.go(f"{case}exposures/").page
    last = page.locator("tr[data-id]").count() - 1
    page.locator("tr[data-id] [data-pick] input").nth(min(row, last)).check()
    button = page.locator(f"[data-bulk-url$='/{decision}/']")
    button.click()
    if decision == "rejected":
        page.keyboard.type("They worked from home that day")
        page.keyboard.press("Enter")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(500)


def confirm_orders(investigator: Visitor, case: str) -> None:
    """Confirm the first draft on its own page and the others in the list."""
    number = case.strip("/").split("/")[-1]
    page = investigator.go(f"/measures/orders/?case={number}&state=draft").page
    investigator.look("orders")
    first = page.locator("tr[data-id]").first.get_attribute("data-url") or ""
    investigator.go(first).look("order-draft")
    investigator.submit("/confirm/")
    investigator.look("order-confirmed")
    investigator.go(f"/measures/orders/?case={number}&state=draft")
    boxes = page.locator("tr[data-id] [data-pick] input")
    for index in range(boxes.count()):
        boxes.nth(index).check()
    page.locator("[data-bulk-url$='/orders/confirm/']").click()
    page.wait_for_timeout(1500)
    investigator.go(f"/measures/orders/?case={number}&state=draft")
    assert page.locator("tr[data-id]").count() == 0
    sheet = investigator.fetch(f"{first}sheet/")
    assert sheet.startswith(b"%PDF")


def read_why(resident: Visitor) -> Visitor:
    """Open one's own order and both printed sheets."""
    resident.go("/mine/").look("mine")
    path = resident.page.locator("main a[href*='/measures/mine/']").first.get_attribute("href") or ""
    resident.go(path).look("why-me")
    for language in ("zh", "en"):
        assert resident.fetch(f"{path}sheet/?lang={language}").startswith(b"%PDF")
    return resident


def check_health(worker: Visitor) -> Visitor:
    """Open the phone list and settle a health check."""
    worker.go("/duties/mine/").look("my-duties")
    page = worker.page
    words = re.compile("健康监测|health check", re.IGNORECASE)
    page.locator("a.duty-link").filter(has_text=words).first.click()
    page.wait_for_selector("form[action$='/do/']")
    worker.look("duty")
    page.fill("[name=temperature]", "36.6")
    page.check("[name=symptoms][value=none]")
    path = page.url
    page.locator("form[action$='/do/'] [type=submit]").click()
    page.wait_for_timeout(1500)
    worker.go(path)
    assert page.locator("form[action$='/do/']").count() == 0
    return worker.look("duty-done")


def confirm_zone(investigator: Visitor, case: str) -> None:
    """Confirm the zone that the case asks for."""
    page = investigator.go("/measures/zones/?state=proposed").page
    investigator.look("zones")
    link = page.locator("table.records tbody a").first.get_attribute("href") or ""
    investigator.go(link).look("zone")
    investigator.submit("/confirm/")
    investigator.look("zone-confirmed")


def publish_bulletin(officer: Visitor, cutoff: str) -> Visitor:
    """Compose, publish and read the bulletin as the public does."""
    officer.go(f"/bulletins/compose/?area=44&on=2020-02-01&cutoff={cutoff}").look("compose")
    page = officer.page
    if page.locator("form[action$='/publish/']").count():
        officer.submit("/publish/")
    officer.go("/bulletins/").look("bulletins")
    path = page.locator("main a[href^='/bulletins/']:not([href*=compose])").first.get_attribute("href")
    officer.go(str(path)).look("bulletin")
    assert "535" in page.inner_text("main")
    return officer


def close_day(closer: Visitor, area: str) -> Visitor:
    """Explain what was left of yesterday and seal the day."""
    day = (datetime.now(ZONE) - timedelta(days=1)).date()
    closer.go(f"/duties/close/?area={area}&day={day}").look("close")
    page = closer.page
    for box in page.locator("input[name^='why-']:visible").all():
        box.fill("Nobody was on duty that night")
    with page.expect_navigation():
        page.locator("form:has(input[name=day][type=hidden]) [type=submit]").click()
    assert "/duties/closed/" in page.url
    return closer.look("closed-day")
