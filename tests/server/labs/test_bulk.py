"""A file of results: rows to the ledger, positives to cases, the unknown to duties; again changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings

from tests.cast import Cast
from tests.server.labs.conftest import HEADER, NOBODY, STRANGER, line
from tests.server.world import World
from tongzhou.core.errors import Denied, InputError
from tongzhou.server.cases.models import Case
from tongzhou.server.duties.models import Duty
from tongzhou.server.kernel import outbox
from tongzhou.server.labs.bulk import ResultFile, import_results
from tongzhou.server.labs.models import PositiveResult, UnlinkedResult
from tongzhou.server.movement.ledger_door import get_ledger
from tongzhou.server.people.models import Person

pytestmark = pytest.mark.django_db(transaction=True)
FILE = (
    HEADER
    + line("wang", "S1", "阳性")
    + line("zhao", "S2", "阴性")
    + line("qian", "S3", "阴性")
    + line(NOBODY, "S4", "阴性")
    + line(STRANGER, "S5", "阳性")
)


def every(model: type) -> object:
    return model.objects.everything("test")


def test_every_accepted_row_is_in_the_ledger(import_file: object, world: World) -> None:
    receipt = import_file(FILE)
    rows = get_ledger().select("results")
    assert rows.height == receipt.n_accepted
    assert set(rows["outcome"]) == {"positive", "negative"}
    known = {world.people[name].id for name in ("wang", "zhao", "qian")}
    assert set(rows["person"].drop_nulls()) == known


def test_a_positive_of_a_known_person_opens_a_case(import_file: object, world: World) -> None:
    import_file(FILE)
    assert every(Case).get().person == world.people["wang"]


def test_results_without_a_person_become_duties_and_never_persons(import_file: object) -> None:
    n_people = every(Person).count()
    receipt = import_file(FILE)
    assert every(Person).count() == n_people
    kinds = sorted(every(Duty).filter(kind__startswith="link").values_list("kind", flat=True))
    assert kinds == ["link_batch", "link_result"]
    assert every(UnlinkedResult).count() == receipt.n_unlinked == 2


def test_the_same_file_again_changes_nothing(import_file: object) -> None:
    import_file(FILE)
    before = [every(m).count() for m in (PositiveResult, UnlinkedResult, Duty, Case)]
    assert import_file(FILE).is_repeat
    outbox.sweep()
    assert [every(m).count() for m in (PositiveResult, UnlinkedResult, Duty, Case)] == before
    assert get_ledger().select("results").height == 5


def test_many_positives_are_left_to_the_worker(import_file: object) -> None:
    text = HEADER + "".join(line("wang", f"P{i}", "阳性") for i in range(25))
    import_file(text)
    assert not every(Case).exists()
    outbox.sweep()
    assert every(Case).exists()


def test_bad_rows_come_back_as_a_file_with_reasons(import_file: object) -> None:
    bad = line("110105194912310021", "S6", "阴性") + line("li", "S7", "maybe") + line("sun", "S8", "阴性")
    receipt = import_file(HEADER + bad)
    assert (receipt.n_accepted, receipt.n_rejected) == (1, 2)
    text = (Path(settings.HOME) / receipt.rejects_path).read_text(encoding="utf-8-sig")
    assert len(text.splitlines()) == 3
    assert "not positive, negative or indeterminate" in text


def test_a_trial_writes_nothing(import_file: object) -> None:
    assert import_file(FILE, is_trial=True).n_accepted == 5
    assert get_ledger().select("results").is_empty()
    assert not every(PositiveResult).exists()


def test_wrong_columns_are_named(import_file: object) -> None:
    with pytest.raises(InputError, match=r"No column for: document.*Found: a, b"):
        import_file("a,b\n1,2\n")


def test_only_the_laboratory_s_clerk_may_import(world: World, cast: Cast, tmp_path: Path) -> None:
    file = ResultFile(tmp_path / "absent.csv", "absent.csv", "e" * 64)
    with pytest.raises(Denied):
        import_results(cast.actor("grid_worker"), world.laboratory, file)


def test_a_cancelled_import_leaves_nothing(import_file: object) -> None:
    class Stop(Exception):
        pass

    def tell(n_done: int, step: str) -> None:
        if n_done:
            raise Stop

    with pytest.raises(Stop):
        import_file(FILE, tell=tell)
    assert get_ledger().select("results").is_empty()
    assert import_file(FILE).n_accepted == 5
