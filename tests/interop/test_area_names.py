"""Names of areas: short, full, ambiguous."""

from __future__ import annotations

import pytest

from tests.interop.samples import AREAS, national_areas


@pytest.mark.parametrize(
    ("name", "within", "code"),
    [
        ("深圳", "44", "4403"),
        ("深圳市", "", "4403"),
        ("恩施州", "42", "4228"),
        ("恩施", "", "4228"),
        ("朝阳区", "11", "110105"),
        ("朝阳区", "", None),
        ("吉林", "", "22"),
        ("吉林", "22", "2202"),
        ("外地来粤人员", "44", None),
    ],
)
def test_name_resolves_to_its_code(name, within, code):
    assert AREAS.resolve(name, within) == code


def test_path_goes_as_deep_as_it_can():
    assert AREAS.resolve_path("广东省", "深圳市", "南山区") == "440305"
    assert AREAS.resolve_path("广东省", None, "nowhere") == "44"


def test_every_city_resolves_by_its_short_name_within_its_province():
    areas = national_areas()
    cities = {code: name for code, name in areas.names.items() if len(code) == 4 and not code.endswith("90")}
    lost = [name for code, name in cities.items() if areas.resolve(name.removesuffix("市"), code[:2]) != code]
    assert lost == []
