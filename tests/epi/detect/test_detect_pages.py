"""Alarms and clusters of outbreaks on record, with their bounds."""

from __future__ import annotations

import numpy as np
import polars as pl

from tests.epi.detect.peer_outputs import read_peer, read_table
from tests.shared_data import shared
from tongzhou.epi import detect


def test_the_outbreak_of_salmonella_newport_is_found_in_its_four_weeks():
    peer = read_peer("salmNewport_DE", "farringtonFlexible_noufaily")
    found = detect.find_detector("farrington-noufaily")(peer.counts, dates=peer.dates).to_frame()
    alarms = found.filter(pl.col("alarm") & (pl.col("t") >= 400))
    assert alarms["t"].to_list()[:4] == [409, 410, 411, 412]
    assert alarms["observed"].to_list()[:4] == [9, 41, 45, 17]
    assert alarms["upper"].to_list()[:4] == [6, 7, 6, 6]


def test_brain_cancer_in_los_alamos_is_not_significant():
    folder = shared("reference/scan")
    places, table = read_table(folder / "NM_geo.csv"), read_table(folder / "NM_popcas.csv")
    names = places["county"].to_list()
    wide = {
        column: table.pivot(on="county", index="year", values=column).sort("year").select(names).to_numpy().T
        for column in ("count", "population")
    }
    found = detect.scan(
        wide["count"],
        wide["population"],
        places.select("long", "lat").to_numpy(),
        metric="greatcircle",
        max_duration=17,
        seed=1,
    )
    town = names.index("losalamos")
    alone = (found.zones.centre == town) & (found.zones.size == 1)
    assert np.mean(found.null_llr >= found.zone_llr[alone][0]) > 0.9
    assert (found.clusters[0].observed, found.clusters[0].first) == (232, 13)
    assert found.clusters[0].p_value < 0.02
