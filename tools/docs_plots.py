"""A hook of MkDocs: run the code of a page when the site is built, and show under each block the plots it draws.

No picture is kept in the repository, so none can drift from its code.
"""

from __future__ import annotations

import io
import re
import tempfile
from contextlib import chdir, redirect_stdout
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK = re.compile(r"^```python\n(.*?)^```\n", re.S | re.M)
PLOTS = ".plot("


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str | None:
    """Return the page with its plots; pages that draw nothing stay as they are."""
    if PLOTS not in "".join(BLOCK.findall(markdown)):
        return None
    from mkdocs.structure.files import File

    stem = PurePosixPath(page.file.src_uri).with_suffix("")
    shown, pictures = draw(markdown, stem.name)
    for name, svg in pictures.items():
        files.append(File.generated(config, str(stem.with_name(name)), content=svg))
    return shown


def draw(markdown: str, stem: str) -> tuple[str, dict[str, str]]:
    """Run the blocks of a page one after the other; return it with pictures, and the pictures (SVG) by file name."""
    import matplotlib as mpl

    mpl.use("Agg")
    names: dict[str, object] = {"__name__": "tutorial"}
    pictures: dict[str, str] = {}

    def run(found: re.Match[str]) -> str:
        exec(compile(found[1], f"{stem}.md", "exec"), names)
        links = [""]
        for title, svg in _figures():
            name = f"{stem}-{len(pictures) + 1}.svg"
            pictures[name] = svg
            links.append(f"![{title}]({name})\n")
        return found[0] + "\n".join(links)

    style = {"svg.hashsalt": stem, "svg.fonttype": "path", "figure.max_open_warning": 0}
    quiet = redirect_stdout(io.StringIO())
    with tempfile.TemporaryDirectory() as folder, chdir(folder), quiet, mpl.rc_context(style):
        return BLOCK.sub(run, markdown), pictures


def _figures() -> Iterator[tuple[str, str]]:
    """Give the title and the SVG of every open figure, and close it."""
    import matplotlib.pyplot as plt

    for number in plt.get_fignums():
        figure = plt.figure(number)
        title = "; ".join(filter(None, (axes.get_title() for axes in figure.axes))) or "Plot"
        svg = io.StringIO()
        figure.savefig(svg, format="svg", metadata={"Date": None})
        plt.close(figure)
        yield title, svg.getvalue()
