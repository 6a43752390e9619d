"""Chords as a band, the descriptors over time, emotions with their errors: pure, no streamlit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from components.figures import bar_height
from components.theme import QUIET, SONG, framed, millis, rgba, time_axis
from mer_core.features.chords import Chords
from mer_core.features.mid_level import NAMES, MidLevel
from mer_core.features.mid_level_words import BY_NAME
from mer_core.words import clock

MAJOR, MINOR = "#CFC4E6", SONG  # opaque, so that the names are readable on a light and on a dark page
ROW = 76  # px a curve


def chord_band(chords: Chords, duration: float) -> go.Figure:
    """A block a chord, its name inside where there is room; no block where there is no chord."""
    runs = [run for run in chords.sequence if run[2] != "none"]
    fig = go.Figure(go.Bar(
        base=millis([start for start, _, _ in runs]), x=[1000 * (end - start) for start, end, _ in runs],
        y=[0] * len(runs), orientation="h", text=[name for _, _, name in runs], textposition="inside", textangle=0,
        insidetextanchor="middle", constraintext="inside", width=0.98,
        marker={"color": [MINOR if name.endswith("m") else MAJOR for _, _, name in runs],
                "line": {"width": 1, "color": rgba(QUIET, 0.5)}},
        hovertext=[f"{name}, {clock(start)} to {clock(end)}" for start, end, name in runs],
        hovertemplate="%{hovertext}<extra></extra>"))
    fig.update_xaxes(**time_axis(duration))
    fig.update_yaxes(visible=False, range=[-0.5, 0.5])
    return framed(fig, 118, showlegend=False, bargap=0, uniformtext={"mode": "hide", "minsize": 11})


def over_time(levels: MidLevel, duration: float) -> go.Figure:
    """A small figure a descriptor, each on its own scale; the shade holds nine in ten clips. Dots where there are but
    few windows."""
    shown = [name for name in NAMES if np.isfinite(levels.curves[NAMES.index(name)]).any()]
    titles = [f"{BY_NAME[name].title} ({BY_NAME[name].unit})" for name in shown]
    fig = make_subplots(max(len(shown), 1), 1, shared_xaxes=True, vertical_spacing=0.035, subplot_titles=titles)
    for row, name in enumerate(shown, 1):
        curve, (low, high) = levels.curves[NAMES.index(name)], BY_NAME[name].spread
        fig.add_scatter(x=millis(levels.times), y=curve, row=row, col=1, name=name, line={"color": SONG, "width": 2},
                        mode="lines+markers" if len(levels.times) < 12 else "lines",
                        hovertemplate=f"%{{x}}  {BY_NAME[name].title} %{{y:.2f}}<extra></extra>")
        fig.add_hrect(low, high, row=row, col=1, line_width=0, fillcolor=rgba(QUIET, 0.14), layer="below")
        ends = np.nanmin([low, *curve]), np.nanmax([high, *curve])
        fig.update_yaxes(range=np.add(ends, [-0.1 * np.ptp(ends), 0.1 * np.ptp(ends)]).tolist(), row=row, col=1)
    fig.update_xaxes(**time_axis(duration, title=False))
    fig.update_yaxes(nticks=3, gridcolor=rgba(QUIET, 0.15))
    fig.update_annotations(font={"size": 12}, x=0, xanchor="left")
    return framed(fig, ROW * max(len(shown), 1) + 40, showlegend=False, margin={"t": 24})


def emotions(values: Mapping[str, float], errors: Mapping[str, float], correlations: Mapping[str, float], unit: str,
             before: Mapping[str, float] | None = None) -> go.Figure:
    """A bar an emotion with the model's typical error; `before` are open diamonds where a slider moved it away."""
    names = [name.replace("_", " ") for name in values]
    said = [f"{name}: {v:z.2f}, typically off by {errors[t]:.2f}; r on unseen songs {correlations[t]:.2f}"
            for name, (t, v) in zip(names, values.items())]
    fig = go.Figure(go.Bar(x=list(values.values()), y=names, orientation="h", marker={"color": rgba(SONG, 0.75)},
                           error_x={"array": [errors[t] for t in values], "color": QUIET, "thickness": 1.2, "width": 3},
                           hovertext=said, hovertemplate="%{hovertext}<extra></extra>", name="now"))
    if before is not None:
        fig.add_scatter(x=[before[t] for t in values], y=names, mode="markers", name="this song", hoverinfo="x+name",
                        marker={"symbol": "diamond-open", "size": 10, "color": QUIET, "line": {"width": 2}})
    fig.update_xaxes(title=unit, nticks=6, gridcolor=rgba(QUIET, 0.15))
    fig.update_yaxes(autorange="reversed", showgrid=False)
    fig.add_vline(0, line={"color": QUIET, "width": 1})
    return framed(fig, bar_height(len(names)) - 20, showlegend=False, bargap=0.35)


def apart(names: Sequence[str], alone: Sequence[float], without: Sequence[float], song: float, unit: str) -> go.Figure:
    """For each stem two dots: the descriptor of the stem alone (open) and of the song without it (filled); the line is
    the song's own. What is not defined has no dot."""
    fig = go.Figure()
    for values, said, symbol in ((without, "the song without it", "circle"), (alone, "the stem alone", "diamond-open")):
        fig.add_scatter(x=list(values), y=list(names), mode="markers", name=said,
                        marker={"symbol": symbol, "size": 12, "color": SONG, "line": {"width": 2}},
                        hovertemplate=f"%{{y}}, {said}: %{{x:.2f}}<extra></extra>")
    fig.add_vline(song, line={"color": QUIET, "width": 1.5, "dash": "dot"})
    fig.add_annotation(x=song, y=1, yref="paper", text=f"the song {song:z.2f}", showarrow=False, xanchor="left",
                       xshift=4, yanchor="top", font={"size": 11, "color": QUIET})
    fig.update_xaxes(title=unit, nticks=6, gridcolor=rgba(QUIET, 0.15))
    fig.update_yaxes(categoryorder="array", categoryarray=list(names)[::-1], gridcolor=rgba(QUIET, 0.15),
                     range=[-0.6, len(names) - 0.1])
    return framed(fig, bar_height(len(names)) + 30)
