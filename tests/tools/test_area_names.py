"""English names of areas."""

from __future__ import annotations

import pytest
from area_names import english_name, spell


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("深圳市", "Shenzhen"),
        ("南山区", "Nanshan District"),
        ("番禺区", "Panyu District"),
        ("大埔县", "Dabu County"),
        ("清新区", "Qingxin District"),
        ("梅县区", "Meixian District"),
        ("长治市", "Changzhi"),
        ("长子县", "Zhangzi County"),
        ("单县", "Shanxian County"),
        ("朝阳区", "Chaoyang District"),
        ("神农架林区", "Shennongjia Forestry District"),
        ("万柏林区", "Wanbolin District"),
        ("陕西省", "Shaanxi"),
        ("山西省", "Shanxi"),
        ("内蒙古自治区", "Inner Mongolia"),
        ("新疆维吾尔自治区", "Xinjiang"),
        ("东乡族自治县", "Dongxiang Autonomous County"),
        ("双江拉祜族佤族布朗族傣族自治县", "Shuangjiang Lahu Va Blang Dai Autonomous County"),
        ("翠洲社区居民委员会", "Cuizhou Community"),
        ("金鸡村委会", "Jinji Village"),
    ],
)
def test_name_is_as_maps_print_it(name, expected):
    assert english_name(name) == expected


def test_apostrophe_divides_syllables_that_begin_with_a_vowel():
    assert [spell(name) for name in ("西安", "六安", "延安", "大安")] == ["Xi'an", "Lu'an", "Yan'an", "Da'an"]
