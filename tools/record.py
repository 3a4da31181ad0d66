"""Runs a study and records it as a notebook: ``tools/record.py docs/studies/NAME.py`` writes NAME.ipynb beside it.

A study is a script in cells, each begun by a line ``# %%``; ``# %% [markdown]`` begins text. What a cell prints, and
the value of its last expression, stand below it, as in a notebook run by hand. No kernel is needed.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import sys
from pathlib import Path
from typing import Any


def cells_of(script: str) -> list[tuple[str, str]]:
    """Return (kind, text) of the cells of a script, kind ``code`` or ``markdown``.

    >>> cells_of("# %% [markdown]\\n# Hello\\n# %%\\nx = 1\\n")
    [('markdown', 'Hello'), ('code', 'x = 1')]
    """
    cells = []
    for part in script.split("# %%")[1:]:
        head, _, body = part.partition("\n")
        kind = "markdown" if "[markdown]" in head else "code"
        lines = body.strip("\n").split("\n")
        text = [line.removeprefix("#").removeprefix(" ") for line in lines] if kind == "markdown" else lines
        cells.append((kind, "\n".join(text)))
    return cells


def run_cell(code: str, names: dict[str, Any]) -> str:
    """Run one cell; return what it printed and the text of its last expression."""
    tree = ast.parse(code)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, "cell", "exec"), names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
            if value is not None:
                print(value)
    return printed.getvalue()


def record(script: str, names: dict[str, Any] | None = None) -> dict[str, Any]:
    """Run a study; return it as a notebook (nbformat 4.5). `names` are set before the first cell."""
    space: dict[str, Any] = {"__name__": "study", **(names or {})}
    cells = []
    for number, (kind, text) in enumerate(cells_of(script)):
        cell: dict[str, Any] = {"id": f"cell-{number}", "cell_type": kind, "metadata": {}, "source": text}
        if kind == "code":
            said = run_cell(text, space)
            stream = {"output_type": "stream", "name": "stdout", "text": said}
            cell |= {"execution_count": number + 1, "outputs": [stream] if said else []}
        cells.append(cell)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def main(path: Path) -> None:
    """Record a study beside its script."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    notebook = record(path.read_text(encoding="utf-8"))
    text = json.dumps(notebook, ensure_ascii=False, indent=1)
    path.with_suffix(".ipynb").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
