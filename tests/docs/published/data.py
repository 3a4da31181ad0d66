"""The shared files that the tables read, and what more than one row needs of them."""

from __future__ import annotations

import polars as pl

from tests.shared_data import SHARED

TIANJIN = "data/09_cluster_linelists/tianjin_135_cases.csv.gz"
TIANJIN_EDGES = "data/09_cluster_linelists/tianjin_edges.csv.gz"
HAGELLOCH = "data/10_outbreaks_r/measles_hagelloch_1861.csv.gz"
KIKWIT = "data/10_outbreaks_r/ebola_kikwit_1995.csv.gz"
SCHOOL = "data/10_outbreaks_r/influenza_england_1978_school.csv.gz"
EBOLA = "data/10_outbreaks_r/ebola_sim__linelist.csv.gz"
EBOLA_CLEAN = "data/10_outbreaks_r/ebola_sim_clean__linelist.csv.gz"
EBOLA_CONTACTS = "data/10_outbreaks_r/ebola_sim_clean__contacts.csv.gz"
KOREA = "data/07_ds4c_korea/patient_info.csv.gz"
SHANGHAI = "data/20_shanghai_2022/shanghai_daily_to_2022-04-20.csv.gz"
HUS = "reference/surveillance/nowcast_hus"
SCAN = "reference/scan"


def read(path: str) -> pl.DataFrame:
    """Read a file of the shared folder, dates recognised."""
    return pl.read_csv(SHARED / path, try_parse_dates=True, infer_schema_length=None)


def tianjin_days() -> pl.DataFrame:
    """Return case_id, onset, start and end of the exposure, and confirmed, of the cases in Tianjin."""
    names = {
        "onset": "symptom_onset",
        "start": "start_source",
        "end": "end_source",
        "confirmed": "confirm_date",
    }
    days = {
        name: pl.col(column).cast(pl.String).str.strip_chars().str.to_date("%d/%m/%Y", strict=False)
        for name, column in names.items()
    }
    return pl.read_csv(SHARED / TIANJIN, infer_schema=False).select("case_id", **days)
