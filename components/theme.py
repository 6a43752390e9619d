"""The colours, each with one meaning on every page, and the layout that all figures share."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

COLOURS = {
    "valence": "#0072B2", "arousal": "#D55E00",
    "vocals": "#CC79A7", "drums": "#E69F00", "bass": "#009E73", "other": "#56B4E9", "residual": "#999999",
}
RAISES, LOWERS = "#D1203A", "#2A6FDB"  # relevance: raises or lowers the target
SONG = "#8B6FC0"  # the song's own point and path in the V/A plane
PAINTED = "#A0764A"  # what the user painted
QUIET = "#84898E"  # totals, guides, ticks: readable on a light and on a dark page
EPOCH = 946_684_800_000  # ms, a full hour; plotly reads small numbers on a date axis as years
CONFIG = {"displaylogo": False, "modeBarButtons": [["toImage", "resetScale2d"]],
          "toImageButtonOptions": {"format": "png", "scale": 2}}


def rgba(colour: str, alpha: float) -> str:
    """A #rrggbb colour with an opacity."""
    red, green, blue = (int(colour[i:i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha:g})"


def relevance_scale() -> list[list]:
    """Blue lowers, transparent is zero, red raises."""
    return [[0.0, rgba(LOWERS, 1)], [0.5, rgba(QUIET, 0)], [1.0, rgba(RAISES, 1)]]


def sign_colours(values) -> list[str]:
    return [RAISES if v >= 0 else LOWERS for v in values]


def time_axis(duration: float, title: bool = True) -> dict:
    """A time axis in m:ss. Plotly formats clock times only on date axes, so seconds become milliseconds after EPOCH."""
    return {"type": "date", "range": millis([0, duration]), "tickformat": "%-M:%S", "hoverformat": "%-M:%S.%1f",
            "title": {"text": "time (m:ss)" if title else None, "standoff": 12}, "showgrid": False, "nticks": 7}


def millis(seconds) -> list[float]:
    """Seconds as the values of a `time_axis`."""
    return (EPOCH + np.round(np.asarray(seconds, float) * 1000)).tolist()


def framed(fig: go.Figure, height: int, **layout) -> go.Figure:
    """The common look: transparent, tight margins, a legend above the plot."""
    margin = {"l": 8, "r": 8, "t": 8, "b": 8, **layout.pop("margin", {})}
    fig.update_layout(height=height, paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)", margin=margin,
                      legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0}, hoverlabel={"align": "left"},
                      dragmode="pan", **layout)
    fig.update_xaxes(automargin=True, zeroline=False, fixedrange=False)
    fig.update_yaxes(automargin=True, zeroline=False, fixedrange=True)
    return fig
