"""Masking of public text: plates, phones, documents, doors go; what names a trip stays."""

from __future__ import annotations

import re

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.interop.samples import shared
from tongzhou.interop.public_text import mask_public

PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]\s?[A-Z]\s?[A-Z0-9]{5,6}"
)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("粤B12345", "粤B*****"),
        ("粤BD12345", "粤B*****"),
        ("云GV5592", "云G*****"),
        ("粤B·12345", "粤B*****"),
        ("蒙 AY1754", "蒙 A*****"),
        ("渝A.77166", "渝A*****"),
        ("鲁QF3298公交3路", "鲁Q*****公交3路"),
        ("重庆公交138路 渝A77166", "重庆公交138路 渝A*****"),
        ("粤z1234港", "粤z*****"),
        ("HD06956", "HD*****"),
        ("车牌尾号为A8821", "车牌尾号为*****"),
        ("联系13800138000", "联系138********"),
        ("联系138-0013-8000。", "联系138********。"),
        ("电话0755-25609888", "电话********"),
        ("微信号abc_12345", "微信号********"),
        ("身份证11010519491231002X", "身份证********"),
        ("护照E12345678", "护照********"),
        ("幸福小区3号楼2单元501室", "幸福小区**号楼**单元**室"),
        ("翰林世家3号楼", "翰林世家**号楼"),
        ("广德苑H栋1单元", "广德苑**栋**单元"),
        ("东方二路115号家中", "东方二路**号家中"),
        ("天山路665弄12号", "天山路665弄**号"),
        ("红塔大道50号华瑞小区", "红塔大道**号华瑞小区"),
        ("南三环中路65号院", "南三环中路**号院"),
        ("家属院3-2-501", "家属院**"),
        ("阳光花园8-1203", "阳光花园**"),
        ("君临天下A座", "君临天下*座"),
    ],
)
def test_private_number_is_masked(text, masked):
    assert mask_public(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "AQ1275 广州-兰州",
        "G1138次列车 3号车厢 18D座",
        "座位：7-9排",
        "西安地铁3号线通化门站",
        "重庆公交138路",
        "2020-02-16 15:30",
        "2月1日0-12时",
        "第34号病例",
        "热线12345",
        "12320",
        "K446/K447",
        "EU1802（HO3461）",
        "密切接触者12人",
        "03车45座",
        "机场2号航站楼",
    ],
)
def test_what_names_a_trip_stays(text):
    assert mask_public(text) == text


@given(st.text(alphabet="粤B云0123456789号楼室路单元-座栋AGKX·. 电话：", max_size=40))
def test_masking_twice_changes_nothing_more(text):
    once = mask_public(text)
    assert mask_public(once) == once


def test_no_plate_of_the_real_lists_survives():
    for name, columns in (
        ("sametrip_tencent", ["no", "memo", "no_sub"]),
        ("sametrip_nosugar", ["t_no", "t_memo"]),
    ):
        frame = pl.read_csv(shared(f"data/04_trips_tracks_communities/{name}.csv.gz"), infer_schema=False)
        texts = pl.concat([frame[c].rename("t") for c in columns]).drop_nulls().unique()
        assert sum(bool(PLATE.search(t)) for t in texts) > 300
        assert [t for t in texts if PLATE.search(mask_public(t))] == []
