"""Bad input: each a clear error or a rejected row with its reason, and nothing half written."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings

from tests.cast import Cast
from tongzhou.core.errors import Denied, InputError
from tongzhou.server.cases.models import ReportedCount
from tongzhou.server.exchange.actions import run_import
from tongzhou.server.exchange.models import ImportRun

pytestmark = pytest.mark.django_db
HEADER = "province,city,prov_confirmed,city_confirmed,update_time\n"
ROW = "广东省,深圳,5,3,2020-02-01 13:00:00\n"


def every(model: type) -> object:
    return model.objects.everything("test")


def test_unknown_kind_names_the_known_ones(import_bytes: object) -> None:
    with pytest.raises(InputError, match=r"No import is called 'weather'.*city-daily"):
        import_bytes("weather", ROW)


def test_wrong_columns_name_found_and_wanted(import_bytes: object) -> None:
    with pytest.raises(InputError, match=r"a, b.*Known layouts"):
        import_bytes("city-daily", "a,b\n1,2\n")
    assert not every(ImportRun).exists()


def test_columns_may_be_named(import_bytes: object) -> None:
    text = "省,市,总数,城市数,时间\n" + ROW
    overrides = {
        "province": "省", "city": "市", "prov_confirmed": "总数", "city_confirmed": "城市数", "update_time": "时间",
    }  # fmt: skip
    assert import_bytes("city-daily", text, overrides=overrides).n_accepted == 1


def test_gb18030_is_read(import_bytes: object) -> None:
    run = import_bytes("city-daily", (HEADER + ROW).encode("gb18030"))
    assert run.n_accepted == 1
    assert every(ReportedCount).filter(area_name="深圳市").exists()


def test_bad_rows_come_back_with_reasons(import_bytes: object) -> None:
    bad = "广东省,广州,5,x,2020-02-01 13:00:00\n广东省,佛山,5,2,2020-02-31 13:00:00\n"
    run = import_bytes("city-daily", HEADER + ROW + bad)
    assert (run.n_read, run.n_accepted, run.n_rejected) == (3, 1, 2)
    text = (Path(settings.HOME) / run.rejects_path).read_text(encoding="utf-8-sig")
    assert "not a whole number" in text
    assert "not a day or time that exists" in text
    told = [finding["message"] for finding in run.findings if finding["code"] == "rejected"]
    assert any("'2020-02-31 13:00:00'" in line and "not a day" in line for line in told)


def test_a_header_without_rows_is_said(import_bytes: object) -> None:
    run = import_bytes("city-daily", HEADER)
    assert [finding["message"] for finding in run.findings] == ["The file has a header and no rows."]


def test_an_unknown_area_is_kept_without_a_code_and_reported(import_bytes: object) -> None:
    run = import_bytes("city-daily", HEADER + ROW + "广东省,外地来粤人员,5,2,2020-02-01 13:00:00\n")
    assert run.n_accepted == 2
    assert any("外地来粤人员" in finding["message"] for finding in run.findings)


def test_the_same_row_twice_counts_once(import_bytes: object) -> None:
    import_bytes("city-daily", HEADER + ROW + ROW)
    assert every(ReportedCount).count() == 2


def test_a_line_without_end_is_refused(import_bytes: object) -> None:
    with pytest.raises(InputError, match="line"):
        import_bytes("city-daily", HEADER + "x" * 20_000_000)


def test_an_empty_file_is_refused(import_bytes: object) -> None:
    with pytest.raises(InputError, match="empty"):
        import_bytes("city-daily", "")


def test_a_part_of_a_delivery_says_what_is_missing(import_bytes: object) -> None:
    with pytest.raises(InputError, match=r"needs a file for: cases"):
        import_bytes("case-details", "src,case_id,linked_case_id\na,1,2\n")


def test_a_figure_stated_anew_supersedes_and_is_kept(import_bytes: object) -> None:
    import_bytes("city-daily", HEADER + ROW)
    import_bytes("city-daily", HEADER + ROW.replace(",3,", ",4,"), "b.csv")
    standing = dict(every(ReportedCount).filter(area_code="4403").values_list("count", "is_superseded"))
    assert standing == {3: True, 4: False}


def test_nobody_imports_beyond_their_area(cast: Cast, tmp_path: Path) -> None:
    path = tmp_path / "counts.csv"
    path.write_text(HEADER + ROW, encoding="utf-8")
    for name in ("resident", "city_officer"):
        with pytest.raises(Denied):
            run_import(cast.actor(name), "city-daily", [path])
    assert run_import(cast.actor("province_officer"), "city-daily", [path])[0].n_accepted == 1
