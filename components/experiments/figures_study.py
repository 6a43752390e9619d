"""The study of measured features from its stored results: which features matter, and what was rated. No streamlit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from components.experiments.plane import framed_plane, spread
from components.figures import bar_height
from components.theme import COLOURS, PAINTED, QUIET, SONG, framed, rgba
from mer_core.schema import TARGETS

SHOWN = 15  # features in a figure, as in the paper


def strongest(pearson: Mapping, target: str, count: int = SHOWN) -> list[tuple[str, float]]:
    """(feature, r) of the features that go with the target most, the strongest first."""
    order = np.argsort(-np.abs(pearson[target]), kind="stable")[:count]
    return [(pearson["features"][i], pearson[target][i]) for i in order]


def pearson_bars(pearson: Mapping, target: str, words: Mapping[str, str]) -> go.Figure:
    """A bar a feature: to the right it grows with the target, to the left it falls."""
    found = strongest(pearson, target)
    fig = go.Figure(go.Bar(x=[r for _, r in found], y=list(range(len(found))), orientation="h", text=[name for name, _ in found],
                           textposition="none", marker={"color": COLOURS[target]},
                           hovertemplate="%{text}: r = %{x:.2f}<extra></extra>"))
    fig.update_xaxes(title=f"Pearson r with {target} (−1 to +1)", range=[-1, 1], gridcolor=rgba(QUIET, 0.2))
    fig.add_vline(0, line={"color": QUIET, "width": 1})
    return _named(fig, [words.get(name, name) for name, _ in found])


def beeswarm(rows: Sequence[Mapping], target: str, words: Mapping[str, str], unit: str = "scale −1 to +1") -> go.Figure:
    """A dot for each clip and feature: how far the feature moved the answer; full colour where its value is high."""
    fig = go.Figure()
    for k, row in enumerate(rows):
        values, shap = np.array(row["values"]), np.array(row["shap"])
        fig.add_scatter(x=shap, y=k + swarm(shap), mode="markers", name=row["name"], showlegend=False, customdata=values,
                        marker={"size": 4, "color": rank(values), "cmin": 0, "cmax": 1, "colorscale": faint_to(target),
                                "colorbar": _bar("value, low to high"), "showscale": k == 0},
                        hovertemplate=f"{row['name']} = %{{customdata:.3g}}<br>moves {target} by %{{x:+.3f}}<extra></extra>")
    fig.update_xaxes(title=f"moves {target.replace('_', ' ')} by<br>({unit})", gridcolor=rgba(QUIET, 0.2))
    fig.add_vline(0, line={"color": QUIET, "width": 1})
    return _named(fig, [words.get(row["name"], row["name"]) for row in rows], room=40)


def swarm(x: np.ndarray, bins: int = 60, half: float = 0.38) -> np.ndarray:
    """(N,) offsets in [-half, half]: points that share a bin of x are stacked around the middle, up, down, up."""
    cells = np.digitize(x, np.linspace(x.min(), x.max() + 1e-9, bins + 1))
    offsets = np.zeros(len(x))
    for cell in np.unique(cells):
        own = np.flatnonzero(cells == cell)
        steps = np.arange(1, len(own) + 1) // 2
        offsets[own] = steps * np.where(np.arange(len(own)) % 2, 1, -1)
    return offsets * half / max(np.abs(offsets).max(), 1)


def rank(values: np.ndarray) -> np.ndarray:
    """(N,) places in the order of the values, 0 to 1: one extreme value does not pale the others."""
    return np.searchsorted(np.sort(values), values) / max(len(values) - 1, 1)


def faint_to(target: str) -> list[list]:
    """Grey to the target's colour; a target without one gets the colour of what is painted."""
    full = COLOURS.get(target, PAINTED)
    return [[0, rgba(QUIET, 0.3)], [0.5, rgba(full, 0.5)], [1, full]]


def _bar(title: str) -> dict:
    return {"title": {"text": title, "side": "top"}, "orientation": "h", "y": 1.0, "yanchor": "bottom", "thickness": 10,
            "len": 0.5, "x": 1, "xanchor": "right", "tickvals": []}


def _named(fig: go.Figure, names: Sequence[str], room: int = 0) -> go.Figure:
    """Rows 0, 1, ... from the top with these names; two may be called alike."""
    framed(fig, round(0.8 * bar_height(len(names))) + room, bargap=0.35)
    fig.update_yaxes(tickvals=list(range(len(names))), ticktext=list(names), range=[len(names) - 0.4, -0.6], showgrid=False)
    return fig


def families(found: Mapping) -> go.Figure:
    """How far the features of each family together move an answer, on average over clips; both targets."""
    names = sorted(found["arousal"], key=lambda f: -max(found[t][f]["importance"] for t in TARGETS))
    fig = go.Figure()
    for target in TARGETS:
        rows = [found[target][f] for f in names]
        fig.add_bar(x=[row["importance"] for row in rows], y=names, orientation="h", name=target,
                    marker={"color": COLOURS[target]}, customdata=[row["features"] for row in rows],
                    hovertemplate=f"%{{y}}, %{{customdata}} features: {target} by %{{x:.3f}}<extra></extra>")
    fig.update_xaxes(title="mean move of an answer (scale −1 to +1)", gridcolor=rgba(QUIET, 0.2))
    framed(fig, 60 * len(names) + 90, bargap=0.3)
    fig.update_yaxes(autorange="reversed", showgrid=False)
    return fig


def dependence(values: np.ndarray, shap: np.ndarray, target: str, said: str,
               own: tuple[float, float] | None = None) -> go.Figure:
    """(N,) a feature's values and how far each moved the answer; a line at the user's song's value, and a diamond where
    the app's model puts it: `own` is (value, move)."""
    fig = go.Figure(go.Scatter(x=values, y=shap, mode="markers", marker={"color": rgba(COLOURS[target], 0.6), "size": 6},
                               hovertemplate=f"%{{x:.3g}}: {target} %{{y:+.3f}}<extra></extra>", showlegend=False))
    fig.add_hline(0, line={"color": QUIET, "width": 1})
    if own is not None:
        fig.add_scatter(x=[own[0]], y=[own[1]], mode="markers", showlegend=False,
                        marker={"color": SONG, "symbol": "diamond", "size": 12, "line": {"width": 2, "color": "white"}},
                        hovertemplate=f"this song, by the app's model<br>%{{x:.3g}}: {target} %{{y:+.3f}}<extra></extra>")
        fig.add_vline(own[0], line={"color": SONG, "width": 2},
                      annotation={"text": "this song", "font": {"color": SONG}, "yref": "paper", "y": 1.0, "yanchor": "bottom"})
    fig.update_xaxes(title=said, gridcolor=rgba(QUIET, 0.2))
    fig.update_yaxes(title=f"moves {target} by", gridcolor=rgba(QUIET, 0.2))
    return framed(fig, 340, margin={"t": 28})


def ratings(tracks: Sequence[Mapping], song: tuple[str, float, float] | None = None) -> go.Figure:
    """Every clip where its listeners put it, and `song` (title, valence, arousal) where a model puts it."""
    said = [f"{t['id']} ({t['genre']})<br>valence {t['valence']:+.2f}, arousal {t['arousal']:+.2f}" for t in tracks]
    fig = go.Figure(go.Scatter(x=spread([t["valence"] for t in tracks]), y=[t["arousal"] for t in tracks], mode="markers",
                               text=said, hovertemplate="%{text}<extra></extra>", name="clips, as rated",
                               marker={"color": rgba(QUIET, 0.65), "size": 7}))
    if song:
        title, valence, arousal = song
        fig.add_scatter(x=[valence], y=[arousal], mode="markers", name="this song, as predicted",
                        hovertemplate=f"{title}<br>valence %{{x:+.2f}}, arousal %{{y:+.2f}}<extra></extra>",
                        marker={"color": SONG, "size": 15, "line": {"width": 2, "color": "white"}})
    return framed_plane(fig, 430)


def histogram(found: Mapping, target: str, title: str) -> go.Figure:
    """Counts between edges."""
    edges = np.array(found["edges"])
    fig = go.Figure(go.Bar(x=(edges[1:] + edges[:-1]) / 2, y=found["counts"], width=np.diff(edges) * 0.94,
                           marker={"color": COLOURS[target]}, hovertemplate="%{y} clips near %{x:.2f}<extra></extra>"))
    fig.update_xaxes(title=title, range=[edges[0], edges[-1]])
    fig.update_yaxes(title="clips", gridcolor=rgba(QUIET, 0.2))
    return framed(fig, 210, showlegend=False)
