"""Read the error sentences of the source, and list those that have no Chinese.

An error is made as ``InputError("code", f"what happened with {value}", "the way out")``. Each sentence becomes a
template, ``what happened with {1}``, and ``server/kernel/locale/zh_Hans/errors.toml`` has its Chinese. Layers that
never reach a screen are left out.
"""

from __future__ import annotations

import ast
import itertools
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "src/tongzhou"
CATALOGUE = SOURCE / "server/kernel/locale/zh_Hans/errors.toml"
ON_SCREEN = (
    "core", "ledger", "interop", "policy", "plan/zones.py", "plan/return_peak.py", "plan/queues.py", "scenario",
    "server", "epi/series.py",
    "epi/series_reading.py",
    "epi/contact/search.py", "epi/detect/baselines.py", "epi/detect/detection.py", "epi/detect/reference_sets.py",
    "epi/forecast/forecast.py", "epi/nowcast", "epi/parameters", "epi/reproduction", "epi/simulate",
)  # fmt: skip
"""What the server runs: every error of these can reach a screen."""
CONDITIONS = (ast.BinOp, ast.Compare, ast.Call, ast.Name, ast.UnaryOp)
RULE_FILES = ("results.py", "checks.py")
"""Files whose rules are tuples that end with the reason."""
ERRORS = {
    "TongzhouError", "InputError", "NotVisible", "Denied", "Conflict", "PolicyError", "EstimationFailed",
}  # fmt: skip


def templates_of(node: ast.expr) -> list[str]:
    """Return the texts an expression can be, its values numbered in braces; none where it is a plain name or call.

    >>> templates_of(ast.parse('f"{n} of {m}"', mode="eval").body)
    ['{1} of {2}']
    """
    match node:
        case ast.Constant(value=str(text)):
            return [text] if text else []
        case ast.JoinedStr(values=parts):
            numbers = itertools.count(1)
            return ["".join(_part(part, numbers) for part in parts)]
        case ast.IfExp(body=yes, orelse=no):
            return templates_of(yes) + templates_of(no)
    return []


def _part(part: ast.expr, numbers: Iterator[int]) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    return f"{{{next(numbers)}}}"


def error_sentences(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and template of each message and hint of the errors made in a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = _named_texts(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node.func) in ERRORS:
            for argument in node.args[1:3]:
                texts = (
                    named.get(argument.id, []) if isinstance(argument, ast.Name) else templates_of(argument)
                )
                for text in texts:
                    if re.search(r"[a-z]{2}|: ", text):  # a value alone is translated where it is said
                        yield node.lineno, text


REASONS = {"Finding": 1, "Rejection": 3, "reject_where": 3, "_list_faults": 2}
"""What makes a finding or a reason of a rejected row, and which argument says it."""


def reasons(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and template of each finding and each reason of a rejected row that a file makes.

    Reasons also stand last in the tuples of rules that a file checks rows by.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = _named_texts(tree)
    rules = path.name in RULE_FILES
    for node in ast.walk(tree):
        said: ast.expr | None = None
        if isinstance(node, ast.Call) and len(node.args) > (at := REASONS.get(_called(node.func), 99)):
            said = node.args[at]
        elif rules and isinstance(node, ast.Tuple) and isinstance(node.elts[0], CONDITIONS):
            said = node.elts[-1]
        if said is not None:
            texts = named.get(said.id, []) if isinstance(said, ast.Name) else templates_of(said)
            for text in texts:
                if re.search(r"[a-z]{2}", re.sub(r"{\d+}", "", text)):
                    yield node.lineno, text


def _named_texts(tree: ast.AST) -> dict[str, list[str]]:
    """Return the texts that a file gives to its names before an error is made of them."""
    named: dict[str, list[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            named.setdefault(node.targets[0].id, []).extend(templates_of(node.value))
    return named


def _called(function: ast.expr) -> str:
    return getattr(function, "id", None) or getattr(function, "attr", "")


def all_sentences() -> dict[str, str]:
    """Return each template of an error that can reach a screen, with the first file and line that has it."""
    found: dict[str, str] = {}
    for name in ON_SCREEN:
        paths = sorted((SOURCE / name).rglob("*.py")) if (SOURCE / name).is_dir() else [SOURCE / name]
        for path in paths:
            for line, text in itertools.chain(error_sentences(path), reasons(path)):
                found.setdefault(text, f"{path.relative_to(SOURCE)}:{line}")
    return found


def read_chinese() -> dict[str, str]:
    """Return the catalogue: template and its Chinese."""
    parts = tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))
    return {english: chinese for part in parts.values() for english, chinese in part.items()}


def words() -> dict[str, str]:
    """Return the values of one word, and their Chinese."""
    return dict(tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))["words"])


def values_of(template: str) -> set[str]:
    """Return the numbers of a template's values."""
    return set(re.findall(r"{(\d+)}", template))


def missing_sentences() -> list[str]:
    """Return the error sentences without Chinese, and those whose Chinese names a value that there is not."""
    chinese = read_chinese()
    lacking = [f"{where}: {text!r}" for text, where in all_sentences().items() if not chinese.get(text)]
    return lacking + [
        f"errors.toml: {english!r} has no value {sorted(extra)}"
        for english, text in chinese.items()
        if (extra := values_of(text) - values_of(english))
    ]
