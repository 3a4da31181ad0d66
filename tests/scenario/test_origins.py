"""Where residents of Guangdong go at the Spring Festival, held against published shares of trips."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

import tongzhou
from tests.shared_data import shared
from tongzhou.epi.simulate.marginals import cities
from tongzhou.scenario.origins import HOME, origin_shares

NATIONAL = Path(tongzhou.__file__).parent / "server/areas/national/areas.csv"


def provinces_of_places() -> dict[str, str]:
    """Return the province of each place by its name; cities stand before counties of the same name."""
    table = pl.read_csv(NATIONAL, schema_overrides={"code": pl.String})
    ordered = table.sort(pl.col("code").str.len_chars(), descending=True)
    return {name: code[:2] for code, name in ordered.select("code", "name_zh").iter_rows()}


def published_shares() -> pl.DataFrame:
    """Return city, province and share of those who left Guangdong in the two weeks before New Year 2020."""
    table = pl.read_csv(
        shared("data/16_mobility_baidu/baidu_out_share_from_guangdong_cities_to_2020-02-29.csv.gz")
    )
    days = table.filter(pl.col("date").is_between(pl.lit("2020-01-10"), pl.lit("2020-01-23")))
    placed = days.with_columns(province=pl.col("dest").replace_strict(provinces_of_places(), default=None))
    outside = (
        placed.filter(pl.col("province") != HOME).group_by("origin", "province").agg(pl.col("pct").sum())
    )
    return outside.with_columns(share=pl.col("pct") / pl.col("pct").sum().over("origin"))


def test_three_of_four_travellers_go_where_the_published_shares_say() -> None:
    codes = {
        name: (str(code), n) for code, name, n in cities().select("code", "name", "population").iter_rows()
    }
    misplaced, travellers = 0.0, 0
    for (name,), rows in published_shares().group_by("origin"):
        code, n = codes[str(name)]
        model = {place: share for place, share in origin_shares(code).items() if len(place) == 2}
        known = dict(rows.select("province", "share").iter_rows())
        total = sum(model.values())
        apart = [abs(model.get(p, 0.0) / total - known.get(p, 0.0)) for p in set(model) | set(known)]
        misplaced, travellers = misplaced + n * sum(apart) / 2, travellers + n
    assert misplaced / travellers == pytest.approx(0.26, abs=0.02)
