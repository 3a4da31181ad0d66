"""How values are written for a person."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation

from tongzhou.server.kernel.templatetags import ui
from tongzhou.server.kernel.templatetags.ui_strings import component_strings

NOON = datetime(2020, 2, 1, 4, 0, tzinfo=UTC)
WEB = Path(__file__).resolve().parents[3] / "web"


def rendered(source: str, **values: object) -> str:
    return Template("{% load ui %}" + source).render(Context(values))


def test_an_instant_is_written_in_the_zone_of_the_site():
    assert ui.instant(NOON) == '<time datetime="2020-02-01T12:00:00+08:00">2020-02-01 12:00</time>'


def test_an_instant_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="has no zone"):
        ui.instant(datetime(2020, 2, 1, 12))  # noqa: DTZ001


def test_the_day_of_an_instant_is_the_local_one():
    assert "2020-02-02" in ui.day(datetime(2020, 2, 1, 20, tzinfo=UTC))


def test_the_zone_is_named_with_its_offset():
    with translation.override("en"):
        assert rendered("{% zone_note %}") == "Times in Asia/Shanghai (UTC+08:00)"


@pytest.mark.parametrize(
    ("value", "text"), [(1234567, "1,234,567"), (None, "–"), (0, "0"), (float("nan"), "–")]
)
def test_numbers_are_grouped_and_the_unknown_is_no_zero(value: float | None, text: str):
    assert ui.grouped(value) == text


def test_large_numbers_use_the_chinese_unit_in_chinese_only():
    with translation.override("zh-hans"):
        assert [ui.wan(n) for n in (9999, 10000, 12345, 230_000_000)] == ["9,999", "1万", "1.2万", "2.3亿"]
    with translation.override("en"):
        assert ui.wan(12345) == "12,345"


def test_a_change_carries_a_true_sign():
    assert [ui.signed(n) for n in (12, -3, 0)] == ["+12", "\u22123", "0"]


@pytest.mark.parametrize(
    ("hours", "state"), [(0, "active"), (2.9, "active"), (3, "soon"), (4, "late"), (9, "late")]
)
def test_a_clock_of_four_hours_is_amber_in_its_last(hours: float, state: str):
    started = NOON
    assert ui.ring_state(NOON + timedelta(hours=hours), NOON + timedelta(hours=4), started)[0] == state


def test_a_clock_settled_after_it_was_due_stays_red():
    html = rendered(
        "{% clock_ring due start 'Report' done_at=done %}",
        due=NOON,
        start=NOON - timedelta(hours=2),
        done=NOON + timedelta(hours=1),
    )
    assert "state-late" in html


def test_a_state_that_does_not_exist_is_named_in_the_error():
    with pytest.raises(TemplateSyntaxError, match="'purple' is not one of"):
        rendered("{% state_badge 'purple' 'x' %}")


def test_a_label_cannot_carry_markup():
    assert "<b>" not in rendered(
        "{% state_badge 'late' label %}{% sparkline values label %}", label="<b>", values=[1, 2]
    )


def test_a_gap_breaks_the_sparkline():
    assert rendered("{% sparkline values 'x' %}", values=[1, None, 3]).count("M") == 1 + 1


def test_a_sparkline_of_nothing_is_drawn_empty():
    assert 'd=""' in rendered("{% sparkline values 'x' %}", values=[None])


def test_a_step_of_the_funnel_has_a_bar_of_its_share_and_a_count_of_another_kind_has_none():
    steps = [{"label": "a", "n": 200}, {"label": "b", "n": 50, "of": 200}]
    html = rendered("{% custody_funnel steps %}", steps=steps)
    assert re.findall(r'bar-fill" width="([\d.]+)"', html) == ["25"]


def test_a_filter_keeps_the_others_and_returns_to_the_first_page():
    request = RequestFactory().get("/", {"state": "late", "kind": "test", "page": "4"})
    html = rendered("{% query_with 'kind' '' %}|{% query_with 'kind' 'a&b' %}", request=request)
    assert html == "?state=late|?state=late&amp;kind=a%26b"


def test_component_strings_cannot_close_their_block(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ui, "component_strings", lambda: {"a": "</script><b>"})
    html = ui.ui_strings()
    assert html.count("</script>") == 1
    assert json.loads(html[html.index("{") : html.rindex("}") + 1]) == {"a": "</script><b>"}


def test_every_string_that_scripts_ask_for_exists():
    asked: set[str] = set()
    for path in WEB.rglob("*.ts"):
        if not path.name.endswith(".test.ts"):
            asked.update(re.findall(r'\bt\("(\w+)"', path.read_text(encoding="utf-8")))
    assert asked - component_strings().keys() == set()


def test_every_template_string_of_the_front_end_has_chinese():
    catalogue = (Path(ui.__file__).parents[1] / "locale/zh_Hans/LC_MESSAGES/django.po").read_text(
        encoding="utf-8"
    )
    known = {json.loads(text) for text in re.findall(r'^msgid ("(?:[^"\\]|\\.)*")$', catalogue, re.MULTILINE)}
    with translation.override("en"):
        missing = {str(text) for text in component_strings().values()} - known
    assert missing == set()


def test_no_template_of_the_front_end_breaks_the_content_security_policy():
    folder = Path(ui.__file__).parents[2] / "templates"
    pages = {path.name: path.read_text(encoding="utf-8") for path in folder.rglob("*.html")}
    assert len(pages) > 20
    forbidden = r'\sstyle="|<style|\son\w+="|hx-on|<script(?! type="application/json")'
    assert [name for name, text in pages.items() if re.search(forbidden, text)] == []


def test_a_date_is_written_as_it_is():
    assert "2020-02-01" in ui.day(date(2020, 2, 1))


@pytest.mark.parametrize("page", ["console_base", "portal_base", "phone_base", "print_base", "500", "404"])
def test_a_base_renders_without_any_context(page: str):
    assert 'id="main"' in render_to_string(f"{page}.html")
