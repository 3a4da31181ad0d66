"""Case records, travel, events, links; and routes of patients."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest

from tests.interop.samples import AREAS, national_areas, shared_table, text_table
from tongzhou.interop.case_details import CaseDetailTables, read_case_details
from tongzhou.interop.routes import read_routes

CASES = "src,case_id,res_province,res_city,age,sex,onset,confirmed,case_city,n_contacts,review\n"
FOLDER = "05_case_details_wuhan2020/{}.csv.gz"


def read(cases: str, links: str = ""):
    tables = CaseDetailTables(
        text_table(CASES + cases), links=text_table("src,case_id,linked_case_id\n" + links) if links else None
    )
    return read_case_details(tables, AREAS)


def test_case_is_typed_and_its_areas_resolved():
    details = read("guangdong,0755000200,湖北省,武汉,37,男,2020-01-17,2020-01-21,深圳市,共12,已审核\n")
    row = details.cases.row(0, named=True)
    assert (row["area_code"], row["residence_code"], row["age"], row["sex"]) == ("4403", "4201", 37.0, "male")
    assert (row["date_onset"], row["n_contacts"], row["is_reviewed"]) == (date(2020, 1, 17), 12, True)


def test_repeated_case_is_rejected():
    line = "guangdong,0755000200,,,37,男,,2020-01-21,,,\n"
    details = read(line + line)
    assert details.cases.height == 1
    assert details.rejected["cases"]["row"].to_list() == [3]


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("s,1,,,200,男,,2020-01-21,,,\n", "age_text"),
        ("s,1,,,20,?,,2020-01-21,,,\n", "sex"),
        ("s,1,,,20,男,2020-02-30,2020-01-21,,,\n", "onset"),
    ],
)
def test_bad_case_names_its_column(line, column):
    assert read(line).rejected["cases"]["column"].to_list() == [column]


def test_first_shenzhen_cases_carry_an_admission_day():
    details = read("guangdong,0755000170,,,1,男,,2020-01-21,,,\nguangdong,0755000171,,,1,男,,2020-01-21,,,\n")
    assert details.cases["date_admission"].to_list() == [date(2020, 1, 21), None]
    assert details.cases["date_confirmation"].to_list() == [None, date(2020, 1, 21)]
    assert "confirmed_is_admission" in [f.code for f in details.findings]


def test_links_are_resolved_within_their_source():
    case = "a,1,,,1,男,,2020-01-21,,,\nb,2,,,1,男,,2020-01-21,,,\n"
    details = read(case, "a,1,2\nb,2,2\n")
    assert details.links["is_resolved"].to_list() == [False, True]


def test_real_delivery_is_read_whole():
    names = ("cases_all_provinces_dev", "case_travel_dev", "case_events_dev", "case_links_dev")
    tables = CaseDetailTables(*(shared_table(FOLDER.format(name)) for name in names))
    details = read_case_details(tables, national_areas())
    n_rejected = details.rejected["cases"]["row"].n_unique()
    assert details.cases.height + n_rejected == 2167
    assert n_rejected == 45
    assert details.cases["date_admission"].drop_nulls().len() == 170
    assert details.travel.height + details.rejected["travel"]["row"].n_unique() == 1572
    assert 0.8 < details.links["is_resolved"].mean() < 0.95


def test_route_is_a_whole_day_with_its_uncertainty():
    patients = text_table(
        'patient_id,infected_by,confirmed_date\n1000000001,"2000000205.0, 2000000206",2020-01-23\n'
    )
    routes = text_table(
        "patient_id,date,type,latitude,longitude\n1000000001,2020-01-22,hospital,37.6,126.7\n"
    )
    read_back = read_routes(patients, routes)
    stay = read_back.stays.row(0, named=True)
    assert stay["from_s"] == int(datetime(2020, 1, 21, 15, tzinfo=UTC).timestamp())
    assert stay["uncertainty_s"] == stay["until_s"] - stay["from_s"] == 86400
    assert stay["setting"] == "health_care"
    assert read_back.patients["infected_by"].to_list() == [["2000000205", "2000000206"]]


@pytest.mark.parametrize(
    "bad", ["2020-13-01,hospital,37.6,126.7", "2020-01-01,x,97,126", "2020-01-01,x,37,a"]
)
def test_bad_route_is_rejected(bad):
    patients = text_table("patient_id,confirmed_date\n1000000001,2020-01-23\n")
    routes = text_table(f"patient_id,date,type,latitude,longitude\n1000000001,{bad}\n")
    assert read_routes(patients, routes).rejected["routes"].height == 1


def test_real_routes_are_read_whole():
    folder = "07_ds4c_korea/patient_{}.csv.gz"
    routes = read_routes(shared_table(folder.format("info")), shared_table(folder.format("route")))
    assert (routes.patients.height, routes.stays.height) == (3388, 6714)
    assert routes.stays["has_patient"].all()
    assert routes.patients.filter(pl.col("infected_by").list.len() > 0).height == 822
