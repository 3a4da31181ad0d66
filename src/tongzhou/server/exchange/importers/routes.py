"""Patients with routes as points and days."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from tongzhou.core.errors import InputError
from tongzhou.interop import routes as codec
from tongzhou.interop.columns import map_columns
from tongzhou.interop.reports import Finding, join_reports, reject_where
from tongzhou.server.areas.models import Area
from tongzhou.server.cases.history_actions import PastCase, PastLink
from tongzhou.server.cases.models import CaseOutcome
from tongzhou.server.exchange.importers.base import Batch, FileRole, Importer, Reading, Tables, Written
from tongzhou.server.exchange.importers.people import PastDelivery, write_delivery
from tongzhou.server.movement.bulk_actions import BulkStay
from tongzhou.server.people.models import Sex

SOURCE = "routes"
ROLES = (FileRole("patients", codec.PATIENT_FIELDS), FileRole("routes", codec.ROUTE_FIELDS))
OUTSIDE = "0"
"""Code of everywhere that is not in the tree in use: it lies in no area's scope."""
Row = Mapping[str, Any]


def read(tables: Tables, overrides: Mapping[str, str]) -> Reading:
    """Read patients and their routes; a patient without a day of confirmation is refused."""
    if overrides:
        raise InputError(
            "columns.bad_override", "This kind takes no --map.", "Rename the columns of the files."
        )
    found = codec.read_routes(tables["patients"], tables["routes"])
    undated = reject_where(
        found.patients, pl.col("date_confirmation").is_null(), "patient_id", "no day of confirmation"
    )
    patients = found.patients.join(undated, on="row", how="anti", maintain_order="left")
    rejected = {**found.rejected, "patients": join_reports([found.rejected["patients"], undated])}
    mapping = {r.name: map_columns(tables[r.name].columns, r.fields).pairs for r in ROLES}
    return Reading((found, patients), rejected, mapping, found.findings)


def write(reading: Reading, batch: Batch) -> Written:
    """Write patients, their stays, and who infected whom."""
    found, patients = reading.content
    codes = _area_codes(batch.area_code)
    rows = list(patients.iter_rows(named=True))
    delivery = PastDelivery(
        source=SOURCE,
        role="patients",
        stay_role="routes",
        cases=[_past_case(row, codes) for row in rows],
        rows={row["patient_id"]: row["row"] for row in rows},
        movements=lambda fresh: (_stays(found.stays, fresh, codes), []),
        links=_links(rows),
    )
    written = write_delivery(delivery, batch)
    n_outside = sum(codes(row["province"], row["city"]) == OUTSIDE for row in rows)
    if not n_outside:
        return written
    message = (
        f"{n_outside} patients live in areas that are not in the tree in use, kept under code {OUTSIDE}."
    )
    hint = "Load their tree first (tongzhou areas load FILE), or give --area."
    return Written(
        written.changed, written.records, (*written.findings, Finding("outside_tree", f"{message} {hint}"))
    )


def _links(rows: list[Row]) -> list[PastLink]:
    """Return who infected whom; several infectors named are equally likely."""
    return [
        PastLink(infector, row["patient_id"], 1 / len(row["infected_by"]), row=row["row"])
        for row in rows
        for infector in row["infected_by"]
    ]


def _area_codes(given: str) -> Any:
    names = {
        name: code
        for code, zh, en in Area.objects.values_list("code", "name_zh", "name_en")
        for name in (zh, en)
    }
    return lambda province, city: names.get(city or "") or names.get(province or "") or given or OUTSIDE


def _past_case(row: Row, codes: Any) -> PastCase:
    died, left = row["date_death"], row["date_release"]
    outcome = CaseOutcome.DIED if died else CaseOutcome.RECOVERED if left else CaseOutcome.NONE
    return PastCase(
        key=row["patient_id"],
        area_code=codes(row["province"], row["city"]),
        diagnosed_on=row["date_confirmation"],
        onset_on=row["date_onset"],
        outcome=outcome,
        outcome_on=died or left,
        sex=Sex(row["sex"]) if row["sex"] in set(Sex) else Sex.UNKNOWN,
        birth_year=row["birth_year"],
        is_imported=row["infection_case"] == "overseas inflow" if row["infection_case"] else None,
    )


def _stays(stays: pl.DataFrame, fresh: dict[str, int], codes: Any) -> list[BulkStay]:
    known = stays.filter(pl.col("patient_id").is_in(list(fresh)))
    return [
        BulkStay(
            person=fresh[row["patient_id"]],
            place=(codes(row["province"], row["city"]), _place_name(row), row["setting"]),
            from_s=row["from_s"],
            until_s=row["until_s"],
            source="routes:day",
            at=(row["longitude"], row["latitude"]),
            row=row["row"],
        )
        for row in known.iter_rows(named=True)
    ]


def _place_name(row: Row) -> str:
    where = " ".join(part for part in (row["city"], row["province"]) if part)
    return f"{row['place_type']} {row['latitude']:.5f},{row['longitude']:.5f} {where}"[:160]


ROUTES = Importer("routes", "病例行程点", "Patients and their routes", ROLES, read, write)
