"""Load area trees: the national one from the wheel, streets and communities built at set-up, or any CSV.

Areas are public facts and carry no scope; loading replaces names and never removes a code that is in use.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from django.conf import settings
from django.db import transaction

from tongzhou.core.coordinates import GCJ_02
from tongzhou.core.errors import InputError, list_offenders
from tongzhou.server.areas.models import Area
from tongzhou.server.areas.queries import BUILT, FOLDER, code_lengths
from tongzhou.server.areas.rules import ancestor_codes
from tongzhou.server.kernel.bulk import insert_rows, write_changes

NATIONAL, CENTRES = FOLDER / "national" / "areas.csv", FOLDER / "national" / "centres.csv"
NAMED = ["name_zh", "name_en", "pinyin", "level", "longitude", "latitude", "coordinate_system"]
COUNTED = ["population", "population_on", "population_source"]
Row = Mapping[str, object]


def ensure_national_areas() -> None:
    """Load what came with the installation into an empty tree; do nothing when there are areas, or another root."""
    is_national = not settings.ROOT_AREA or settings.ROOT_AREA.isdecimal()
    if is_national and not Area.objects.exists():
        load_national_areas()


def load_national_areas() -> int:
    """Load provinces, cities and counties, and the streets and communities built at set-up; return how many.

    Writes: Area. Idempotent by code.
    """
    with NATIONAL.open(encoding="utf-8", newline="") as file:
        rows: list[Row] = list(csv.DictReader(file))
    import polars as pl

    for built in sorted(BUILT.glob("areas-*.parquet")):
        rows += pl.read_parquet(built).to_dicts()
    return load_areas(rows, centres=read_centres())


def load_area_file(path: Path) -> int:
    """Load another country's tree from CSV: columns code, name_zh or name, name_en, level, parent (optional),
    longitude, latitude, population, population_on. Raises InputError naming what is wrong and where.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        missing = {"code", "level"} - set(reader.fieldnames or ())
        if missing:
            raise InputError(
                "areas.bad_columns",
                f"{path.name} lacks {', '.join(sorted(missing))}; it has {', '.join(reader.fieldnames or ())}.",
                "Give at least code, level and a name.",
            )
        return load_areas(list(reader))


def load_areas(rows: Iterable[Row], centres: Mapping[str, tuple[float, float]] | None = None) -> int:
    """Write areas parents first; one already there gets its names anew, its population where given. Return how many."""
    listed = sorted(rows, key=lambda row: (len(str(row["code"])), str(row["code"])))
    there = set(Area.objects.values_list("code", flat=True))
    known = {str(row["code"]) for row in listed} | there
    areas = [_area(row, known, centres or {}) for row in listed]
    _check(areas, known)
    old = [area for area in areas if area.code in there]
    with transaction.atomic():
        insert_rows([area for area in areas if area.code not in there], ignore_conflicts=True)
        write_changes([area for area in old if not area.population], NAMED)
        write_changes([area for area in old if area.population], NAMED + COUNTED)
    code_lengths.cache_clear()
    return len(areas)


def _area(row: Row, known: set[str], centres: Mapping[str, tuple[float, float]]) -> Area:
    code = str(row["code"]).strip()
    name = str(row.get("name_zh") or row.get("name") or row.get("name_en") or "").strip()
    point = centres.get(code) or _point(row)
    return Area(
        code=code,
        parent_id=str(row.get("parent") or "") or _parent(code, known),
        level=str(row["level"]).strip(),
        name_zh=name,
        name_en=str(row.get("name_en") or name).strip(),
        pinyin=spell(name, str(row.get("name_en") or ""))[:200],
        longitude=point[0] if point else None,
        latitude=point[1] if point else None,
        coordinate_system=str(row.get("coordinate_system") or ("GCJ-02" if code in centres else "")),
        population=int(str(row["population"])) if row.get("population") else None,
        population_on=row.get("population_on") or None,
        population_source=str(row.get("population_source") or ""),
    )


def spell(name: str, name_en: str) -> str:
    """Return what a search by letters matches: the English name, which is pinyin, else the pinyin of the name.

    >>> spell("西安市", "Xi'an"), spell("南山区", "")
    ('xian', 'nanshanqu')
    """
    letters = name_en
    if not letters:
        from pypinyin import lazy_pinyin  # loads its dictionary: only when a name has no other spelling

        letters = "".join(lazy_pinyin(name))
    return "".join(letter for letter in letters.lower() if letter.isalnum())


def _point(row: Row) -> tuple[float, float] | None:
    if row.get("longitude") and row.get("latitude"):
        return float(str(row["longitude"])), float(str(row["latitude"]))
    return None


def _parent(code: str, known: set[str]) -> str | None:
    """Return the longest code in the tree that this one starts with."""
    return next((code[:n] for n in range(len(code) - 1, 0, -1) if code[:n] in known), None)


def _check(areas: list[Area], known: set[str]) -> None:
    nameless = [area.code for area in areas if not area.name_zh]
    orphans = [area.code for area in areas if area.parent_id and area.parent_id not in known]
    strangers = [area.code for area in areas if area.parent_id and not area.code.startswith(area.parent_id)]
    for codes, what, hint in (
        (nameless, "have no name", "Give name_zh, name or name_en."),
        (orphans, "name a parent that is not in the tree", "Add the parents, or leave the column empty."),
        (strangers, "do not start with their parent's code", "A scope is a prefix: recode the tree."),
    ):
        if codes:
            raise InputError("areas.bad_rows", f"{len(codes)} areas {what}: {list_offenders(codes)}.", hint)


def read_centres() -> dict[str, tuple[float, float]]:
    """Return the known centres of areas (GCJ-02); that of an outline comes before the listed one."""
    with CENTRES.open(encoding="utf-8", newline="") as listed:
        centres = {
            row["code"]: (float(row["longitude"]), float(row["latitude"])) for row in csv.DictReader(listed)
        }
    for file in sorted((BUILT / "outlines").glob("*.json")):
        for feature in json.loads(file.read_text(encoding="utf-8"))["features"]:
            properties = feature["properties"]
            if properties.get("centre"):
                centres[properties["code"]] = tuple(properties["centre"])
    return centres


def centre_areas(points: Iterable[tuple[str, float, float, int]]) -> int:
    """Give each area that has no centre the mean of the points within it; return how many areas got one.

    Parameters
    ----------
    points : area code, longitude and latitude (GCJ-02, degrees), number of points that this one stands for
    """
    sums: dict[str, tuple[float, float, int]] = {}
    lengths = code_lengths()
    for code, longitude, latitude, n in points:
        for area in ancestor_codes(code, lengths):
            east, north, known = sums.get(area, (0.0, 0.0, 0))
            sums[area] = (east + n * longitude, north + n * latitude, known + n)
    bare = [area for area in Area.objects.filter(longitude=None).only("code") if area.code in sums]
    for area in bare:
        east, north, n = sums[area.code]
        area.longitude, area.latitude, area.coordinate_system = east / n, north / n, GCJ_02
    write_changes(bare, ["longitude", "latitude", "coordinate_system"])
    return len(bare)
