"""Explain: what moved the value, over time and pitch or feature by feature, and how that sounds."""

import streamlit as st

from components import features_view, relevance_view, state
from mer_core import registry

VIEWS = {"timefreq": relevance_view, "features": features_view}
WAYS = {"timefreq": "In the sound", "features": "In measured features"}


def ways() -> dict[str, tuple[str, str]]:
    """label -> (method, model), for each method that this page can show; over time and pitch first."""
    found = []
    for model, card in state.cards().items():
        for method in state.service().explainers(model):
            explainer = registry.get("explainers", method)
            if explainer.space in VIEWS:
                found.append((list(VIEWS).index(explainer.space),
                              f"{WAYS[explainer.space]}: {explainer.title}, {card.title}", (method, model)))
    return {label: pair for _, label, pair in sorted(found)}


info, known = state.song(), ways()
if info is None or not known:
    st.info("A song is needed; upload one on Listen." if info is None else "No model is trained yet; see About.")
    st.stop()
with st.container(horizontal=True, key="controls"):
    way = state.pick("Where to look", list(known), "way")
    target = state.pick_target()
method, model = known[way]
VIEWS[registry.get("explainers", method).space].show(info, method, model, target)
