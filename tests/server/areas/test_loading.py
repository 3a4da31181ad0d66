"""The area tree: national codes with unbroken parents; another country's tree from CSV; bad trees are named."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tests.shared_data import shared
from tongzhou.core.errors import InputError
from tongzhou.server.areas.actions import centre_areas, load_area_file, load_areas, load_national_areas
from tongzhou.server.areas.models import Area
from tongzhou.server.areas.queries import (
    BUILT,
    centre_of,
    children_of,
    code_lengths,
    get_area,
    path_to,
    search_areas,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def national() -> None:
    load_national_areas()


def test_guangdong_has_its_21_cities_under_it(national: None) -> None:
    assert children_of("44").count() == 21
    assert [area.name_zh for area in path_to("440305")] == ["广东省", "深圳市", "南山区"]


def test_communities_equal_the_national_list(national: None) -> None:
    if not list(BUILT.glob("areas-44.parquet")):
        pytest.fail("run make setup: the communities of Guangdong are built from a registry package")
    listed = pl.read_csv(shared("data/11_admin_divisions/guangdong_villages.csv.gz"), infer_schema=False)
    ours = Area.objects.filter(level="community", code__startswith="44").values_list("code", flat=True)
    assert set(ours) == set(listed["code"])
    assert len(ours) == 26_842


def test_loading_again_changes_nothing(national: None) -> None:
    n_areas = Area.objects.count()
    load_national_areas()
    assert Area.objects.count() == n_areas


def test_areas_are_found_by_name_pinyin_and_code(national: None) -> None:
    for text in ("深圳", "shenzhen", "4403"):
        assert search_areas(text)[0].code == "4403"


def test_another_country_brings_its_own_levels(tmp_path: Path) -> None:
    file = tmp_path / "tree.csv"
    file.write_text(
        "code,name,level\nDE,Deutschland,country\nDE1,Bayern,state\nDE12,München,district\n", encoding="utf-8"
    )
    code_lengths.cache_clear()
    assert load_area_file(file) == 3
    assert [area.level for area in path_to("DE12")] == ["country", "state", "district"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("name,level\nx,y\n", "lacks code"),
        ("code,level,name\nA,l,\n", "no name"),
        ("code,level,name,parent\nB1,l,x,A\n", "parent"),
    ],
)
def test_a_bad_tree_is_refused_with_what_is_wrong(tmp_path: Path, text: str, fault: str) -> None:
    file = tmp_path / "tree.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=fault):
        load_area_file(file)


def test_an_unknown_code_is_named(national: None) -> None:
    with pytest.raises(InputError, match="999999"):
        get_area("999999")


def test_a_county_lies_at_its_listed_centre_and_a_community_where_its_places_do(national: None) -> None:
    assert centre_of(get_area("440305")) == [113.9304, 22.5333]
    community = Area.objects.filter(level="community", code__startswith="440305").first()
    assert centre_of(community) is None
    centre_areas([(community.code, 113.9, 22.5, 1), (community.code, 114.2, 22.8, 2)])
    assert centre_of(get_area(community.code)) == pytest.approx([114.1, 22.7])
    assert centre_of(get_area("440305")) == [113.9304, 22.5333]


def test_a_population_is_filed_for_an_area_there_already_and_kept_when_names_come_again() -> None:
    row = {"code": "77", "level": "state", "name": "Bayern"}
    load_areas([row])
    load_areas(
        [{**row, "population": 13_369_393, "population_on": "2022-12-31", "population_source": "census"}]
    )
    load_areas([{**row, "name": "Freistaat Bayern"}])
    area = get_area("77")
    assert (area.name_zh, area.population, area.population_source) == (
        "Freistaat Bayern",
        13_369_393,
        "census",
    )
