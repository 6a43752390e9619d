"""Learning curves: error over epochs. No streamlit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from components.theme import COLOURS, PAINTED, QUIET, framed, rgba
from mer_core.schema import TARGETS

HELD = PAINTED  # no target and no stem


def printed_curves(curve: Mapping) -> go.Figure:
    """R² over epochs as a paper printed it, valence and arousal."""
    fig = go.Figure()
    for target in TARGETS:
        points = curve[target]
        fig.add_scatter(x=[p["epoch"] for p in points], y=[p["r2"] for p in points], name=target, mode="lines+markers",
                        line={"color": COLOURS[target], "dash": "dot"},
                        hovertemplate=f"epoch %{{x}}: {target} R² %{{y:.3f}}<extra></extra>")
    return _axes(fig, "R² (1 is best)")


def learning_curves(folds: Sequence[Sequence[Mapping]]) -> go.Figure:
    """Loss of the training part (grey, dotted) and of the held inner fold over epochs, a line a fold; a full dot at the
    epoch that was kept. A fold is [{"epoch", "loss", "validation"}, ...]; without validation only the loss is drawn."""
    fig = go.Figure()
    for k, points in enumerate(folds):
        _line(fig, points, "loss", "training part", {"color": QUIET, "dash": "dot", "width": 1}, k)
        held = [p for p in points if p.get("validation") is not None]
        _line(fig, held, "validation", "inner fold, not learnt from", {"color": HELD, "width": 1.5}, k)
        if held:
            kept = min(held, key=lambda p: p["validation"])
            fig.add_scatter(x=[kept["epoch"]], y=[kept["validation"]], mode="markers", name="epoch kept", showlegend=k == 0,
                            marker={"color": HELD, "size": 9},
                            hovertemplate=f"fold {k + 1}: epoch %{{x}} kept, %{{y:.3f}}<extra></extra>")
    return _axes(fig, "loss (0 is best)")


def _line(fig: go.Figure, points: Sequence[Mapping], key: str, name: str, line: dict, fold: int) -> None:
    if points:
        fig.add_scatter(x=[p["epoch"] for p in points], y=[p[key] for p in points], mode="lines", name=name, line=line,
                        showlegend=fold == 0,
                        hovertemplate=f"fold {fold + 1}, epoch %{{x}}: {name} %{{y:.3f}}<extra></extra>")


def _axes(fig: go.Figure, title: str) -> go.Figure:
    fig.update_xaxes(title="epoch", gridcolor=rgba(QUIET, 0.2), rangemode="tozero")
    fig.update_yaxes(title=title, gridcolor=rgba(QUIET, 0.2))
    return framed(fig, 300)
