"""People whose documents results can match, and files of results."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from tests.cast import Cast
from tests.server.world import DOCUMENTS, World, build_world
from tongzhou.server.labs.bulk import ResultFile, ResultReceipt, import_results
from tongzhou.server.people.queries import DOCUMENT
from tongzhou.server.vault.crypto import blind_index

HEADER = "证件号码,姓名,样本编号,采样时间,检测时间,检测方法,检测结果\n"
TIMES = "2022-07-12 08:00,2022-07-12 11:00,核酸"


def whole(body: str) -> str:
    """Return a resident number with its check character (GB 11643)."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]


VALID = {name: whole(document[:17]) for name, document in DOCUMENTS.items()}
NOBODY, STRANGER = whole("44030519991231002"), whole("44030519991231004")


def line(who: str, sample: str, outcome: str) -> str:
    """Return one row: a person of the world, or a document as given."""
    return f"{VALID.get(who, who)},{who},{sample},{TIMES},{outcome}\n"


@pytest.fixture
def world(cast: Cast, now: datetime, settings: pytest.FixtureRequest, tmp_path: Path) -> World:
    """Six persons with places and stays."""
    settings.LEDGER_ROOT, settings.HOME = tmp_path / "ledger", tmp_path / "home"
    world = build_world(now)
    for name, person in world.people.items():
        person.document, person.document_index = VALID[name], blind_index(VALID[name], DOCUMENT)
        person.save()
    return world


@pytest.fixture
def import_file(world: World, cast: Cast, tmp_path: Path) -> Callable[..., ResultReceipt]:
    """Import a text as a file of results, named by its own digest."""

    def run(text: str, digest: str = "d" * 64, **options: object) -> ResultReceipt:
        path = tmp_path / "results.csv"
        path.write_text(text, encoding="utf-8")
        file = ResultFile(path, "results.csv", digest)
        return import_results(cast.actor("lab_clerk"), world.laboratory, file, **options)

    return run
