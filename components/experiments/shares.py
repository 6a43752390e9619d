"""How much each stem moves EmoMucs: its own fusion layer's word beside exact Shapley values, over all clips."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from components import state, theme
from components.take_away import csv_button
from components.theme import COLOURS, QUIET, framed, rgba
from mer_core.schema import TARGETS

WAYS = {"shapley": "exact Shapley values", "fusion_layer": "the fusion layer's weights", "leave_one_out": "leaving a stem out"}
PATTERNS = {"shapley": "", "fusion_layer": "/", "leave_one_out": "x"}


def show(found: Mapping) -> None:
    st.subheader("How much each stem moves the answer")
    target = state.pick("Moves", TARGETS, "shares-target", str.capitalize)
    st.markdown(said(found, target))
    st.plotly_chart(bars(found, target), key="shares", config=theme.CONFIG)
    st.caption("Full bars: exact Shapley values over the 16 mixes of the stems. Hatched: the weights of the fusion layer. Crossed: "
               "the answer without the stem. Each clip by networks that never heard its artist.")
    csv_button("Shares as CSV", table(found), "EmoMucs shares", "csv-shares")


def said(found: Mapping, target: str) -> str:
    """The stem that moves most, and how far the cheap ways go with the exact one."""
    sizes = found["size"]["shapley"][target]
    agreed = {way: np.mean(r[target]) for way, r in found["agreement_with_shapley"].items()}
    told = " and ".join(f"{WAYS[way]} r = {r:.2f}" for way, r in agreed.items())
    return (f"**{found['stems'][int(np.argmax(sizes))].capitalize()}** moves {target} most, by {max(sizes):.2f} on average. "
            f"Clip by clip, two ways that cost less go with exact Shapley values: {told} (mean over the stems; 1 is perfect).")


def bars(found: Mapping, target: str) -> go.Figure:
    """A group a stem in the stem's colour, a bar a way."""
    fig = go.Figure()
    for way, pattern in PATTERNS.items():
        fig.add_bar(x=found["stems"], y=found["size"][way][target], name=WAYS[way], showlegend=False,
                    marker={"color": [COLOURS[s] for s in found["stems"]],
                            "pattern": {"shape": pattern, "fgcolor": rgba("#000000", 0.55)}},
                    hovertemplate=f"%{{x}}, {WAYS[way]}: {target} by %{{y:.3f}}<extra></extra>")
    fig.update_yaxes(title=f"mean move of {target} (scale −1 to +1)", gridcolor=rgba(QUIET, 0.2), rangemode="tozero")
    return framed(fig, 320, bargap=0.3)


def table(found: Mapping) -> pd.DataFrame:
    """A row a stem, target and way: its mean |share|, and r with exact Shapley values over the clips."""
    agreed = found["agreement_with_shapley"]
    return pd.DataFrame([{"stem": stem, "target": target, "way": way, "mean move": found["size"][way][target][i],
                          "r with Shapley": agreed[way][target][i] if way in agreed else None}
                         for way in found["size"] for target in TARGETS for i, stem in enumerate(found["stems"])])
