"""Ellipses in numbers: table 3 as dots, calibration, pre-training. No streamlit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from components.figures import bar_height
from components.theme import PAINTED, QUIET, SONG, framed, rgba

BASELINES = {"constant": "one ellipse for all", "mfcc": "MFCC, no network", "untrained": "no pre-training"}
SYMBOLS = {"paper": "diamond-open", "here": "circle"}
CURVES = {"reconstruction": ("error of redrawing a patch", "mean squared error of a value"),
          "free_energy": ("free energy", "free energy (nats)")}
PARTS = {"train": ("learnt from", {"color": QUIET, "dash": "dot", "width": 1.5}),
         "held": ("only watched", {"color": PAINTED, "width": 2})}
KINDS = (("single ratings", "ratings_inside", "ratings", SONG), ("mean ratings", "means_inside", "of", QUIET))
DASHES = {"clips": "solid", "seconds": "dot"}


def dots(rows: Sequence[Mapping], measure: str, words: str) -> go.Figure:
    """A row each, after fine-tuning: open in the paper, full here, with one standard deviation to each side. Of the
    baselines only those of BASELINES."""
    fig, rows = go.Figure(), [row for row in rows if row.get("name") in (None, *BASELINES)]
    names = [f"{row['title'].replace(' of pitch', '')}, layer {row['layer']}" if "layer" in row else BASELINES[row["name"]]
             for row in rows]
    for side, symbol in SYMBOLS.items():
        found = [(name, value) for name, row in zip(names, rows, strict=True) if (value := _finished(row, side, measure))]
        if found:
            fig.add_scatter(x=[v[0] for _, v in found], y=[name for name, _ in found], mode="markers", name=side,
                            error_x={"array": [v[1] for _, v in found], "thickness": 1, "width": 0},
                            marker={"color": SONG, "symbol": symbol, "size": 10, "line": {"width": 2, "color": SONG}},
                            hovertemplate=f"%{{y}}<br>{side}: {words} %{{x:.3f}}<extra></extra>")
    fig.update_xaxes(title=f"{words} (0 is best)", gridcolor=rgba(QUIET, 0.2), nticks=6)
    framed(fig, bar_height(len(rows)) + 40)
    fig.update_yaxes(type="category", categoryorder="array", categoryarray=names[::-1], range=[-0.6, len(rows) - 0.4],
                     gridcolor=rgba(QUIET, 0.2))
    return fig


def _finished(row: Mapping, side: str, measure: str) -> Sequence[float] | None:
    cells = row.get(side, {})
    return (cells.get("finetuned", {}) if "layer" in row else cells).get(measure)


def calibration(found: Mapping) -> go.Figure:
    """How much an ellipse holds against how much it says, of clips and of seconds; on the broken line both are the same."""
    fig = go.Figure()
    fig.add_scatter(x=[0, 1], y=[0, 1], mode="lines", name="as it should be for single ratings", hoverinfo="skip",
                    line={"color": QUIET, "width": 1, "dash": "dash"})
    for of, dash in DASHES.items():
        for words, inside, total, colour in KINDS:
            shares, held = zip(*((line["share"], line[inside] / line[total]) for line in found[of]), strict=True)
            fig.add_scatter(x=shares, y=held, mode="lines+markers", name=f"{words} of {of}",
                            line={"color": colour, "width": 2, "dash": dash}, marker={"size": 9},
                            hovertemplate=f"{words} of {of}<br>%{{x:.0%}} ellipse holds %{{y:.1%}}<extra></extra>")
    framed(fig, 400)
    fig.update_xaxes(title="share that the ellipse says", tickvals=[line["share"] for line in found["clips"]],
                     tickformat=".0%", range=[0.4, 1.0], gridcolor=rgba(QUIET, 0.2), fixedrange=True)
    fig.update_yaxes(title="share found inside", tickformat=".0%", range=[0.3, 1.03], gridcolor=rgba(QUIET, 0.2))
    return fig


def curve(points: Sequence[Mapping], measure: str) -> go.Figure:
    """One layer's measure over epochs, of patches it learnt from and of those that were only watched."""
    fig = go.Figure()
    for part, (words, line) in PARTS.items():
        fig.add_scatter(x=[p["epoch"] for p in points], y=[p[f"{measure}_{part}"] for p in points], name=words,
                        mode="lines", line=line, hovertemplate=f"epoch %{{x}}, {words}: %{{y:.4g}}<extra></extra>")
    fig.update_xaxes(title="epoch", gridcolor=rgba(QUIET, 0.2), rangemode="tozero")
    fig.update_yaxes(title=CURVES[measure][1], gridcolor=rgba(QUIET, 0.2))
    return framed(fig, 300)
