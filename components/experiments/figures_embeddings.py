"""t-SNE pictures of embeddings, coloured by what listeners said. No streamlit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from components.theme import COLOURS, QUIET, framed, rgba
from mer_core.words import ENDS


def embedding(picture: Mapping, tracks: Sequence[Mapping], target: str) -> go.Figure:
    """`picture` has x and y, a value for each of `tracks`; the colour grows from faint (lowest rating) to full."""
    values = [track[target] for track in tracks]
    low, high = ENDS[target]
    fig = go.Figure(go.Scatter(
        x=picture["x"], y=picture["y"], mode="markers", text=[hover(t) for t in tracks], customdata=values,
        hovertemplate="%{text}<br>" + target + " %{customdata:+.2f}<extra></extra>",
        marker={"color": values, "size": 9, "colorscale": [[0, rgba(QUIET, 0.25)], [0.5, rgba(COLOURS[target], 0.45)],
                                                           [1, COLOURS[target]]],
                "line": {"width": 1, "color": rgba(QUIET, 0.6)},
                "colorbar": {"title": {"text": f"{target}, {low} to {high}", "side": "top"}, "orientation": "h", "y": 1.02,
                             "yanchor": "bottom", "thickness": 10, "len": 0.6, "x": 0, "xanchor": "left",
                             "tickformat": "+.1f"}}))
    framed(fig, 460)
    fig.update_xaxes(visible=False, range=[-1.08, 1.08])
    fig.update_yaxes(visible=False, range=[-1.08, 1.08])
    return fig


def hover(track: Mapping) -> str:
    """Artist and title, or the clip's name."""
    said = ": ".join(track[k] for k in ("artist", "title") if track.get(k))
    return f"{said or track['id']} ({track['genre']})"
