"""What a new user writes wrongly to `whatif` and `return-peak` is named, with the way out, before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tongzhou.cli.main import EXIT_WRONG_USE, run
from tongzhou.scenario import whatif

FILES = {
    "kapacity.csv": "area,kapacity\n4403,3\n",
    "word.csv": "area,capacity,amount\n4403,beds,x\n",
    "moons.csv": "area,capacity,amount\n4403,moons,3\n",
    "empty.csv": "",
    "rowless.csv": "day,origin,registered\n",
    "below.csv": "day,origin,registered\n2027-02-01,43,-5\n",
    "many.csv": "day,origin,registered\n2027-02-01,43,many\n",
    "soon.csv": "day,origin,registered\nsoon,43,5\n",
    "over.csv": "day,origin,registered\n2026-02-01,43,5\n",
    "other.json": '{"a": 1}',
    "none.json": "x",
}
PACK = "whatif --pack cn-2022-06"
PEAK = "return-peak --new-year 2027-02-06 --today 2027-02-01"


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("whatif", "No pack is given"),
        ("whatif --pack nope", "'nope'"),
        (f"{PACK}:fierce", "'fierce'"),
        (f"{PACK}:high:everywhere", "PACK:INTENSITY:zones"),
        ("whatif --pack measles:high:zones", "measles draws no zones"),
        (f"{PACK} --pack cn-2022-06", "share a name"),
        (f"{PACK} --disease flu", "'flu'"),
        (f"{PACK} --introduce 9999=3", "9999"),
        (f"{PACK} --introduce 4403", "Write 4403=20"),
        (f"{PACK} --persons 10 --introduce 4403=200", "200 of 10 residents"),
        (f"{PACK} --kept moon=0", "moon"),
        (f"{PACK} --kept school=2", "school = 2.0"),
        (f"{PACK} --days 0", "0 days"),
        (f"{PACK} --days 1e9", "Choose 1 to 1000"),
        (f"{PACK} --runs 0", "0 runs"),
        (f"{PACK} --runs 1e6", "at most 6 scenarios"),
        (f"{PACK} --area 99", "99"),
        (f"{PACK} --population /nowhere", "/nowhere"),
        (f"{PACK} --ready kapacity.csv", "lacks capacity, amount"),
        (f"{PACK} --ready word.csv", "'x' in row 2"),
        (f"{PACK} --ready moons.csv", "moons"),
        (f"{PACK} --save nowhere/q.json", "nowhere/q.json"),
        (f"{PACK} --fans nowhere/f.csv", "nowhere/f.csv"),
        ("whatif --repeat other.json", "other.json holds no question"),
        ("whatif --repeat none.json", "none.json holds no question"),
        ("return-peak", "--new-year"),
        ("return-peak --new-year 2001-01-24 --today 2027-01-01", "Nobody travels"),
        (f"{PEAK} --area 9999", "9999"),
        (f"{PEAK} --lanes North=3", "Checkpoints are 4403"),
        (f"{PEAK} --lanes 4403", "'4403' gives no number"),
        (f"{PEAK} --origin-cases 99=3", "'99'"),
        (f"{PEAK} --save nowhere/q.json", "nowhere/q.json"),
        ("return-peak below.csv --new-year 2027-02-06", "Both FIGURES and --new-year"),
        ("return-peak below.csv", "'-5' in row 2"),
        ("return-peak many.csv", "'many' in row 2"),
        ("return-peak soon.csv", "'soon' in row 2"),
        ("return-peak over.csv --today 2027-01-30", "Nobody travels on these days"),
        ("return-peak empty.csv", "empty.csv is no table"),
        ("return-peak rowless.csv", "holds no row"),
        ("return-peak --repeat other.json", "holds no question"),
    ],
)
def test_what_cannot_be_asked_is_named_before_anything_runs(
    words: str,
    named: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, content in FILES.items():
        Path(name).write_text(content)
    monkeypatch.setattr(whatif, "synthesize", lambda *_a, **_k: pytest.fail("something ran"))
    assert run(words.split()) == EXIT_WRONG_USE
    said = capsys.readouterr().err
    assert named in said
    assert "hint:" in said
