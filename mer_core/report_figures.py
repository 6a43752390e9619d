"""The figures of a report: plotly for the page, Matplotlib for the picture. Colours as in the app."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import plotly.graph_objects as go

from mer_core import words
from mer_core.schema import Explanation, Picture, Prediction

TARGET_COLOURS = {"valence": "#0072B2", "arousal": "#D55E00"}
STEM_COLOURS = {"vocals": "#CC79A7", "drums": "#E69F00", "bass": "#009E73", "other": "#56B4E9", "residual": "#999999"}
SONG = "#8B6FC0"  # points in the plane
RAISES, LOWERS = (0.82, 0.13, 0.23), (0.16, 0.44, 0.86)  # relevance, RGB
SYMBOLS, DASHES = ("circle", "diamond", "square", "cross"), ("solid", "dash", "dot", "dashdot")
GREY = "#888888"
CLIP = 99.7  # percentile of |relevance| that takes the full colour; a few extreme cells would hide the rest


def plane(predictions: list[Prediction], titles: dict[str, str]) -> go.Figure:
    """Each model's point in the valence-arousal plane, its path over the song and its typical error as an ellipse."""
    figure = _figure("valence (-1 unpleasant to +1 pleasant)", "arousal (-1 calm to +1 energetic)", height=520)
    for (v, a), (name, paper) in words.QUADRANTS.items():
        figure.add_annotation(x=0.97 * v, y=0.97 * a, text=name, showarrow=False, hovertext=paper,
                              xanchor="right" if v > 0 else "left", yanchor="top" if a > 0 else "bottom")
    for i, p in enumerate(predictions):
        v, a = (list(p.targets).index(t) for t in ("valence", "arousal"))
        group = {"legendgroup": p.model, "line_color": GREY, "hoverinfo": "skip"}
        x, y = ellipse(p, v, a)
        figure.add_scatter(x=x, y=y, mode="lines", line_dash="dot", line_width=1.5, showlegend=False, **group)
        figure.add_scatter(x=p.curve[v], y=p.curve[a], mode="lines", line_width=1, showlegend=False, **group)
        figure.add_scatter(x=[p.values[v]], y=[p.values[a]], mode="markers", name=titles[p.model], legendgroup=p.model,
                           marker={"size": 14, "symbol": SYMBOLS[i % 4], "color": SONG},
                           hovertemplate="valence %{x:+.2f}, arousal %{y:+.2f}")
    for axis in (figure.update_xaxes, figure.update_yaxes):
        axis(range=[-1.05, 1.05], zeroline=True, tickformat="+.1f", dtick=0.5)
    return figure


def ellipse(prediction: Prediction, v: int, a: int) -> tuple[np.ndarray, np.ndarray]:
    """One standard deviation of the model's errors around its point, (65,) valence and (65,) arousal."""
    turn = np.linspace(0, 2 * np.pi, 65)
    size, axes = np.linalg.eigh(prediction.covariance[np.ix_([v, a], [v, a])])
    x, y = axes @ (np.sqrt(np.maximum(size, 0))[:, None] * np.stack([np.cos(turn), np.sin(turn)]))
    return prediction.values[v] + x, prediction.values[a] + y


def curves(predictions: list[Prediction], titles: dict[str, str]) -> go.Figure:
    """Valence and arousal of every model over the song."""
    figure = _figure("time (m:ss)", "value (-1 to +1)", height=360)
    for i, p in enumerate(predictions):
        for k, target in enumerate(p.targets):
            figure.add_scatter(x=p.times, y=p.curve[k], mode="lines+markers", name=f"{target}, {titles[p.model]}",
                               line={"color": TARGET_COLOURS.get(target, GREY), "dash": DASHES[i % 4]},
                               customdata=[words.clock(t) for t in p.times], hovertemplate="%{customdata}: %{y:+.2f}")
    ticks = clock_ticks(max(float(p.times[-1]) for p in predictions))
    figure.update_xaxes(tickvals=ticks, ticktext=[words.clock(t) for t in ticks], rangemode="tozero")
    return figure.update_yaxes(range=[-1.05, 1.05], tickformat="+.1f", zeroline=True)


def clock_ticks(duration: float) -> np.ndarray:
    """At most eleven round times (s) from 0 to `duration`."""
    step = next(s for s in (1, 2, 5, 10, 15, 30, 60, 120, 300) if duration / s <= 10)
    return np.arange(0, duration + 1e-6, step)


def bars(values: dict[str, dict[str, float]], unit: str) -> go.Figure:
    """target -> label -> contribution, as horizontal bars; the first label on top."""
    longest = max(len(v) for v in values.values())
    figure = _figure(unit, "", height=120 + longest * (14 + 16 * len(values)))
    for target, shares in values.items():
        figure.add_bar(y=list(shares), x=list(shares.values()), orientation="h", name=target,
                       marker_color=TARGET_COLOURS.get(target, GREY), hovertemplate="%{y}: %{x:+.3f} " + target)
    figure.update_xaxes(tickformat="+.3~g", zeroline=True)
    return figure.update_yaxes(autorange="reversed", automargin=True)


def stem_bars(explanation: Explanation) -> go.Figure:
    """Each stem's share of one target, in the stem's colour."""
    figure = _figure(f"contribution to {explanation.target}", "", height=260)
    figure.add_bar(y=list(explanation.labels), x=explanation.values, orientation="h", showlegend=False,
                   marker_color=[STEM_COLOURS.get(name, GREY) for name in explanation.labels],
                   hovertemplate="%{y}: %{x:+.3f} " + explanation.target)
    figure.update_xaxes(tickformat="+.3~g", zeroline=True)
    return figure.update_yaxes(autorange="reversed", automargin=True)


def _figure(x: str, y: str, height: int) -> go.Figure:
    """An empty figure whose text and lines the page colours for light or dark."""
    figure = go.Figure(layout={"height": height, "margin": {"l": 60, "r": 20, "t": 20, "b": 50}, "barmode": "group",
                               "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)", "template": "none",
                               "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom"}, "dragmode": False})
    figure.update_xaxes(title=x, gridcolor="rgba(128,128,128,.25)", zeroline=False, zerolinecolor=GREY)
    return figure.update_yaxes(title=y, gridcolor="rgba(128,128,128,.25)", zeroline=False, zerolinecolor=GREY)


def heatmap(path: Path, picture: Picture, explanations: list[Explanation]) -> None:
    """A PNG: the spectrogram in greys with each target's relevance over it in red (raises) and blue (lowers)."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(14, 4.2 * len(explanations)), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    for axes, found in zip(figure.subplots(len(explanations), 1, squeeze=False)[:, 0], explanations, strict=True):
        _panel(figure, axes, picture, found)
    figure.savefig(path)


def _panel(figure, axes, picture: Picture, found: Explanation) -> None:
    top = float(picture.values.max())
    axes.pcolormesh(picture.grid.times, picture.grid.freqs, picture.values, cmap="Greys", vmin=top - 80, vmax=top + 10,
                    shading="nearest", rasterized=True)
    limit = float(np.percentile(np.abs(found.values), CLIP)) or 1.0
    layer = axes.pcolormesh(found.grid.times, found.grid.freqs, found.values, cmap=transparent_middle(), vmin=-limit,
                            vmax=limit, shading="nearest", rasterized=True)
    _axes(axes, picture)
    axes.set_title(f"What moved {found.target} ({found.model}, {found.method}): red raises it, blue lowers it; "
                   "grey is the sound itself, darker is louder", fontsize=11, loc="left")
    bar = figure.colorbar(layer, ax=axes, extend="both", pad=0.01)
    bar.set_label(f"contribution to {found.target} per cell")


def _axes(axes, picture: Picture) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    grid = picture.grid
    axes.set_yscale("log")
    axes.set_ylim(max(float(grid.freqs[0]), 30.0), float(grid.freqs[-1]))
    axes.set_xlim(0, float(grid.times[-1]))
    axes.yaxis.set_major_locator(FixedLocator([50, 100, 200, 500, 1000, 2000, 5000, 10000]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda hertz, _: f"{hertz:g}"))
    axes.xaxis.set_major_locator(FixedLocator(clock_ticks(float(grid.times[-1]))))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: words.clock(seconds)))
    axes.set_ylabel("frequency (Hz)")
    axes.set_xlabel("time (m:ss)")


def transparent_middle():
    """Blue to red, clear at zero, so that the greys beneath stay visible where nothing mattered."""
    from matplotlib.colors import ListedColormap

    x = np.linspace(-1, 1, 255)
    colours = np.where(x[:, None] < 0, LOWERS, RAISES)
    return ListedColormap(np.column_stack([colours, np.abs(x) ** 0.7 * 0.95]))
