"""Patients and their routes as points with dates: stays that last a whole day, because no clock is given.

Coordinates are WGS-84. Owns one layout (patient and route tables). Never narrows a day to an hour.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import polars as pl

from tongzhou.core.errors import list_offenders
from tongzhou.interop.columns import Field, map_columns
from tongzhou.interop.reports import Finding, join_reports, reject_where
from tongzhou.interop.tabular import TableSource
from tongzhou.interop.text_values import parse_days

COORDINATES = "WGS-84"
SEOUL = ZoneInfo("Asia/Seoul")
PATIENT_FIELDS = (
    Field("patient_id"),
    *(Field(n, is_required=False) for n in ("sex", "birth_year", "age", "country", "province", "city")),
    Field("infection_case", is_required=False),
    Field("infected_by", is_required=False),
    Field("contact_number", is_required=False),
    Field("symptom_onset_date", ("date_onset",), is_required=False),
    Field("confirmed_date", ("date_confirmation",)),
    Field("released_date", is_required=False),
    Field("deceased_date", is_required=False),
    Field("state", is_required=False),
)
ROUTE_FIELDS = (
    Field("patient_id"),
    Field("date"),
    Field("province", is_required=False),
    Field("city", is_required=False),
    Field("type", is_required=False),
    Field("latitude", ("lat",)),
    Field("longitude", ("lon", "lng")),
)
_SETTINGS = {
    "hospital": "health_care",
    "pharmacy": "health_care",
    "store": "shop",
    "bakery": "shop",
    "restaurant": "dining",
    "cafe": "dining",
    "bar": "leisure",
    "karaoke": "leisure",
    "pc_cafe": "leisure",
    "gym": "leisure",
    "church": "worship",
    "school": "school",
    "university": "school",
    "academy": "school",
    "public_transportation": "transport",
    "airport": "transport",
    "gas_station": "shop",
    "beauty_salon": "shop",
    "bank": "work",
    "post_office": "work",
    "real_estate_agency": "work",
}


@dataclass(frozen=True, slots=True)
class Routes:
    """Patients, and their stays.

    patients : row, patient_id (text), sex, birth_year, age_band, province, city, infection_case, infected_by (list of
        text), n_contacts, date_onset, date_confirmation, date_release, date_death (Date), state
    stays : row, patient_id, on (Date), from_s, until_s (seconds since 1970 UTC; the whole local day),
        uncertainty_s (the true stay lies anywhere inside these seconds), place_type, setting (word of
        `core.exposures.Setting`), province, city, latitude, longitude (degrees, WGS-84), has_patient
    rejected : table name -> frame (row, column, value, reason)
    """

    patients: pl.DataFrame
    stays: pl.DataFrame
    rejected: dict[str, pl.DataFrame]
    findings: tuple[Finding, ...]


def read_routes(patients: TableSource, routes: TableSource, zone: ZoneInfo = SEOUL) -> Routes:
    """Read a patient table and its route table.

    Parameters
    ----------
    zone : whose calendar days the dates are
    """
    people, patient_report = _read_patients(patients)
    stays, route_report = _read_stays(routes, people, zone)
    return Routes(
        people, stays, {"patients": patient_report, "routes": route_report}, tuple(_findings(people, stays))
    )


def _whole(column: str) -> pl.Expr:
    return pl.col(column).str.replace(r"\.0+$", "")


def _read_patients(table: TableSource) -> tuple[pl.DataFrame, pl.DataFrame]:
    frame = map_columns(table.columns, PATIENT_FIELDS).apply(table.read_all())
    days = {
        "symptom_onset_date": "date_onset",
        "confirmed_date": "date_confirmation",
        "released_date": "date_release",
        "deceased_date": "date_death",
    }
    infectors = [_patient_numbers(text) for text in frame["infected_by"]]
    frame = frame.with_columns(
        _whole("patient_id"),
        *(parse_days(frame[text]).alias(day) for text, day in days.items()),
        pl.Series("infected_by", infectors, dtype=pl.List(pl.String)),
        _whole("birth_year").cast(pl.Int64, strict=False),
        _whole("contact_number").cast(pl.Int64, strict=False).alias("n_contacts"),
        pl.col("age").alias("age_band"),
    )
    repeats = ~pl.col("patient_id").is_first_distinct() & pl.col("patient_id").is_not_null()
    report = join_reports(
        [
            table.broken_rows(),
            reject_where(frame, pl.col("patient_id").is_null(), "patient_id", "no patient number"),
            reject_where(frame, repeats, "patient_id", "repeats an earlier patient number"),
            *(
                reject_where(
                    frame, pl.col(text).is_not_null() & pl.col(day).is_null(), text, "not a day that exists"
                )
                for text, day in days.items()
            ),
        ]
    )
    good = frame.join(report, on="row", how="anti", maintain_order="left")
    named = ["patient_id", "sex", "birth_year", "age_band", "province", "city", "infection_case"]
    columns = ["row", *named, "infected_by", "n_contacts"]
    return good.select(*columns, *days.values(), "state"), report


def _patient_numbers(text: str | None) -> list[str]:
    """Return every patient number in a cell that may hold several.

    >>> _patient_numbers("2000000205.0"), _patient_numbers("1200000031, 1200000033")
    (['2000000205'], ['1200000031', '1200000033'])
    """
    return re.findall(r"[0-9]{6,}", text or "")


def _read_stays(
    table: TableSource, people: pl.DataFrame, zone: ZoneInfo
) -> tuple[pl.DataFrame, pl.DataFrame]:
    frame = map_columns(table.columns, ROUTE_FIELDS).apply(table.read_all())
    frame = frame.with_columns(
        _whole("patient_id"),
        parse_days(frame["date"]).alias("on"),
        pl.col("latitude").cast(pl.Float64, strict=False).alias("lat"),
        pl.col("longitude").cast(pl.Float64, strict=False).alias("lon"),
    )
    report = join_reports(
        [
            table.broken_rows(),
            reject_where(frame, pl.col("patient_id").is_null(), "patient_id", "no patient number"),
            reject_where(frame, pl.col("on").is_null(), "date", "not a day that exists"),
            reject_where(
                frame,
                ~pl.col("lat").is_between(-90, 90).fill_null(False),
                "latitude",
                "not a latitude in degrees",
            ),
            reject_where(
                frame,
                ~pl.col("lon").is_between(-180, 180).fill_null(False),
                "longitude",
                "not a longitude in degrees",
            ),
        ]
    )
    good = frame.join(report, on="row", how="anti", maintain_order="left")
    start = pl.col("on").cast(pl.Datetime("us")).dt.replace_time_zone(zone.key)
    stays = good.with_columns(
        start.dt.epoch("s").alias("from_s"),
        start.dt.offset_by("1d").dt.epoch("s").alias("until_s"),
        pl.col("type").fill_null("etc").alias("place_type"),
        pl.col("type").replace_strict(_SETTINGS, default="other", return_dtype=pl.String).alias("setting"),
        pl.col("patient_id").is_in(people["patient_id"].implode()).alias("has_patient"),
    ).with_columns((pl.col("until_s") - pl.col("from_s")).alias("uncertainty_s"))
    times = ["on", "from_s", "until_s", "uncertainty_s"]
    columns = ["row", "patient_id", *times, "place_type", "setting", "province", "city"]
    return stays.select(
        *columns, pl.col("lat").alias("latitude"), pl.col("lon").alias("longitude"), "has_patient"
    ), report


def _findings(people: pl.DataFrame, stays: pl.DataFrame) -> list[Finding]:
    findings = [
        Finding(
            "days_without_clock",
            f"All {stays.height} stays are whole days: the source gives no clock, minutes are upper bounds.",
        )
    ]
    orphans = stays.filter(~pl.col("has_patient"))["patient_id"].unique(maintain_order=True).to_list()
    if orphans:
        findings.append(
            Finding(
                "unknown_patient", f"Routes of patients not in the patient table: {list_offenders(orphans)}."
            )
        )
    named = people["infected_by"].explode().drop_nulls()
    lost = sorted(set(named) - set(people["patient_id"]))
    if lost:
        findings.append(
            Finding("unknown_infector", f"Infectors not in the patient table: {list_offenders(lost)}.")
        )
    several = people.filter(pl.col("infected_by").list.len() > 1).height
    if several:
        findings.append(Finding("several_infectors", f"{several} patients name more than one infector."))
    return findings
