"""The size table: the tree keeps its hard marks, and the measuring is right."""

from __future__ import annotations

import ast

import sizes

from tests.house.tree import ROOT


def test_nothing_stands_over_its_hard_mark_without_a_reason():
    assert sizes.violations(sizes.measure(ROOT), sizes.read_allowed(ROOT)) == []


def test_a_docstring_does_not_count():
    function = ast.parse('def f():\n    """One.\n\n    Two.\n    """\n    return 1\n').body[0]
    assert isinstance(function, ast.FunctionDef)
    assert sizes.length_without_docstring(function) == 2


def test_an_unneeded_reason_is_named():
    found = sizes.violations([sizes.Size("template", "a.html", 10)], {"a.html": "once it was long"})
    assert found == ["a.html: listed in sizes_allowed.toml, but within its mark"]


def test_a_reason_allows_what_is_over():
    large = [sizes.Size("template", "a.html", 151)]
    assert sizes.violations(large, {"a.html": "one table"}) == []
    assert sizes.violations(large, {}) == ["a.html: template of 151, hard mark 150"]


def test_keyword_only_parameters_do_not_count():
    from pathlib import Path

    tree = ast.parse("def f(self, a, b, *, c, d, e, g, h):\n    return a\n")
    counts = [
        size.lines for size in sizes.measure_functions(Path("src/x.py"), tree) if size.kind == "parameters"
    ]
    assert counts == [2]
