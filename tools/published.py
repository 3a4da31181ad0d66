"""Compute the tables "On public data" of docs/epi from the shared data and write them into the pages."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.docs.published.registry import HEAD, ROWS, TABLE, page_path  # noqa: E402
from tests.docs.test_published import PAGES  # noqa: E402


def main() -> None:
    """Write every table whose data are all there; name the others."""
    for page in PAGES:
        rows = [row for row in ROWS if row.page == page]
        absent = [path for row in rows if not row.is_computable for path in row.needs]
        if absent:
            print(f"{page}: left as it is, absent: {', '.join(absent)}")
            continue
        path = page_path(page)
        text = path.read_text(encoding="utf-8")
        if not TABLE.search(text):
            sys.exit(f"{path} has no <!-- published --> ... <!-- end -->.")
        table = "\n".join([HEAD, *(row.line() for row in rows)]) + "\n"
        path.write_text(TABLE.sub(lambda _, table=table: table, text), encoding="utf-8")
        print(f"{page}: {len(rows)} rows")


if __name__ == "__main__":
    main()
