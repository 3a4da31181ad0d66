"""Small area lists and files that the tests of codecs share."""

from __future__ import annotations

import csv
import gzip
from functools import cache
from pathlib import Path

from tests.shared_data import shared
from tongzhou.interop.area_names import AreaNames
from tongzhou.interop.tabular import TableSource, open_table

DIVISIONS = "data/11_admin_divisions/china_{}.csv.gz"
AREAS = AreaNames(
    [
        ("广东省", "44"),
        ("深圳市", "440300"),
        ("广州市", "4401"),
        ("佛山市", "4406"),
        ("梅州市", "4414"),
        ("河源市", "4416"),
        ("云浮市", "4453"),
        ("南山区", "440305"),
        ("湖北省", "42"),
        ("武汉市", "4201"),
        ("恩施土家族苗族自治州", "4228"),
        ("北京市", "11"),
        ("市辖区", "1101"),
        ("朝阳区", "110105"),
        ("吉林省", "22"),
        ("长春市", "2201"),
        ("朝阳区", "220104"),
        ("吉林市", "2202"),
    ]
)


def text_table(text: str, name: str = "trial.csv") -> TableSource:
    """Return a table made of text."""
    return open_table(text.encode(), name=name)


@cache
def national_areas() -> AreaNames:
    """Return every area down to the county, from the shared data set."""
    pairs = []
    for level in ("provinces", "cities", "areas"):
        with gzip.open(shared(DIVISIONS.format(level)), "rt", encoding="utf-8") as stream:
            pairs.extend((row["name"], row["code"]) for row in csv.DictReader(stream))
    return AreaNames(pairs)


def shared_table(relative: str) -> TableSource:
    """Open a file of the shared data sets, or skip."""
    path: Path = shared(f"data/{relative}")
    return open_table(path)
