"""Packs load whole or not at all; an error names pack, file, path and what is allowed."""

from __future__ import annotations

import dataclasses
import json
import shutil
from datetime import date
from enum import StrEnum

import pytest

from tongzhou.core.errors import PolicyError
from tongzhou.core.exposures import Conveyance, Grade, SeatScope, Setting
from tongzhou.core.zones import ZoneLevel
from tongzhou.policy import OrderKind, SubjectKind, list_packs, load_pack
from tongzhou.policy.examples import read_examples, run_example
from tongzhou.policy.files import SHIPPED_PACKS
from tongzhou.policy.model import Anchor
from tongzhou.policy.words import RELEASES, SPECIMENS

SHIPPED = ["cn-2020-02", "cn-2021-05", "cn-2022-06", "cn-2022-11", "ebola", "measles"]


def test_all_packs_of_the_project_are_listed():
    assert [entry.name for entry in list_packs()] == SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_every_rule_speaks_chinese_and_english(name):
    for rule_id, note in load_pack(name).notes.items():
        assert any("\u4e00" <= char <= "\u9fff" for char in note.says.zh), rule_id
        assert note.says.en.isascii(), rule_id


def test_editions_follow_each_other_without_a_gap():
    packs = [load_pack(name) for name in SHIPPED[:4]]
    assert [pack.effective_until for pack in packs[:3]] == [pack.effective_from for pack in packs[1:]]
    assert packs[2].effective_from == date(2022, 6, 28)


def test_minutes_away_from_transport_are_marked_as_assumptions():
    for name in SHIPPED[:4]:
        pack = load_pack(name)
        timed = {rule.rule_id for rule in pack.contact_rules.settings if rule.minutes > 0}
        assert timed
        assert all(pack.notes[rule_id].is_assumption for rule_id in timed)


def test_a_pack_cannot_be_changed_after_loading(edition9):
    with pytest.raises(dataclasses.FrozenInstanceError):
        edition9.name = "other"


def test_unknown_pack_lists_what_exists():
    with pytest.raises(PolicyError, match=r"'cn-2023'; there are cn-2020-02, .*measles"):
        load_pack("cn-2023")


def test_unknown_version_lists_what_exists():
    with pytest.raises(PolicyError, match="no version '9'; there are 1") as caught:
        load_pack("cn-2022-06", "9")
    assert caught.value.context["path"] == "version"


@pytest.mark.parametrize(
    ("file", "old", "new", "path", "says"),
    [
        (
            "orders.toml",
            '"central_quarantine"',
            '"prison"',
            "order[1].phase[0].kind",
            "allowed are isolation, central",
        ),
        (
            "orders.toml",
            "test_days = [1, 2, 3, 5, 7]",
            "test_days = [1, 9]",
            "order[1].phase[0].test_days",
            "days 1 to 7",
        ),
        (
            "orders.toml",
            'subject = "arrival"',
            'subject = "close"',
            "order[2].subject",
            "names 'close' twice",
        ),
        ("orders.toml", "\ndays = 7", "\ndays = -7", "order[0].phase[1].days", "minimum 1"),
        (
            "contacts.toml",
            'settings = ["dining"]',
            'settings = ["pub"]',
            "setting[2].settings[0]",
            "'pub'; allowed are",
        ),
        ("contacts.toml", "rows_around = 3\n", "", "seat[0].rows_around", "is missing"),
        (
            "contacts.toml",
            'below = "general"',
            'below = "close"\ngrade = "general"',
            "setting[4].below",
            "graver",
        ),
        ("contacts.toml", 'source = "transport"', 'source = "hearsay"', "seat[0].source", "SOURCE.md"),
        (
            "zones.toml",
            'next_level = "medium"',
            'next_level = "high"',
            "step[0].next_level",
            "not below 'high'",
        ),
        ("pack.toml", "2022-11-11", "2022-01-01", "effective_until", "not after effective_from"),
        ("pack.toml", "Asia/Shanghai", "Asia/Atlantis", "time_zone", "IANA"),
        ("pack.toml", 'edition = "9"', 'edition = "9"\ncolour = "red"', "(top)", "unknown colour"),
        ("pack.toml", 'version = "1"', "", "(top)", "lacks version"),
        ("pack.toml", 'clocks = "cn-common"', 'clocks = "nowhere"', "shared.clocks", "'nowhere'"),
    ],
)
def test_a_broken_pack_names_file_path_and_what_is_allowed(broken, file, old, new, path, says):
    folder = broken(file, old, new)
    with pytest.raises(PolicyError) as caught:
        load_pack("trial", extra_folders=[folder])
    context = caught.value.context
    assert (context["pack"], context["file"], context["path"]) == ("trial", file, path)
    assert says in str(caught.value)


def test_a_zone_without_a_way_down_is_refused(broken):
    text = (SHIPPED_PACKS / "cn-2022-06" / "zones.toml").read_text("utf-8")
    steps = text[text.index("[[step]]") :]
    with pytest.raises(PolicyError, match="no way down from high, medium"):
        load_pack("trial", extra_folders=[broken("zones.toml", steps, "")])


def test_every_offender_of_a_file_is_named_at_once(broken):
    folder = broken(
        "orders.toml", 'subject = "close"\nanchor = "last_exposure"', 'subject = "foe"\nanchor = "moon"'
    )
    with pytest.raises(PolicyError) as caught:
        load_pack("trial", extra_folders=[folder])
    assert caught.value.context["paths"] == ["order[1].anchor", "order[1].subject"]


def test_toml_that_cannot_be_read_names_the_line(broken):
    with pytest.raises(PolicyError, match=r"trial, orders.toml: .*line 1"):
        load_pack("trial", extra_folders=[broken("orders.toml", "[[order]]", "[[order")])


def test_a_file_in_another_encoding_is_refused(broken):
    folder = broken("orders.toml", "[[order]]", "[[order]]")
    file = folder / "trial" / "orders.toml"
    file.write_bytes(file.read_text("utf-8").encode("gb18030"))
    with pytest.raises(PolicyError, match="UTF-8"):
        load_pack("trial", extra_folders=[folder])


def test_a_missing_folder_of_packs_is_named(tmp_path):
    with pytest.raises(PolicyError, match="is not a folder of policy packs"):
        load_pack("cn-2022-06", extra_folders=[tmp_path / "absent"])


def test_an_operator_adds_a_disease_without_code(broken):
    folder = broken("pack.toml", '"covid-19"', '"h5n1"')
    pack = load_pack("trial", extra_folders=[folder])
    assert pack.disease == "h5n1"
    assert "trial" in [entry.name for entry in list_packs([folder])]


def test_the_latest_version_is_loaded_when_none_is_named(broken):
    folder = broken("pack.toml", 'version = "1"', 'version = "9"')
    shutil.copytree(folder / "trial", folder / "trial@10")
    meta = folder / "trial@10" / "pack.toml"
    meta.write_text(meta.read_text("utf-8").replace('version = "9"', 'version = "10"'), "utf-8")
    assert load_pack("trial", extra_folders=[folder]).version == "10"
    assert load_pack("trial", "9", [folder]).version == "9"


def test_the_digest_follows_the_text_of_the_rules(broken, edition9):
    folder = broken("orders.toml", "\ndays = 7", "\ndays = 8")
    first = load_pack("trial", extra_folders=[folder]).digest
    file = folder / "trial" / "orders.toml"
    file.write_text(file.read_text("utf-8").replace("\ndays = 8", "\ndays = 9"), "utf-8")
    assert len({first, load_pack("trial", extra_folders=[folder]).digest, edition9.digest}) == 3


def test_a_wrong_pack_disagrees_with_its_worked_examples(broken):
    folder = broken("orders.toml", "test_days = [1, 2, 3, 5, 7]", "test_days = [1, 2, 3, 4, 7]")
    pack = load_pack("trial", extra_folders=[folder])
    wrong = [run_example(pack, example) for example in read_examples("trial", [folder])]
    assert "7 days central quarantine and 3 days" in next(item for item in wrong if item).example.name


def _enum_at(part: str, *path: str) -> set[str]:
    schema = json.loads((SHIPPED_PACKS.parent / "schemas" / f"{part}.json").read_text("utf-8"))["properties"]
    for step in path:
        schema = schema[step]
    return set(schema["enum"])


ORDER = ("order", "items", "properties")
PHASE = (*ORDER, "phase", "items", "properties")
SEAT = ("seat", "items", "properties")


@pytest.mark.parametrize(
    ("part", "path", "words"),
    [
        ("orders", (*ORDER, "subject"), SubjectKind),
        ("orders", (*ORDER, "anchor"), Anchor),
        ("orders", (*PHASE, "kind"), OrderKind),
        ("orders", (*PHASE, "release", "items"), RELEASES),
        ("orders", (*PHASE, "specimen"), SPECIMENS),
        ("contacts", ("default_setting",), Setting),
        ("contacts", ("unknown_seat", "properties", "grade"), Grade),
        ("contacts", (*SEAT, "conveyance"), Conveyance),
        ("contacts", (*SEAT, "scope"), SeatScope),
        ("zones", ("step", "items", "properties", "level"), ZoneLevel),
    ],
)
def test_schema_allows_exactly_the_words_of_the_code(part, path, words: type[StrEnum]):
    assert _enum_at(part, *path) == {str(word) for word in words}
