"""The thesis's feature route from its stored results: correlations, coefficients and SHAP values. No streamlit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from components.figures import bar_height
from components.theme import QUIET, framed, relevance_scale, rgba
from mer_core.features import chords, chroma
from mer_core.features.mid_level_words import BY_NAME

SYMBOLS = ("circle", "square", "triangle-up", "x")  # of what was measured here; the paper's diamond is open
STANDARDISED = "spreads of a rating<br>for one spread of the descriptor"  # spread: standard deviation over the clips
MISSING = " is not defined"
FAINT = 0.02  # mean |coefficient| below which the row of a missing value is left to the CSV
Point = tuple[str, str, float, float]  # row, series, value, standard deviation over seeds or NaN


def called(label: str, of: str) -> str:
    """A column of the feature set `of` (as "19", "33 relative") in words."""
    if " x " in label:
        return " ×<br>".join(called(part, of) for part in label.split(" x "))
    if label.endswith(MISSING):
        return f"{called(label.removesuffix(MISSING), of)}: none"
    if label in BY_NAME:
        return BY_NAME[label].title
    kind = "chroma" if of == "19" else "chord"
    degrees = (*chords.DEGREES, *(degree.lower() for degree in chords.DEGREES))
    return f"{kind} {label}" if label in (*chroma.NAMES, *chords.NAMES, *degrees) else label.replace("_", " ")


def dots(points: Sequence[Point], axis: str) -> go.Figure:
    """A row a system, a mark a series, with a line as long as the standard deviation over seeds to each side."""
    rows, series = (list(dict.fromkeys(point[i] for point in points)) for i in (0, 1))
    fig, ours = go.Figure(), iter(SYMBOLS)
    for name in series:
        own = [point for point in points if point[1] == name]
        spreads = [0 if np.isnan(point[3]) else point[3] for point in own]
        fig.add_scatter(x=[p[2] for p in own], y=[p[0] for p in own], name=name, mode="markers", customdata=spreads,
                        error_x={"array": spreads, "color": rgba(QUIET, 0.7), "thickness": 1.2, "width": 3},
                        marker={"symbol": "diamond-open" if name == "paper" else next(ours), "size": 11, "color": QUIET,
                                "line": {"width": 2, "color": QUIET}},
                        hovertemplate=f"%{{y}}<br>{name}: %{{x:.3f}} ± %{{customdata:.3f}}<extra></extra>")
    fig.update_xaxes(title=axis, gridcolor=rgba(QUIET, 0.2), nticks=6)
    framed(fig, bar_height(len(rows)) + 50)
    fig.update_yaxes(type="category", categoryorder="array", categoryarray=rows[::-1], range=[-0.6, len(rows) - 0.4],
                     gridcolor=rgba(QUIET, 0.2))
    return fig


def rows_shown(found: Mapping) -> list[int]:
    """Rows of stored coefficients to draw: all but the flags of missing values that weigh next to nothing."""
    weight = np.abs(found["values"]).mean(axis=1)
    return [i for i, label in enumerate(found["features"]) if not label.endswith(MISSING) or weight[i] >= FAINT]


def coefficients(found: Mapping, of: str) -> go.Figure:
    """Descriptor by rating: red raises, blue lowers, on one symmetric scale."""
    rows = rows_shown(found)
    values = np.array(found["values"])[rows]
    spread = np.array(found["sd"])[rows] if found.get("sd") else np.full_like(values, np.nan)
    names, top = [called(found["features"][i], of) for i in rows], float(np.abs(values).max())
    fig = go.Figure(go.Heatmap(
        z=values, x=[rating(t) for t in found["targets"]], y=list(range(len(rows))), zmin=-top, zmax=top, xgap=1,
        ygap=1, colorscale=relevance_scale(), colorbar=across(STANDARDISED),
        customdata=np.dstack([spread, np.tile(np.array(names)[:, None], values.shape[1])]),
        hovertemplate="%{customdata[1]}, %{x}: %{z:+.2f} ± %{customdata[0]:.2f}<extra></extra>"))
    below = 4 * max(len(target) for target in found["targets"])  # px: plotly leaves no room for turned names
    framed(fig, 180 + below + (34 if any("<br>" in n for n in names) else 24) * len(rows), margin={"t": 80})
    fig.update_xaxes(title={"text": "rating", "standoff": below}, tickangle=-90, fixedrange=True, showgrid=False)
    return named(fig, names)


def across(title: str) -> dict:
    """A colour scale above the figure, where it costs no width."""
    return {"title": {"text": title, "side": "top"}, "orientation": "h", "x": 0.5, "xanchor": "center", "y": 1.0,
            "yanchor": "bottom", "thickness": 10, "len": 1.0, "nticks": 5}


def rating(target: str) -> str:
    return target.replace("_", " ")


def named(fig: go.Figure, names: Sequence[str]) -> go.Figure:
    """Rows 0, 1, ... from the top with these names; two may be called alike."""
    fig.update_yaxes(tickvals=list(range(len(names))), ticktext=list(names), range=[len(names) - 0.5, -0.5],
                     showgrid=False)
    return fig


def bars(found: Sequence[tuple[str, float]], of: str, axis: str) -> go.Figure:
    """Sizes without a sign, the largest first."""
    names = [called(label, of) for label, _ in found]
    fig = go.Figure(go.Bar(x=[size for _, size in found], y=list(range(len(found))), orientation="h", customdata=names,
                           marker={"color": rgba(QUIET, 0.8)}, hovertemplate="%{customdata}: %{x:.3f}<extra></extra>"))
    fig.update_xaxes(title=axis, gridcolor=rgba(QUIET, 0.2), rangemode="tozero", nticks=6)
    framed(fig, 70 + (34 if any("<br>" in n for n in names) else 26) * len(found), showlegend=False, bargap=0.35)
    return named(fig, names)


def moves(mean: Mapping[str, Mapping[str, float]]) -> list[tuple[str, float]]:
    """(descriptor, mean |SHAP| over all ratings) from the largest."""
    found = [(name, float(np.mean(list(own.values())))) for name, own in mean.items()]
    return sorted(found, key=lambda item: -item[1])


def swarm_rows(found: Mapping, target: str) -> list[dict]:
    """The stored SHAP values of a target as rows of a beeswarm, the widest first; a clip on which a descriptor is not
    defined has no dot in its row."""
    rows = []
    for k, name in enumerate(found["features"]):
        values = np.array([row[k] for row in found["values"]], float)
        known, shap = np.isfinite(values), np.array([row[k] for row in found["shap"][target]])
        rows.append({"name": name, "values": values[known].tolist(), "shap": shap[known].tolist()})
    return sorted(rows, key=lambda row: -float(np.mean(np.abs(row["shap"]))))
