"""Measure the coverage of every estimator on simulated truth and write the table to docs/epi/recovery.md.

With words as arguments only the estimators whose name holds one of them run; the other rows stay as they are.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.recovery.epi.registry import CHECKS, Coverage, measure  # noqa: E402

TEXT = """# Do the intervals hold the truth?

Each row simulates epidemics with a known truth, estimates, and counts how often the 90 % interval holds it. The
standard error treats a simulation, not a day, as the unit. Asked for: 87 to 93 %. Made by `make recovery`; the
simulations are in `tests/recovery/epi`.

| estimator | simulations | intervals | coverage of 90 % intervals | standard error |
|---|---|---|---|---|
{rows}

Intervals of counts are wider than asked by their steps; nowcasts are therefore judged by the randomised probability
integral transform, which has no steps; `lawless` and `bayes.notrunc*`, whose laws are the
peer's, by the interval as it is given.
"""


def rows_before(path: Path) -> dict[str, str]:
    """Return the lines of the table that is there, by estimator."""
    if not path.exists():
        return {}
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    return {line.split(" | ")[0].removeprefix("| "): line for line in lines[1:]}


def row(found: Coverage) -> str:
    """Return one line of the table."""
    return (
        f"| {found.name} | {found.n_simulations:,} | {found.n_intervals:,} "
        f"| {100 * found.share:.1f} % | {100 * found.standard_error:.1f} % |"
    )


def main() -> None:
    """Run the simulations; leave with 1 when a coverage is off by more than its error."""
    found = []
    path = ROOT / "docs" / "epi" / "recovery.md"
    lines, words = rows_before(path), sys.argv[1:]
    for name in CHECKS:
        if words and not any(word in name for word in words):
            continue
        start = time.perf_counter()
        found.append(measure(name))
        lines[name] = row(found[-1])
        print(f"{lines[name]} {time.perf_counter() - start:.0f} s", flush=True)
    rows = [lines[name] for name in CHECKS if name in lines]
    path.write_text(TEXT.format(rows="\n".join(rows)), encoding="utf-8")
    off = [
        item.name
        for item in found
        if not 0.87 - item.standard_error <= item.share <= 0.93 + item.standard_error
    ]
    sys.exit(f"Off: {', '.join(off)}" if off else 0)


if __name__ == "__main__":
    main()
