"""Drawings of a chain by Matplotlib and ECharts. Owns lines and points; the layout is `layout`'s."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tongzhou.epi.results import Language, choose_text, label_dates, use_chinese_font

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tongzhou.epi.chain.chain import Chain

MAX_LABELS = 60


def draw_tree(chain: Chain, ax: Axes | None, language: Language) -> Axes:
    """Draw the most probable tree on `ax` or a new figure; edges are as dark as they are probable."""
    from matplotlib.collections import LineCollection

    if ax is None:
        import matplotlib.pyplot as plt

        _, ax = plt.subplots(figsize=(9, 5), layout="constrained")
    placed = chain.layout()
    x = placed.x + float(chain.cases.onset.min())
    edges = np.flatnonzero(chain.tree >= 0)
    start = np.column_stack([x[chain.tree[edges]], placed.y[chain.tree[edges]]])
    end = np.column_stack([x[edges], placed.y[edges]])
    shade = 0.15 + 0.85 * chain.tree_probability[edges]
    lines = LineCollection(
        np.stack([start, end], axis=1), colors=[(0.3, 0.3, 0.3, a) for a in shade], linewidths=0.8
    )
    ax.add_collection(lines)
    ax.scatter(x, placed.y, s=np.clip(3000 / chain.n, 4, 36), c=placed.generation, cmap="viridis", zorder=3)
    if chain.n <= MAX_LABELS:
        for row, name in enumerate(chain.cases.ids):
            ax.annotate(name, (x[row], placed.y[row]), xytext=(4, 3), textcoords="offset points", fontsize=7)
    ax.invert_yaxis()
    ax.set_yticks([])
    if chain.cases.has_dates:
        ax.xaxis_date()
        label_dates(ax)
    ax.set(
        title=choose_text(language, "Who infected whom (most probable)", "谁传染了谁（最可能）"),
        xlabel=choose_text(language, "onset", "发病日"),
        ylabel=choose_text(language, "generations downward", "代次（向下）"),
    )
    use_chinese_font(ax)
    return ax


def to_graph_option(chain: Chain, language: Language) -> dict[str, Any]:
    """Return the ECharts option: nodes at their places, links with their probability."""
    placed = chain.layout()
    first = placed.x.round(3).tolist()
    nodes = [
        {"name": name, "x": x, "y": y, "category": int(g)}
        for name, x, y, g in zip(chain.cases.ids, first, placed.y.tolist(), placed.generation, strict=True)
    ]
    probability = chain.tree_probability
    links = [
        {"source": int(chain.tree[row]), "target": int(row), "value": round(float(probability[row]), 4)}
        for row in np.flatnonzero(chain.tree >= 0)
    ]
    word = choose_text(language, "generation", "代次")
    categories = [{"name": f"{word} {g}"} for g in range(int(placed.generation.max()) + 1)]
    graph = {
        "type": "graph",
        "layout": "none",
        "roam": True,
        "edgeSymbol": ["none", "arrow"],
        "edgeSymbolSize": 5,
    }
    return {
        "title": {"text": choose_text(language, "Who infected whom", "谁传染了谁")},
        "tooltip": {},
        "legend": {"data": [item["name"] for item in categories]},
        "series": [{**graph, "categories": categories, "data": nodes, "links": links}],
    }
