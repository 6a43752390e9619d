"""Brightness of the songs of each quadrant, and how far two quadrants lie apart. No streamlit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from components.figures import bar_height
from components.theme import QUIET, SONG, framed, rgba


def spread(groups: Mapping[str, Sequence[tuple[str, float]]], title: str) -> go.Figure:
    """A dot a song (its name, its value), and a box a group: the middle half and the median."""
    fig = go.Figure()
    for name, songs in groups.items():
        fig.add_box(x=[value for _, value in songs], y=[name] * len(songs), orientation="h", name=name, width=0.6,
                    boxpoints="all", jitter=0.7, pointpos=0, fillcolor=rgba(QUIET, 0.12), hoveron="points",
                    line={"color": QUIET, "width": 1.5}, marker={"color": rgba(SONG, 0.55), "size": 4},
                    text=[song for song, _ in songs], hovertemplate=f"{name}, %{{text}}: %{{x:.3g}}<extra></extra>")
    fig.update_xaxes(title=title, gridcolor=rgba(QUIET, 0.2), nticks=6, tickformat="~g")
    fig.update_yaxes(type="category", categoryorder="array", categoryarray=list(groups)[::-1], showgrid=False)
    fig.add_vline(0, line={"color": QUIET, "width": 1})
    return framed(fig, 60 + 70 * len(groups), showlegend=False)


def effects(rows: Sequence[tuple[str, float, tuple[float, float]]], title: str, middle: float = 0.0) -> go.Figure:
    """A dot a row with its interval, (name, value, (low, high)); the line at `middle` is no difference."""
    fig = go.Figure(go.Scatter(
        x=[value for _, value, _ in rows], y=[name for name, _, _ in rows], mode="markers",
        marker={"color": SONG, "size": 11}, customdata=[ends for _, _, ends in rows],
        error_x={"type": "data", "symmetric": False, "color": SONG, "thickness": 2,
                 "array": [high - value for _, value, (_, high) in rows],
                 "arrayminus": [value - low for _, value, (low, _) in rows]},
        hovertemplate="%{y}: %{x:+.2f} (%{customdata[0]:+.2f} to %{customdata[1]:+.2f})<extra></extra>"))
    fig.update_xaxes(title=title, gridcolor=rgba(QUIET, 0.2), nticks=6)
    fig.add_vline(middle, line={"color": QUIET, "width": 1})
    fig.update_yaxes(type="category", autorange="reversed", gridcolor=rgba(QUIET, 0.2))
    return framed(fig, bar_height(len(rows)) + 20, showlegend=False)
