"""The whole way of the ellipse in one picture. No streamlit."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from components.figures_plane import add_path, axes
from components.theme import QUIET, SONG, rgba
from mer_core.ellipse import EllipsePath
from mer_core.words import clock, on_scale

MOST = 12  # outlines that can be told apart


def way(path: EllipsePath, coverage: float, scale: str) -> go.Figure:
    """A few of the outlines, evenly over the song, each fainter the earlier; the way of the middle; and the mean outline."""
    fig = go.Figure()
    seconds = np.unique(np.linspace(0, len(path.times) - 1, MOST).round().astype(int))
    for k, second in enumerate(seconds):
        _outline(fig, path, int(second), coverage, scale, (k + 1) / len(seconds))
    _mean(fig, path, coverage, scale)
    if len(path.times) > 1:
        add_path(fig, path.times, on_scale(path.means.T.astype(float), scale), scale)
    return axes(fig, scale, 460)


def _outline(fig: go.Figure, path: EllipsePath, second: int, coverage: float, scale: str, share: float) -> None:
    x, y = on_scale(path.outline(second, coverage).T, scale)
    fig.add_scatter(x=x, y=y, mode="lines", line={"color": rgba(SONG, 0.25 + 0.75 * share), "width": 1.5},
                    name=f"{coverage:.0%} of listeners at a second: the darker, the later", showlegend=share == 1,
                    hoverinfo="text", text=clock(path.times[second]))


def _mean(fig: go.Figure, path: EllipsePath, coverage: float, scale: str) -> None:
    """The mean of the seconds' Gaussians, not the Gaussian of all their ratings: how the song moves is no disagreement."""
    one = EllipsePath(path.times[:1], path.means.mean(axis=0, keepdims=True), path.covariances.mean(axis=0, keepdims=True),
                      path.beats, path.features, path.layer, path.grid)
    x, y = on_scale(one.outline(0, coverage).T, scale)
    fig.add_scatter(x=x, y=y, mode="lines", line={"color": QUIET, "width": 2, "dash": "dash"}, hoverinfo="skip",
                    name="the seconds' mean")
