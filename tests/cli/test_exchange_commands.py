"""From an empty home folder: import, bulletin and same trip, with their exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

COUNTS = (
    "province,city,prov_confirmed,city_confirmed,update_time\n"
    "广东省,深圳,5,3,2020-02-01 13:00:00\n广东省,广州,5,2,2020-02-01 13:00:00\n"
)
TRIPS = (
    "date,start,end,type,no,no_sub,memo,pos_start,pos_end,source,who\n"
    "2020-02-16,,,1,AQ1275,,,广州,兰州,u,甘肃发布\n"
)


def tongzhou(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    code = "import sys; from tongzhou.cli.main import main; main(sys.argv[1:])"
    environment = {**os.environ, "TONGZHOU_HOME": str(home)}
    environment.pop("TONGZHOU_DATABASE_URL", None)
    command = [sys.executable, "-W", "ignore", "-c", code, *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_an_empty_home_answers_after_one_import(tmp_path: Path) -> None:
    home, counts, trips, bad = (tmp_path / name for name in ("home", "counts.csv", "trips.csv", "bad.csv"))
    counts.write_text(COUNTS, encoding="utf-8")
    trips.write_text(TRIPS, encoding="utf-8")
    bad.write_text(COUNTS + "广东省,佛山,5,x,2020-02-01 14:00:00\n", encoding="utf-8")
    assert tongzhou(home, "import", "city-daily", str(counts)).returncode == 0
    assert tongzhou(home, "import", "city-daily", str(bad)).returncode == 1
    assert tongzhou(home, "import", "weather", str(counts)).returncode == 2
    assert tongzhou(home, "import", "city-daily", str(tmp_path / "absent.csv")).returncode == 2
    told = tongzhou(home, "bulletin", "--area", "44", "--on", "2020-02-01", "--cutoff", "12:00", "--json")
    stated = json.loads(told.stdout)
    assert {area["name"]: area["confirmed"] for area in stated["areas"]} == {"深圳市": 3, "广州市": 2}
    assert tongzhou(home, "bulletin", "--area", "44", "--on", "2021-02-01").returncode == 2
    assert tongzhou(home, "import", "same-trip", str(trips)).returncode == 0
    answer = json.loads(tongzhou(home, "same-trip", "AQ1275", "--on", "2020-02-16", "--json").stdout)
    assert answer["is_found"]
