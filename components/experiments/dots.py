"""Systems one above the other, valence and arousal as dots: full here, open in the paper. No streamlit."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from components.figures import bar_height
from components.theme import COLOURS, QUIET, framed, rgba
from mer_core.results import METRICS, Row
from mer_core.schema import TARGETS

SYMBOLS = {"paper": "diamond-open", "here": "circle"}
BEST = {"rmse": "0 is best", "mae": "0 is best"}


def dots(rows: Sequence[Row], metric: str) -> go.Figure:
    """A row a system, four marks at most; nothing is drawn where there is no figure."""
    fig = go.Figure()
    for target in TARGETS:
        for side, symbol in SYMBOLS.items():
            found = [(row.title, row.value(side, target, metric)) for row in rows]
            found = [(title, value) for title, value in found if value is not None]
            if found:
                fig.add_scatter(x=[v for _, v in found], y=[t for t, _ in found], mode="markers", name=f"{target}, {side}",
                                marker={"color": COLOURS[target], "symbol": symbol, "size": 11,
                                        "line": {"width": 2, "color": COLOURS[target]}},
                                hovertemplate=f"%{{y}}<br>{target}, {side}: {METRICS[metric]} %{{x:.3f}}<extra></extra>")
    fig.update_xaxes(title=axis(metric), gridcolor=rgba(QUIET, 0.2), nticks=6)
    framed(fig, bar_height(len(rows)) + 40)
    fig.update_yaxes(type="category", categoryorder="array", categoryarray=[row.title for row in rows][::-1],
                     range=[-0.6, len(rows) - 0.4], gridcolor=rgba(QUIET, 0.2))
    if metric not in BEST:
        fig.add_vline(0, line={"color": QUIET, "width": 1})
    return fig


def axis(metric: str) -> str:
    """What the axis measures, and where perfect lies."""
    return f"{METRICS[metric]} ({BEST.get(metric, '1 is best')})"
