"""Bulletins from counts and from cases: which figure counts, from where, and what is new."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from tests.cast import Cast
from tests.server.portal.conftest import HEADER
from tests.server.world import build_world
from tongzhou.core.access import system_actor
from tongzhou.core.errors import InputError
from tongzhou.server.areas.actions import load_areas
from tongzhou.server.cases.actions import CaseEntry, open_case
from tongzhou.server.portal.figures import compose_figures
from tongzhou.server.portal.wording import json_of, text_of

pytestmark = pytest.mark.django_db
DAY = date(2022, 7, 11)
SERIES = "date,province,provinceCode,city,cityCode,confirmed,cured,dead\n"


def confirmed(figures: object) -> dict[str, int]:
    return {line.name: line.counts["confirmed"] for line in figures.areas}


def test_each_cutoff_has_its_own_figures(counts: object) -> None:
    noon, evening = compose_figures("44", DAY, "12:00"), compose_figures("44", DAY)
    assert (noon.total.counts["confirmed"], evening.total.counts["confirmed"]) == (12, 15)
    assert confirmed(noon) == {"深圳市": 7, "广州市": 5}


def test_a_cutoff_between_two_states_the_earlier_one_and_says_so(counts: object) -> None:
    figures = compose_figures("44", DAY, "18:00")
    assert (figures.cutoff, figures.total.counts["confirmed"]) == ("12:00", 12)


def test_midnight_is_the_end_of_the_day_before(counts: object) -> None:
    assert compose_figures("44", DAY + timedelta(days=1), "00:00").total.counts["confirmed"] == 15


def test_one_city_has_a_bulletin_of_its_own(counts: object) -> None:
    figures = compose_figures("4403", DAY)
    assert figures.total.counts["confirmed"] == 9
    assert figures.areas == []


def test_every_figure_names_its_source(counts: object) -> None:
    document = json_of(compose_figures("44", DAY))
    for line in [document, *document["areas"]]:
        assert line["sources"]["confirmed"]["source"] == "snapshot"
        assert line["sources"]["confirmed"]["crawled_at"].startswith("2022-07-12T09:00")
        assert line["sources"]["confirmed"]["record"]


def test_the_official_series_wins_and_both_are_kept(counts: object, import_text: object) -> None:
    import_text("city-daily", SERIES + "2022-07-11,广东省,440000,深圳市,440300,8,2,0\n", "series.csv")
    figures = compose_figures("44", DAY)
    assert confirmed(figures)["深圳市"] == 8
    assert figures.total.sources["confirmed"]["source"] == "sum_of_areas"


def test_a_fall_is_a_correction_and_never_a_negative_number(counts: object, import_text: object) -> None:
    text = "广东省,深圳,13,1,7,1,2022-07-13 09:00:00\n广东省,广州,13,1,6,0,2022-07-13 09:00:00\n"
    import_text("city-daily", HEADER + text, "b.csv")
    figures = compose_figures("44", DAY + timedelta(days=1))
    fall = {"code": "4403", "name": "深圳市", "measure": "confirmed", "before": 9, "after": 7}
    assert fall in figures.corrections
    assert next(line for line in figures.areas if line.code == "4403").new["confirmed"] is None
    assert "订正：深圳市累计确诊由9例订正为7例" in text_of(figures, "zh")


@pytest.mark.parametrize(
    ("inner", "total", "names", "sum_of_areas"),
    [
        ("南山区", "", 2, 6), ("南山区", "7", 3, 7), ("南山区", "6", 2, 6), ("南山区", "9", 2, 9),
        ("台山市", "", 3, 7), ("台山市", "7", 3, 7), ("台山市", "6", 2, 6),
    ],
)  # fmt: skip
def test_a_district_is_part_of_its_city_and_a_county_apart_unless_the_total_says_otherwise(
    areas: None, import_text: object, inner: str, total: str, names: int, sum_of_areas: int
) -> None:
    load_areas(
        [
            {"code": "4407", "level": "city", "name_zh": "江门市"},
            {"code": "440781", "level": "county", "name_zh": "台山市"},
        ]
    )
    city = "深圳市" if inner == "南山区" else "江门市"
    rows = [(city, 4), (inner, 1), ("广州市", 2), *([("广东省", total)] if total else [])]
    text = "date,province,area,measure,count\n"
    import_text("city-daily", text + "".join(f"2022-07-11,广东省,{a},confirmed,{n}\n" for a, n in rows))
    figures = compose_figures("44", DAY)
    assert len(figures.areas) == names
    assert figures.total.counts["confirmed"] == sum_of_areas


def test_where_nothing_was_reported_the_cases_are_counted(cast: Cast, now: datetime) -> None:
    world = build_world(now)
    open_case(system_actor("test"), CaseEntry(world.people["wang"], now))
    figures = compose_figures("4403", now.date())
    assert (figures.basis, figures.total.counts["confirmed"]) == ("case_records", 1)
    assert confirmed(figures) == {"南山区": 1}
    assert figures.total.new["confirmed"] == 1


def test_no_figures_is_an_error_that_says_what_there_is(counts: object) -> None:
    with pytest.raises(
        InputError, match=r"no figures of 广东省.*reach from 2022-07-11 12:00 to 2022-07-11 24:00"
    ):
        compose_figures("44", date(2030, 1, 1))
    with pytest.raises(InputError, match="No area has the code '99'"):
        compose_figures("99", DAY)


def test_text_is_whole_in_both_languages(counts: object) -> None:
    figures = compose_figures("44", DAY)
    assert "截至2022年7月11日24时，广东省累计报告" in text_of(figures, "zh")
    assert "Shenzhen 9, Guangzhou 6" in text_of(figures, "en")
