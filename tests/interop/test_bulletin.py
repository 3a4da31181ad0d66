"""The bulletin: composed, read back, and the official wording understood."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.interop.samples import AREAS, shared
from tongzhou.core.errors import InputError
from tongzhou.interop.bulletin import (
    AreaFigures,
    BulletinFigures,
    Correction,
    compose_en,
    compose_zh,
    english_name,
    parse_zh,
)

FIGURES = BulletinFigures(
    area_name="广东省",
    on=date(2020, 2, 1),
    cutoff="12:00",
    confirmed=535,
    new_confirmed=15,
    new_discharged=1,
    areas=(AreaFigures("4403", "深圳市", 170), AreaFigures("4401", "广州市", 150, 13)),
    corrections=(Correction("深圳市", "confirmed", 20, 18),),
)
n = st.integers(0, 10**6)
maybe = st.none() | n


def test_chinese_text_states_the_figures_in_the_official_wording():
    text = compose_zh(FIGURES)
    assert "截至2020年2月1日12时，广东省累计报告新型冠状病毒感染的肺炎确诊病例535例" in text
    assert "2月1日0-12时，全省新增确诊病例15例，新增出院1例" in text
    assert "累计报告确诊病例中，深圳市170例、广州市150例" in text
    assert "订正：深圳市累计确诊由20例订正为18例" in text


def test_english_text_states_the_same_figures():
    text = compose_en(FIGURES)
    assert (
        "By 12:00 on 1 February 2020, Guangdong had reported 535 confirmed cases of COVID-19 in total."
        in text
    )
    assert "Shenzhen 170, Guangzhou 150" in text
    assert "Correction: confirmed cases of Shenzhen from 20 to 18." in text


def test_composed_text_reads_back_to_the_same_figures():
    assert parse_zh(compose_zh(FIGURES), areas=AREAS) == FIGURES


@given(
    n, maybe, maybe, maybe, maybe, maybe, maybe,
    st.dates(date(2019, 12, 1), date(2030, 1, 1)),
    st.sampled_from(["00:00", "09:30", "12:00", "24:00"]),
    st.lists(st.integers(1, 10**5), min_size=2, max_size=2),
)  # fmt: skip
def test_every_bulletin_survives_the_round_trip(
    total, new, suspected, out, new_out, dead, new_dead, on, cutoff, areas
):
    figures = BulletinFigures(
        "广东省", on, cutoff, total, new, suspected, out, new_out, dead, new_dead,
        areas=(AreaFigures("4403", "深圳市", areas[0]), AreaFigures("4401", "广州市", areas[1], 1)),
    )  # fmt: skip
    assert parse_zh(compose_zh(figures), areas=AREAS) == figures


def test_official_wording_of_the_press_is_read():
    text = shared("meetings/guangdong-2020-02-01.txt").read_text(encoding="utf-8")
    figures = parse_zh(text, year=2020, area_name="广东省", areas=AREAS)
    assert (figures.confirmed, figures.new_confirmed, figures.new_discharged, figures.cutoff) == (
        535,
        15,
        1,
        "12:00",
    )
    counts = {a.code: (a.confirmed, a.new) for a in figures.areas}
    assert counts["4403"] == (170, None)
    assert counts["4401"] == (150, 13)
    assert counts["4414"] == (None, 1)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("没有数字", "bulletin.no_total"),
        ("截至2月1日12时，全省累计报告确诊病例5例", "bulletin.no_year"),
        ("截至2020年2月31日12时，全省累计报告确诊病例5例", "bulletin.bad_day"),
    ],
)
def test_text_that_is_no_bulletin_is_a_clear_error(text, code):
    with pytest.raises(InputError) as caught:
        parse_zh(text)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("name", "english"),
    [
        ("陕西省", "Shaanxi"),
        ("山西省", "Shanxi"),
        ("重庆市", "Chongqing"),
        ("西藏自治区", "Tibet"),
        ("佛山市", "Foshan"),
    ],
)
def test_area_has_its_english_name(name, english):
    assert english_name(name) == english


def test_what_no_source_states_is_said_to_be_not_reported():
    stated = replace(FIGURES, suspected=None, deaths=0)
    assert "现有疑似病例未报告" in compose_zh(stated)
    assert "suspected cases not reported" in compose_en(stated)
    bare = replace(stated, discharged=None, deaths=None)
    assert "未报告" not in compose_zh(bare)
    assert "not reported" not in compose_en(bare)
