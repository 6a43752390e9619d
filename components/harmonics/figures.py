"""Pitch classes and intervals as bars: red what lit up, grey what sounds. No streamlit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from components.theme import QUIET, RAISES, framed, rgba

NAMES = ("brightness", "sound (chromagram)")


def beside(names: Sequence[str], bright: np.ndarray, sound: np.ndarray, title: str, *, flat: bool = False) -> go.Figure:
    """Two bars for each name, as shares of all; `flat` lays them on their side, where names are long."""
    fig = go.Figure()
    for series, values, colour in zip(NAMES, (bright, sound), (RAISES, QUIET), strict=True):
        axes = {"x": values, "y": list(names), "orientation": "h"} if flat else {"x": list(names), "y": values}
        said = f"%{{y}}: {series} %{{x:.1%}}" if flat else f"%{{x}}: {series} %{{y:.1%}}"
        fig.add_bar(name=series, marker={"color": colour}, hovertemplate=f"{said}<extra></extra>", **axes)
    scale, other = (fig.update_xaxes, fig.update_yaxes) if flat else (fig.update_yaxes, fig.update_xaxes)
    scale(title=title, tickformat=".0%", gridcolor=rgba(QUIET, 0.15), rangemode="tozero", nticks=6)
    other(type="category", showgrid=False)
    if flat:
        fig.update_yaxes(autorange="reversed")
    return framed(fig, 320, barmode="group", bargap=0.25, legend_traceorder="normal")
