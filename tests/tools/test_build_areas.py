"""The area tree that is committed and the one that set-up builds."""

from __future__ import annotations

import csv
import json
from collections import Counter

import build_areas
import polars as pl
import pytest

from tests.shared_data import shared
from tongzhou.core.area_codes import CHINA

NATIONAL = build_areas.AREAS / "national/areas.csv"
BUILT = build_areas.AREAS / "built"


def read_national() -> list[dict[str, str]]:
    """Return the committed table."""
    with NATIONAL.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_built(name: str):
    """Return the path of what set-up built, or fail with the command that builds it."""
    path = BUILT / name
    if not path.exists():
        pytest.fail(f"{path.relative_to(build_areas.ROOT)} is absent: type `make setup`")
    return path


def read_shared(name: str) -> dict[str, str]:
    """Return code to name of a table of the public data sets."""
    frame = pl.read_csv(shared(f"data/11_admin_divisions/{name}"), infer_schema=False)
    return dict(frame.select("code", "name").iter_rows())


def test_national_table_counts_its_levels():
    assert Counter(row["level"] for row in read_national()) == {"province": 34, "city": 342, "county": 2975}


def test_every_national_code_stands_under_one_that_exists():
    codes = {row["code"] for row in read_national()}
    assert [code for code in codes if len(code) > 2 and CHINA.parent_of(code) not in codes] == []


def test_levels_follow_from_the_codes():
    assert [row for row in read_national() if CHINA.level_of(row["code"]) != row["level"]] == []


def test_no_english_name_keeps_chinese_characters():
    assert [row for row in read_national() if any(ord(c) > 0x24F for c in row["name_en"])] == []


@pytest.mark.parametrize("table", ["provinces", "cities", "areas"])
def test_national_table_agrees_with_the_public_data_set(table):
    mine = {row["code"]: row["name_zh"] for row in read_national()}
    theirs = read_shared(f"china_{table}.csv.gz")
    wanted = {code: name for code, name in theirs.items() if not build_areas.is_padded(code)}
    assert {code: name for code, name in wanted.items() if mine.get(code) != name} == {}


def test_built_communities_of_guangdong_are_all_there():
    frame = pl.read_parquet(read_built("areas-44.parquet")).filter(pl.col("level") == "community")
    assert frame.height == 26_842
    assert dict(frame.select("code", "name_zh").iter_rows()) == read_shared("guangdong_villages.csv.gz")


def test_every_built_area_has_its_parent():
    frame = pl.read_parquet(read_built("areas-44.parquet"))
    known = {row["code"] for row in read_national()} | set(frame["code"])
    assert set(frame["parent"]) <= known
    assert frame.filter(pl.col("code") == "441900003")["parent"].item() == "4419"


def test_outlines_say_that_they_are_schematic_and_in_which_system():
    outlines = json.loads(read_built("outlines/44.json").read_text(encoding="utf-8"))
    assert (outlines["schematic"], outlines["coordinate_system"]) == (True, "GCJ-02")
    assert len(outlines["features"]) == 21


def test_outline_of_shenzhen_lies_where_shenzhen_is():
    outlines = json.loads(read_built("outlines/44.json").read_text(encoding="utf-8"))
    shenzhen = next(f for f in outlines["features"] if f["id"] == "4403")
    points = [point for part in shenzhen["geometry"]["coordinates"] for ring in part for point in ring]
    assert all(113.6 < x < 114.8 and 22.1 < y < 22.95 for x, y in points)


def test_packed_ring_is_decoded_by_hand():
    # differences 1, -1 then 2, 0 in zigzag from character 64: 2 -> B, 1 -> A, 4 -> D, 0 -> @
    assert build_areas.decode_ring("BADB"[:2] + "D@", [1024, 2048], 1024) == [[1.001, 1.999], [1.0029, 1.999]]
