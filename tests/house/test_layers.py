"""Imports and model relations follow the order of the layers."""

from __future__ import annotations

import configparser
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT, texts

CONTRACTS = configparser.ConfigParser()
CONTRACTS.read(ROOT / ".importlinter", encoding="utf-8")
APP_ORDER = [
    {word.strip("() ") for word in line.split("|")}
    for line in CONTRACTS["importlinter:contract:apps"]["layers"].strip().splitlines()
]


def height_of(app: str) -> int:
    """Return how high an app stands; the lowest is 0."""
    return next(place for place, row in enumerate(reversed(APP_ORDER)) if app in row)


def test_imports_keep_the_contracts():
    command = [
        Path(sys.executable).with_name("lint-imports"),
        "--no-cache",
        "--config",
        ROOT / ".importlinter",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def test_model_relations_point_down_the_order():
    from django.apps import apps

    upward = []
    for model in apps.get_models(include_auto_created=True):
        if not model.__module__.startswith("tongzhou.server."):
            continue
        for field in model._meta.get_fields():
            target = getattr(field, "remote_field", None) and field.concrete and field.related_model
            if target and target.__module__.startswith("tongzhou.server."):
                here, there = (cls.__module__.split(".")[2] for cls in (model, target))
                if here != there and height_of(there) >= height_of(here):
                    upward.append(f"{model._meta.label}.{field.name} -> {target._meta.label}")
    assert not upward


def test_audit_has_no_foreign_keys():
    from django.apps import apps

    relations = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_app_config("audit").get_models()
        for field in model._meta.concrete_fields
        if field.is_relation and field.related_model._meta.app_label != "audit"
    ]
    assert not relations


@pytest.mark.parametrize("library", ["core", "ledger", "epi", "plan", "policy", "interop"])
def test_libraries_never_read_the_clock(library):
    reads = [
        path
        for path, text in texts().items()
        if path.startswith(f"src/tongzhou/{library}/") and ("datetime.now(" in text or "date.today(" in text)
    ]
    assert not reads
