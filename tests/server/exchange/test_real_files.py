"""Every importer on the public data sets: what it keeps, what it says, and that importing again changes nothing."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from tests.shared_data import shared
from tongzhou.interop.area_names import short_name
from tongzhou.server.cases.models import Case, ReportedCount, TransmissionLink
from tongzhou.server.kernel.models import Fact
from tongzhou.server.movement.ledger_door import get_ledger
from tongzhou.server.movement.notices import find_shared_trips, shown_trip
from tongzhou.server.people.models import Person
from tongzhou.server.portal.figures import Figures, compose_figures

pytestmark = pytest.mark.django_db(transaction=True)
DXY = "01_dxy_2020/dxy_guangdong_intraday_to_2020-02-29"
DAILY = "02_city_daily_2019-12_2020-12/"
PARSED = f"{DAILY}official_bulletins_parsed_to_2020-01-31"
TRIPS = "04_trips_tracks_communities/"
DETAILS = "05_case_details_wuhan2020/"
CITIES = {
    "深圳市": 170, "广州市": 150, "佛山市": 39, "珠海市": 38, "东莞市": 21, "惠州市": 20, "中山市": 18,
}  # fmt: skip


def every(model: type) -> object:
    return model.objects.everything("test")


def test_guangdong_by_noon_of_1_february_2020(import_real: object) -> None:
    run = import_real("city-daily", DXY)
    figures = compose_figures("44", date(2020, 2, 1), "12:00")
    assert figures.total.counts["confirmed"] == 535
    assert {a.name: a.counts["confirmed"] for a in figures.areas if a.name in CITIES} == CITIES
    codes = {finding["code"] for finding in run.findings}
    assert {"sums_disagree", "downward_correction"} <= codes


@pytest.mark.parametrize(
    "file",
    [
        "guangdong_city_daily_to_2020-06-30",
        "official_bulletins_parsed_to_2020-01-31",
        "official_bulletins_raw_to_2020-01-31",
    ],
)
def test_every_end_of_day_bulletin_is_reproduced_city_by_city(import_real: object, file: str) -> None:
    import_real("city-daily", DAILY + file)
    stated = pl.read_csv(shared(f"data/{PARSED}.csv.gz"), infer_schema_length=0)
    stated = stated.filter(pl.col("province") == "广东省", pl.col("measure") == "confirmed")
    assert stated["date"].n_unique() >= 10
    for (day,), rows in stated.group_by("date", maintain_order=True):
        found = by_short_name(compose_figures("44", date.fromisoformat(day)))
        assert {area: found.get(short_name(area)) for area in rows["area"]} == {
            row["area"]: int(row["count"]) for row in rows.iter_rows(named=True)
        }


def by_short_name(figures: Figures) -> dict[str, int]:
    lines = [figures.total, *figures.areas, *figures.unassigned]
    return {short_name(line.name): line.counts.get("confirmed") for line in lines}


def test_importing_counts_again_changes_nothing(import_real: object) -> None:
    first = import_real("city-daily", DXY)
    n_counts = every(ReportedCount).count()
    again = import_real("city-daily", DXY)
    assert (again.n_accepted, again.n_unchanged) == (0, first.n_read)
    assert every(ReportedCount).count() == n_counts


def test_a_dry_run_writes_nothing_but_its_account(import_real: object) -> None:
    run = import_real("city-daily", DXY, is_dry_run=True)
    assert run.n_accepted > 5000
    assert not every(ReportedCount).exists()


def test_aq1275_of_16_february_is_answered_from_both_lists_without_a_name(import_real: object) -> None:
    for name in ("nosugar", "tencent"):
        assert import_real("same-trip", f"{TRIPS}sametrip_{name}").n_rejected == 0
    [trip] = [shown_trip(trip) for trip in find_shared_trips("aq 1275", date(2020, 2, 16))]
    assert trip["numbers"] == ["AQ1275"]
    assert trip["to"] == "兰州"
    assert {notice["list"] for notice in trip["notices"]} <= {"sametrip_tencent", "sametrip_nosugar"}


def test_case_details_keep_their_own_dates_and_call_nobody_out(import_real: object) -> None:
    names = [DETAILS + f"case_{n}_dev" for n in ("events", "links", "travel")]
    run = import_real("case-details", f"{DETAILS}cases_all_provinces_dev", *names)
    cases = every(Case)
    assert cases.count() == run.mapping["records"]["cases"] > 2000
    assert cases.latest("diagnosed_at").diagnosed_at.year == 2020
    assert not Fact.objects.filter(kind="case.opened").exists()
    assert not every(Person).exclude(name_index="").exists()
    assert every(TransmissionLink).count() > 500
    assert get_ledger().select("stays", columns=["person"]).height > 1500


def test_routes_import_again_without_doubling(import_real: object) -> None:
    files = ("07_ds4c_korea/patient_info", "07_ds4c_korea/patient_route")
    first, again = import_real("routes", *files), import_real("routes", *files)
    assert first.mapping["records"]["stays"] == 6227  # of 6,714 rows; the others say the same again
    assert again.mapping["records"] == {"cases": 0, "links": 0, "stays": 0, "trips": 0}
    assert (first.n_rejected, again.n_accepted) == (3, 0)


def test_tracks_say_what_could_not_be_read(import_real: object) -> None:
    run = import_real("tracks", f"{TRIPS}patient_tracks_tencent_dev")
    told = {finding["code"]: finding["message"] for finding in run.findings}
    assert "read whole" in told["parsed"]
    assert run.mapping["records"]["stays"] > 20_000
    assert run.n_read == run.n_accepted + run.n_unchanged + run.n_rejected == 4817
