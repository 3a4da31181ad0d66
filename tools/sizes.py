"""Print the size table: files, functions, templates, test bodies and apps against the house marks.

Every kind has a guidance mark (what nine of ten keep to) and a hard mark. Over the hard mark fails, unless
``sizes_allowed.toml`` lists the file or function with its reason; a reason no longer needed fails too.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).resolve().parents[1]
MARKS = {
    "library file": (300, 500),
    "server file": (250, 500),
    "function": (30, 60),
    "numba kernel": (100, 100),
    "parameters": (5, 6),
    "template": (80, 150),
    "test body": (16, 40),
    "app": (2500, 2500),
}
KERNELS = {"njit", "jit", "guvectorize", "vectorize"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Size:
    """One measured thing: its kind, where it stands, and how many lines (or parameters) it has."""

    kind: str
    where: str
    lines: int


def is_kernel(function: Function) -> bool:
    """Tell whether Numba compiles a function."""
    names = {
        node.id if isinstance(node, ast.Name) else node.attr
        for decorator in function.decorator_list
        for node in ast.walk(decorator)
        if isinstance(node, ast.Name | ast.Attribute)
    }
    return bool(names & KERNELS)


def is_command(function: Function) -> bool:
    """Tell whether a function is a command, whose parameters are its options."""
    return any("click." in ast.unparse(decorator) for decorator in function.decorator_list)


def length_without_docstring(function: Function) -> int:
    """Return the lines of a function, its docstring not counted."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function) is not None:
        lines -= (function.body[0].end_lineno or 0) - function.body[0].lineno + 1
    return lines


def measure_functions(path: Path, tree: ast.Module) -> Iterator[Size]:
    """Yield the sizes of the functions of a file."""
    is_test_file = path.parts[0] == "tests"
    for node in ast.walk(tree):
        if not isinstance(node, Function):
            continue
        where, lines = f"{path.as_posix()}::{node.name}", length_without_docstring(node)
        if is_test_file and node.name.startswith("test_"):
            yield Size("test body", where, lines - 1)
            continue
        yield Size("numba kernel" if is_kernel(node) else "function", where, lines)
        if not (is_test_file or is_kernel(node) or is_command(node)):
            names = [argument.arg for argument in [*node.args.posonlyargs, *node.args.args]]
            yield Size("parameters", where, len([n for n in names if n not in {"self", "cls"}]))


def measure_python(root: Path) -> Iterator[Size]:
    """Yield the sizes of the Python files of the tree, and of the server's apps."""
    apps: dict[str, int] = {}
    for folder in ("src", "tests", "tools", "bench"):
        for path in sorted((root / folder).rglob("*.py")):
            short = path.relative_to(root)
            if "migrations" in short.parts:
                continue
            text = path.read_text(encoding="utf-8")
            lines = text.count("\n")
            is_server = short.parts[:3] == ("src", "tongzhou", "server")
            if folder != "tests":
                yield Size("server file" if is_server else "library file", short.as_posix(), lines)
            if is_server and len(short.parts) > 4:
                app = "/".join(short.parts[:4])
                apps[app] = apps.get(app, 0) + lines
            yield from measure_functions(short, ast.parse(text, path))
    yield from (Size("app", app, lines) for app, lines in apps.items())


def measure_templates(root: Path) -> Iterator[Size]:
    """Yield the sizes of the templates."""
    for path in sorted((root / "src").rglob("*.html")):
        lines = path.read_text(encoding="utf-8").count("\n")
        yield Size("template", path.relative_to(root).as_posix(), lines)


def measure(root: Path) -> list[Size]:
    """Return every size of the tree."""
    return [*measure_python(root), *measure_templates(root)]


def read_allowed(root: Path) -> dict[str, str]:
    """Return what may stand over a hard mark: place to reason."""
    path = root / "tools/sizes_allowed.toml"
    allowed: dict[str, str] = tomllib.loads(path.read_text(encoding="utf-8")).get("allowed", {})
    return allowed


def violations(sizes: list[Size], allowed: dict[str, str]) -> list[str]:
    """Return what stands over a hard mark without a reason, and reasons that nothing needs."""
    over = [size for size in sizes if size.lines > MARKS[size.kind][1]]
    found = [
        f"{size.where}: {size.kind} of {size.lines}, hard mark {MARKS[size.kind][1]}"
        for size in over
        if not allowed.get(size.where)
    ]
    needed = {size.where for size in over}
    return found + [
        f"{where}: listed in sizes_allowed.toml, but within its mark"
        for where in allowed
        if where not in needed
    ]


def table(sizes: list[Size]) -> str:
    """Return the table, one row per kind."""
    rows = [f"{'kind':14}{'n':>7}{'median':>8}{'p90':>7}{'max':>7}{'guidance':>10}{'over':>6}{'hard':>7}"]
    for kind, (guidance, hard) in MARKS.items():
        lines = [size.lines for size in sizes if size.kind == kind]
        if not lines:
            continue
        p90 = quantiles(lines, n=10, method="inclusive")[-1] if len(lines) > 1 else lines[0]
        n_over = sum(n > guidance for n in lines)
        rows.append(
            f"{kind:14}{len(lines):7}{median(lines):8.0f}{p90:7.0f}{max(lines):7}{guidance:10}{n_over:6}{hard:7}"
        )
    return "\n".join(rows)


def main() -> int:
    """Print the table and what is over; return the exit code."""
    sizes = measure(ROOT)
    print(table(sizes))
    found = violations(sizes, read_allowed(ROOT))
    for line in found:
        print(line, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
