"""How the cases of early 2020 travelled: parties, and days from leaving Hubei to onset, from public case records.

``python -m bench.simulate.arrivals FOLDER`` reads `cases_guangdong.csv.gz` and `cases_all_provinces_dev.csv.gz`
(records of health commissions gathered by github.com/wuhan2020, MIT). Places other than Shenzhen give the inputs of
`bench.simulate.guangdong_2020`; Shenzhen is what they predict.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

SHENZHEN = "0755"
_DAYS = (-15, 25)
"""Days from leaving Hubei to onset beyond which a record is taken for a slip."""


def read_cases(folder: Path) -> pl.DataFrame:
    """Return cases: key, links (keys of other cases), left (day they left Hubei), onset, is_guangdong, is_shenzhen."""
    frames = [
        pl.read_csv(folder / f"{name}.csv.gz", infer_schema=False)
        for name in ("cases_guangdong", "cases_all_provinces_dev")
    ]
    frame = pl.concat(frames).unique(["src", "case_id"], keep="first", maintain_order=True)
    day = [
        pl.col(name).str.extract(r"^(\d{4}-\d\d-\d\d)").str.to_date().alias(new)
        for name, new in (("left_hubei", "left"), ("onset", "onset"))
    ]
    return frame.select(
        *day,
        key=pl.col("src") + pl.col("case_id"),
        links=pl.struct("src", "linked_cases").map_elements(_links, return_dtype=pl.List(pl.String)),
        is_guangdong=pl.col("src") == "guangdong",
        is_shenzhen=(pl.col("src") == "guangdong") & pl.col("case_id").str.starts_with(SHENZHEN),
    )


def _links(row: dict[str, str]) -> list[str]:
    """Return the keys of the cases a record names; numbers have lost their first zero here and there."""
    return [row["src"] + number.zfill(10) for number in re.findall(r"\d{9,10}", row["linked_cases"] or "")]


def groups_of(cases: pl.DataFrame, days_apart: float = np.inf) -> list[int]:
    """Return the sizes of groups of cases that name each other and left Hubei within some days of each other."""
    cases = cases.with_row_index()
    end = cases.select(links="key", other="index", other_left="left")
    pairs = cases.explode("links").join(end, on="links")
    if np.isfinite(days_apart):
        pairs = pairs.filter((pl.col("left") - pl.col("other_left")).dt.total_days().abs() <= days_apart)
    ends = pairs["index"].to_numpy(), pairs["other"].to_numpy()
    graph = coo_array((np.ones(len(pairs)), ends), shape=(len(cases), len(cases)))
    return np.bincount(connected_components(graph, directed=False)[1]).tolist()


def figures(cases: pl.DataFrame) -> dict[str, float]:
    """Return the figures of one set of cases."""
    travelled = cases.filter(pl.col("left").is_not_null())
    wait = (travelled["onset"] - travelled["left"]).dt.total_days().drop_nulls()
    wait = wait.filter(wait.is_between(*_DAYS))
    parties = groups_of(travelled, days_apart=1)
    return {
        "cases": len(cases),
        "travelled": len(travelled),
        **{f"parties_of_{size}": n for size, n in sorted(Counter(parties).items())},
        "onset_after_leaving": float(wait.mean()),  # type: ignore[arg-type]
        "onset_known": len(wait),
        "pairs_a_case": 1 - len(groups_of(cases)) / len(cases),
        "pairs_among_travellers_a_case": (len(travelled) - len(parties)) / len(cases),
    }


def main(folder: str) -> None:
    """Print the figures of Shenzhen, of the rest of Guangdong, and of everywhere but Shenzhen."""
    cases = read_cases(Path(folder))
    for name, which in (
        ("Shenzhen", pl.col("is_shenzhen")),
        ("Guangdong but Shenzhen", pl.col("is_guangdong") & ~pl.col("is_shenzhen")),
        ("everywhere but Shenzhen", ~pl.col("is_shenzhen")),
    ):
        print(name, {key: round(value, 3) for key, value in figures(cases.filter(which)).items()})


if __name__ == "__main__":
    main(sys.argv[1])
