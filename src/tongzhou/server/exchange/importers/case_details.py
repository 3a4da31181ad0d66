"""Cases published one by one, with their travel, events and links."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from tongzhou.core.errors import InputError
from tongzhou.interop import case_details as codec
from tongzhou.interop.columns import map_columns
from tongzhou.interop.conveyance_numbers import Position, TripKind, read_numbers
from tongzhou.interop.reports import Finding, join_reports, reject_where
from tongzhou.server.areas.models import Area
from tongzhou.server.cases.history_actions import PastCase, PastLink
from tongzhou.server.exchange.importers.base import (
    Batch,
    FileRole,
    Importer,
    Reading,
    Tables,
    Written,
    national_names,
)
from tongzhou.server.exchange.importers.people import PastDelivery, whole_days, write_delivery
from tongzhou.server.movement.bulk_actions import BulkStay, BulkTrip
from tongzhou.server.people.models import Sex

SOURCE = "case-details"
MINUTE_S = 60
ROLES = (
    FileRole("cases", codec.CASE_FIELDS),
    FileRole("travel", codec.TRAVEL_FIELDS, is_required=False),
    FileRole("events", codec.EVENT_FIELDS, is_required=False),
    FileRole("links", codec.LINK_FIELDS, is_required=False),
)
_MODES = (
    (TripKind.FLIGHT, re.compile("飞机|航班")),
    (TripKind.TRAIN, re.compile("高铁|动车|火车|列车|城轨|城际")),
    (TripKind.METRO, re.compile("地铁|轻轨")),
    (TripKind.BUS, re.compile("公交")),
    (TripKind.TAXI, re.compile("出租|网约|滴滴|的士")),
    (TripKind.SHIP, re.compile("船|轮渡")),
    (TripKind.COACH, re.compile("客车|大巴|长途|班车|通勤车|中巴")),
)
Row = Mapping[str, Any]


def read(tables: Tables, overrides: Mapping[str, str]) -> Reading:
    """Read one delivery; cases without an area or a day of diagnosis are refused, since nothing may be invented."""
    if overrides:
        raise InputError(
            "columns.bad_override", "This kind takes no --map.", "Rename the columns of the files."
        )
    names = national_names()
    details = codec.read_case_details(
        codec.CaseDetailTables(*(tables.get(role.name) for role in ROLES)), names
    )
    provinces = dict(Area.objects.filter(level="province").values_list("pinyin", "code"))
    cases = details.cases.with_columns(
        pl.coalesce(
            "residence_code", "area_code", pl.col("src").replace_strict(provinces, default=None)
        ).alias("home"),
        pl.coalesce("date_confirmation", "date_admission").alias("diagnosed_on"),
    )
    refused = join_reports(
        [
            reject_where(cases, pl.col("home").is_null(), "src", "names no known area"),
            reject_where(
                cases, pl.col("diagnosed_on").is_null(), "case_id", "no day of confirmation or admission"
            ),
        ]
    )
    cases = cases.join(refused, on="row", how="anti", maintain_order="left")
    rejected = {**details.rejected, "cases": join_reports([details.rejected["cases"], refused])}
    mapping = {r.name: map_columns(tables[r.name].columns, r.fields).pairs for r in ROLES if r.name in tables}
    findings = (*details.findings, *_orphans(details))
    return Reading((details, cases), {k: v for k, v in rejected.items() if k in tables}, mapping, findings)


def _orphans(details: codec.CaseDetails) -> list[Finding]:
    findings = []
    for name, frame in (("travel", details.travel), ("events", details.events)):
        lost = frame.filter(~pl.col("has_case")).height if frame.width else 0
        if lost:
            findings.append(Finding("no_case", f"{lost} rows of {name} name a case that is not in the file."))
    return findings


def write(reading: Reading, batch: Batch) -> Written:
    """Write the delivery."""
    details, cases = reading.content
    rows = list(cases.iter_rows(named=True))
    delivery = PastDelivery(
        source=SOURCE,
        role="cases",
        cases=[_past_case(row) for row in rows],
        rows={_key(row): row["row"] for row in rows},
        movements=lambda fresh: (_stays(details, fresh, rows), _trips(details, fresh)),
        links=_links(details, rows),
        stay_role="events",
        trip_role="travel",
        link_role="links",
    )
    return write_delivery(delivery, batch)


def _key(row: Row) -> str:
    return f"{row['src']}-{row['case_id']}"


def _past_case(row: Row) -> PastCase:
    day: date = row["diagnosed_on"]
    return PastCase(
        key=_key(row),
        area_code=row["home"],
        diagnosed_on=day,
        onset_on=row["date_onset"],
        admitted_on=row["date_admission"],
        sex=Sex(row["sex"]) if row["sex"] else Sex.UNKNOWN,
        birth_year=day.year - int(row["age"]) if row["age"] is not None else None,
        is_imported=row["is_hubei_resident"],
    )


def _stays(details: codec.CaseDetails, fresh: dict[str, int], rows: list[Row]) -> list[BulkStay]:
    """Return the events that say where and on which day; a day without a clock is the whole day."""
    if not details.events.width:
        return []
    homes, names = {_key(row): row["home"] for row in rows}, national_names()
    stays = []
    for event in details.events.filter(pl.col("from_on").is_not_null()).iter_rows(named=True):
        person, place = fresh.get(_key(event)), event["place"] or event["event"]
        if person is None or not place:
            continue
        first, last = whole_days(event["from_on"], event["until_on"])
        area = names.resolve(place) or homes[_key(event)]
        source = f"{SOURCE}:{'clock' if event['from_s'] else 'day'}"
        span = (event["from_s"] or first, event["until_s"] or last)
        if span[1] <= span[0]:
            span = (
                span[0],
                span[0] + MINUTE_S,
            )  # one clock for both ends: the moment was told, not its length
        stays.append(BulkStay(person, (area, place[:160], "other"), *span, source, row=event["row"]))
    return stays


def _trips(details: codec.CaseDetails, fresh: dict[str, int]) -> list[BulkTrip]:
    """Return the travel that names a day and the number of a conveyance."""
    if not details.travel.width:
        return []
    trips = []
    numbered = details.travel.filter(pl.col("on").is_not_null() & pl.col("vehicle_no").is_not_null())
    for row in numbered.iter_rows(named=True):
        person = fresh.get(_key(row))
        kind = next((kind for kind, words in _MODES if words.search(row["mode"] or "")), None)
        numbers = read_numbers(row["vehicle_no"], kind) if kind else ()
        if person is None or kind is None or not numbers:
            continue
        first, last = whole_days(row["on"])
        source = f"{SOURCE}:{'clock' if row['departed_at'] else 'day'}"
        span = (row["departed_at"] or first, last)
        trips.append(BulkTrip(person, kind, numbers[0], row["on"], *span, source, Position(), row["row"]))
    return trips


def _links(details: codec.CaseDetails, rows: list[Row]) -> list[PastLink]:
    """Return resolved links. The source does not say who infected whom: the earlier onset is taken, at even odds."""
    if not details.links.width:
        return []
    began = {_key(row): (row["date_onset"] or row["diagnosed_on"], row["case_id"]) for row in rows}
    links = []
    for row in details.links.filter("is_resolved").iter_rows(named=True):
        ends = [f"{row['src']}-{row['case_id']}", f"{row['src']}-{row['linked_case_id']}"]
        if all(end in began for end in ends):
            first, second = sorted(ends, key=began.__getitem__)
            links.append(
                PastLink(first, second, 0.5, "direction not stated; earlier onset first", row["row"])
            )
    return links


CASE_DETAILS = Importer("case-details", "病例详情（历史）", "Details of past cases", ROLES, read, write)
