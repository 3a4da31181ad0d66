"""The record says every action, permission and subject in words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.utils import translation

from tongzhou import server
from tongzhou.server.access.record_words import ACTION_WORDS, PERMISSION_WORDS
from tongzhou.server.access.rules import Permission
from tongzhou.server.audit.rules import ERASE_ACTION
from tongzhou.server.kernel.sentences import say_text

SOURCE = Path(server.__file__).parent
WRITTEN = re.compile(r'(?:acting|append_event)\([^"]*?"([a-z]+\.[a-z_]+)"', re.DOTALL)
BY_TABLE = {f"{table}.{what}" for table in ("stay", "trip") for what in ("add", "correct", "withdraw")}


def actions_in_source() -> set[str]:
    texts = (path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py"))
    return {action for text in texts for action in WRITTEN.findall(text)}


def test_every_action_that_is_recorded_has_words() -> None:
    written = actions_in_source() | BY_TABLE | {ERASE_ACTION}
    assert len(written) > 50
    assert written - set(ACTION_WORDS) == set()


def test_every_permission_has_words() -> None:
    assert {permission.value for permission in Permission} == set(PERMISSION_WORDS)


@pytest.mark.parametrize("permission", Permission)
def test_a_refusal_names_its_permission_in_words(permission: Permission) -> None:
    with translation.override("zh-hans"):
        told = say_text(f"This needs the permission {permission.value} in area 44.")
        assert told == f"此操作需要在区域44拥有权限“{PERMISSION_WORDS[permission.value]}”。"
