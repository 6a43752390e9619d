"""The valence-arousal plane with many songs in it. No streamlit."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from components.figures_plane import axis_title
from components.theme import QUIET, framed, rgba
from mer_core.words import QUADRANTS

SCALE = "-1 to +1"


def framed_plane(fig: go.Figure, height: int = 480) -> go.Figure:
    """Both axes over the whole scale, the quadrants' names in the corners, their paper's names on hover."""
    for axis, target in ((fig.update_xaxes, "valence"), (fig.update_yaxes, "arousal")):
        axis(range=[-1.06, 1.06], title=axis_title(target, SCALE), tick0=-1, dtick=0.5, gridcolor=rgba(QUIET, 0.15))
    for (v, a), (name, paper) in QUADRANTS.items():
        fig.add_annotation(x=v * 0.98, y=a * 0.97, text=name, hovertext=paper, showarrow=False, font={"color": QUIET},
                           xanchor="right" if v > 0 else "left", yanchor="top" if a > 0 else "bottom")
    framed(fig, height)
    fig.update_xaxes(constrain="domain", fixedrange=True)
    fig.update_yaxes(scaleanchor="x", constrain="domain")
    return fig


def spread(values) -> np.ndarray:
    """Ratings that fall on the same few values, moved by up to 0.008 so that no song hides another; seeded."""
    return np.asarray(values, float) + np.random.default_rng(0).uniform(-0.008, 0.008, len(values))
