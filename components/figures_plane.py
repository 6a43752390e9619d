"""The valence-arousal plane and its two curves over time, from Prediction. Pure: no streamlit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from components.theme import COLOURS, QUIET, SONG, framed, millis, rgba, time_axis
from mer_core.schema import Prediction
from mer_core.words import ENDS, QUADRANTS, SCALES, clock, number, on_scale, span

SHAPES = ("circle", "diamond", "square")  # one a model
DASHES = ("solid", "dash", "dot")


def ellipse(mean: np.ndarray, covariance: np.ndarray, points: int = 73) -> np.ndarray:
    """(2, points) of the 1 sigma contour of a 2-D Gaussian: mean + L u for unit vectors u, where L L' = covariance."""
    angle = np.linspace(0, 2 * np.pi, points)
    values, vectors = np.linalg.eigh(np.asarray(covariance, float))
    circle = np.array([np.cos(angle), np.sin(angle)])
    return np.asarray(mean, float)[:, None] + vectors @ (np.sqrt(values.clip(0))[:, None] * circle)


def plane(predictions: Sequence[Prediction], titles: Mapping[str, str], scale: str, *,
          compact: bool = False) -> go.Figure:
    """The songs' points with their error ellipses and paths; one marker shape a model."""
    fig = go.Figure()
    for k, prediction in enumerate(predictions):
        _add_model(fig, prediction, titles.get(prediction.model, prediction.model), scale, k, compact)
    return axes(fig, scale, 330 if compact else 480, showlegend=not compact)


def axes(fig: go.Figure, scale: str, height: int, **layout) -> go.Figure:
    """The plane around what was drawn: both axes over the whole scale with their words, the quadrants, the middle."""
    _add_quadrants(fig, scale)
    low, high = SCALES[scale]
    room = (high - low) * 0.04
    for axis, target in ((fig.update_xaxes, "valence"), (fig.update_yaxes, "arousal")):
        axis(range=[low - room, high + room], title=axis_title(target, scale), tick0=low, dtick=(high - low) / 4,
             showgrid=True, gridcolor=rgba(QUIET, 0.15))
    framed(fig, height, **layout)
    fig.update_xaxes(constrain="domain", fixedrange=True)
    fig.update_yaxes(scaleanchor="x", constrain="domain")
    return fig


def axis_title(target: str, scale: str) -> str:
    low, high = SCALES[scale]
    return f"{target} ({signed(low, low)} {ENDS[target][0]} to {signed(high, low)} {ENDS[target][1]})"


def signed(value: float, low: float) -> str:
    """An end of a scale that begins at `low`; with its sign where the scale has negative values."""
    return f"{value:+g}".replace("-", "−") if low < 0 else f"{value:g}"


def _va(prediction: Prediction, values: np.ndarray) -> np.ndarray:
    """`values` (K, ...) reordered to (valence, arousal)."""
    order = [prediction.targets.index(t) for t in ("valence", "arousal")]
    return np.asarray(values)[order]


def _add_model(fig, prediction: Prediction, title: str, scale: str, k: int, compact: bool) -> None:
    order = [prediction.targets.index(t) for t in ("valence", "arousal")]
    centre = _va(prediction, prediction.values)
    ring = on_scale(ellipse(centre, prediction.covariance[np.ix_(order, order)]), scale)
    fig.add_scatter(x=ring[0], y=ring[1], mode="lines", line={"color": SONG, "width": 1, "dash": DASHES[k % 3]},
                    fill="toself", fillcolor=rgba(SONG, 0.10), hoverinfo="skip", name=f"{title}: typical error",
                    showlegend=False)
    if prediction.curve.shape[1] > 1:
        add_path(fig, prediction.times, on_scale(_va(prediction, prediction.curve), scale), scale, compact or k > 0)
    x, y = on_scale(centre, scale)
    fig.add_scatter(x=[x], y=[y], mode="markers", name=title,
                    marker={"size": 15, "color": SONG, "symbol": SHAPES[k % 3], "line": {"width": 2, "color": "white"}},
                    hovertemplate=f"{title}<br>valence {number(x, scale)}, arousal {number(y, scale)}<extra></extra>")


def add_path(fig: go.Figure, times: np.ndarray, points: np.ndarray, scale: str, bare: bool = False) -> None:
    """The way of the point over the song, (T,) s and (2, T) on the scale; its start is an open circle, its end an open
    square. `bare` leaves out the legend."""
    x, y = points
    said = [f"{clock(t)}<br>valence {number(a, scale)}, arousal {number(b, scale)}"
            for t, a, b in zip(times, x, y, strict=True)]
    fig.add_scatter(x=x, y=y, mode="lines", line={"color": rgba(SONG, 0.65), "width": 1.2}, text=said,
                    hovertemplate="%{text}<extra></extra>", name="path over time", showlegend=not bare)
    for name, at, symbol in (("start", 0, "circle-open"), ("end", -1, "square-open")):
        fig.add_scatter(x=[x[at]], y=[y[at]], mode="markers", name=name, text=[said[at]], showlegend=not bare,
                        marker={"size": 9, "color": SONG, "symbol": symbol, "line": {"width": 2}},
                        hovertemplate=f"{name}, %{{text}}<extra></extra>")


def _add_quadrants(fig, scale: str) -> None:
    """The names in the corners, the paper's names on hover, and the two middle lines."""
    for (v, a), (name, paper) in QUADRANTS.items():
        x, y = on_scale(np.array([v * 0.98, a * 0.97]), scale)
        fig.add_annotation(x=x, y=y, text=name, hovertext=paper, showarrow=False, font={"size": 13, "color": QUIET},
                           xanchor="right" if v > 0 else "left", yanchor="top" if a > 0 else "bottom")
    middle = float(on_scale(0.0, scale))
    for line in (fig.add_hline, fig.add_vline):
        line(middle, line={"color": QUIET, "width": 1}, opacity=0.5, layer="below")


def curves(predictions: Sequence[Prediction], titles: Mapping[str, str], scale: str, duration: float,
           height: int = 260) -> go.Figure:
    """V and A over the song, one line a target and model; dots where a song is one window long."""
    fig = go.Figure()
    for k, prediction in enumerate(predictions):
        for target, row in zip(prediction.targets, on_scale(prediction.curve, scale), strict=True):
            name = target if len(predictions) == 1 else f"{target}, {titles.get(prediction.model, prediction.model)}"
            fig.add_scatter(x=millis(prediction.times), y=row, name=name, mode="lines" if len(row) > 1 else "markers",
                            line={"color": COLOURS[target], "width": 2, "dash": DASHES[k % 3]},
                            hovertemplate=f"%{{x}}  {name} %{{y:.2f}}<extra></extra>")
    low, high = SCALES[scale]
    fig.update_xaxes(**time_axis(duration))
    fig.update_yaxes(range=[low, high], title=f"value ({signed(low, low)} to {signed(high, low)})",
                     tick0=low, dtick=(high - low) / 4, gridcolor=rgba(QUIET, 0.15))
    return framed(fig, height, hovermode="x unified")


def ellipse_sentence(prediction: Prediction, scale: str) -> str:
    """What the ring around the point says, in words."""
    half = span(prediction.spread, scale)
    said = " and ".join(f"{v:.2f} in {t}" for t, v in zip(prediction.targets, half, strict=True))
    return f"The ring is one standard deviation of the model's error on songs it never saw: {said}."
