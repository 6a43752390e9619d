"""Spectrogram in greys, relevance over it in colour, chroma lane: from Picture and Explanation. Pure: no streamlit.

The pictures are images; an invisible, coarser heatmap over each says on hover what a cell is.
"""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from components.pixels import LOWEST, greys, log_rows, pooled, signs
from components.theme import QUIET, framed, millis, relevance_scale, rgba, time_axis
from mer_core.schema import Explanation, Grid, Picture

HERTZ = (50, 100, 200, 400, 800, 1600, 3200, 6400, 12_800)
PITCHES = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")
LEGEND_ABOVE = {"t": 58, "l": 68, "b": 46, "autoexpand": False}  # plotly by itself leaves twice the room
CLEAR = [[0, rgba(QUIET, 0)], [1, rgba(QUIET, 0)]]


def note(hertz: float) -> str:
    """The nearest note: 440 Hz is A4."""
    midi = int(round(69 + 12 * np.log2(hertz / 440.0)))
    return f"{PITCHES[midi % 12]}{midi // 12 - 1}"


def reach(explanation: Explanation) -> float:
    """The end of the symmetric colour scale: the 99.8th percentile of the strongest value of each shown cell."""
    shown, _ = pooled(explanation.values, explanation.grid.times, signed=True)
    return float(np.percentile(np.abs(shown), 99.8)) or 1e-9


def spectrogram(picture: Picture, duration: float, explanation: Explanation | None = None, opacity: float = 0.9,
                height: int = 400) -> go.Figure:
    """Loudness in greys; the relevance of `explanation` over it in red and blue, on one symmetric scale."""
    fig = go.Figure()
    top = float(picture.grid.freqs[-1])
    _place(fig, greys(_loudness(picture)), picture.grid, top)
    if explanation is None:
        _hover(fig, picture.values, picture.grid, f"%{{z:.0f}} {picture.unit}", signed=False)
    else:
        end = reach(explanation)
        level = _rows(pooled(explanation.values, explanation.grid.times, signed=True)[0] / end, explanation.grid.freqs)
        _place(fig, signs(np.sign(level) * np.abs(level) ** 0.7), explanation.grid, float(explanation.grid.freqs[-1]),
               opacity)
        _hover(fig, explanation.values, explanation.grid, f"%{{z:+.2g}} {explanation.target}", signed=True)
        _legend(fig, explanation.target, end)
    fig.update_xaxes(**time_axis(duration))
    fig.update_yaxes(type="log", range=np.log10([LOWEST, top]).tolist(), title="frequency (Hz)", showgrid=False,
                     tickvals=HERTZ, ticktext=[f"{f}" for f in HERTZ])
    return framed(fig, height, showlegend=False, margin=LEGEND_ABOVE if explanation is not None else {})


def _loudness(picture: Picture) -> np.ndarray:
    """(200, T) in 0..1: from 55 dB under the loudest cells up."""
    values, _ = pooled(picture.values, picture.grid.times)
    high = float(np.percentile(values[::4, ::4], 99.8))
    return _rows((values - high + 55) / 55, picture.grid.freqs).clip(0, 1) ** 1.3


def _rows(values: np.ndarray, freqs: np.ndarray, count: int = 200) -> np.ndarray:
    return values[log_rows(freqs, count)[1]]


def _place(fig: go.Figure, image: str, grid: Grid, top: float, opacity: float = 1.0) -> None:
    """An image from LOWEST to `top` Hz over the grid's time; on a log axis images take log10 of the hertz."""
    half = float(grid.times[1] - grid.times[0]) / 2 if len(grid.times) > 1 else 0.0
    start, end = millis([max(grid.times[0] - half, 0.0), grid.times[-1] + half])
    low, high = np.log10([LOWEST, top]).tolist()
    fig.add_layout_image(source=image, xref="x", yref="y", x=start, sizex=end - start, y=high, sizey=high - low,
                         sizing="stretch", layer="below", opacity=opacity)


def _hover(fig: go.Figure, values: np.ndarray, grid: Grid, said: str, signed: bool) -> None:
    """Invisible cells that say time, hertz, note and value."""
    small, times = pooled(values, grid.times, 300, signed)
    freqs, rows = log_rows(grid.freqs, 60)
    notes = np.repeat(np.array([[note(f)] for f in freqs], object), small.shape[1], axis=1)
    fig.add_heatmap(z=small[rows].astype(np.float32), x=millis(times), y=freqs, text=notes, colorscale=CLEAR,
                    showscale=False, hovertemplate=f"%{{x}}, %{{y:.0f}} Hz (%{{text}}): {said}<extra></extra>")


def _legend(fig: go.Figure, target: str, end: float) -> None:
    """The colour bar of the relevance, carried by an invisible point."""
    bar = {"title": {"text": f"{target} per cell: blue lowers, red raises", "side": "top"}, "orientation": "h",
           "thickness": 8, "len": 240, "lenmode": "pixels", "x": 0, "xanchor": "left", "y": 1, "yanchor": "bottom",
           "tickvals": [-end, 0, end], "ticktext": [f"{-end:+.1g}", "0", f"{end:+.1g}"], "outlinewidth": 0}
    fig.add_scatter(x=[None], y=[None], mode="markers", hoverinfo="skip",
                    marker={"color": [0], "cmin": -end, "cmax": end, "colorscale": relevance_scale(), "colorbar": bar})


def chroma(picture: Picture, duration: float, height: int = 260) -> go.Figure:
    """The strength of the twelve pitch classes over time, in greys."""
    values, times = pooled(picture.values, picture.grid.times, 600)
    fig = go.Figure(go.Heatmap(
        z=values.astype(np.float32), x=millis(times), y=PITCHES[:len(values)], zmin=0,
        colorscale=[[0, rgba(QUIET, 0)], [1, rgba(QUIET, 1)]], hovertemplate="%{x}, %{y}: %{z:.2f}<extra></extra>",
        colorbar={"title": {"text": picture.unit, "side": "top"}, "orientation": "h", "thickness": 8, "len": 240,
                  "lenmode": "pixels", "x": 0, "xanchor": "left", "y": 1, "yanchor": "bottom", "nticks": 3,
                  "outlinewidth": 0}))
    fig.update_xaxes(**time_axis(duration))
    fig.update_yaxes(title="pitch class", showgrid=False, tickfont={"size": 10})
    return framed(fig, height, margin=LEGEND_ABOVE)
