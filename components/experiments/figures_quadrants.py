"""Which quadrant was answered for which: a confusion matrix. No streamlit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from components.theme import framed

SHARES = [[0, "#F1F2F3"], [1, "#3A3F44"]]  # opaque, so that the counts on it can be read on a light and on a dark page


def confusion(counts: np.ndarray, names: Sequence[str]) -> go.Figure:
    """(K, K) songs: a row is the true quadrant, a column the answer; the colour is the share of the row."""
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    fig = go.Figure(go.Heatmap(z=share, x=list(names), y=list(names), zmin=0, zmax=1, text=counts, xgap=2, ygap=2,
                               colorscale=SHARES, texttemplate="%{text:.0f}<br>%{z:.0%}",
                               colorbar={"title": {"text": "share of a row", "side": "right"}, "tickformat": ".0%",
                                         "thickness": 12},
                               hovertemplate="true %{y}, answered %{x}: %{text:.1f} songs, %{z:.0%}<extra></extra>"))
    framed(fig, 420)
    fig.update_xaxes(title="answered", fixedrange=True, showgrid=False)
    fig.update_yaxes(title="true", autorange="reversed", showgrid=False)
    return fig
