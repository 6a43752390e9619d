"""Explain: what moved the value, over time and pitch or feature by feature, and how that sounds."""

import streamlit as st

from components import features_view, relevance_view, state, time_view
from mer_core import registry
from mer_core.explainers._base import Explainer

VIEWS = {"timefreq": relevance_view, "time": time_view, "features": features_view}
WAYS = {"timefreq": "In the sound", "time": "Over time", "features": "In measured features"}


def methods() -> dict[str, list[str]]:
    """method -> the models it fits, the best first; methods that this page can show, those in the sound first."""
    found = {}
    for model in state.every_card():
        for method in state.service().explainers(model):
            if kind(method).space in VIEWS:
                found.setdefault(method, []).append(model)
    return dict(sorted(found.items(), key=lambda item: list(VIEWS).index(kind(item[0]).space)))


def kind(method: str) -> type[Explainer]:
    return registry.get("explainers", method)


info, known = state.song(), methods()
if info is None or not known:
    st.info("A song is needed; upload one on Listen." if info is None else "No model is trained yet; see About.")
    st.stop()
with st.container(horizontal=True, key="controls"):
    method = state.pick("Where to look", list(known), "way", lambda m: f"{WAYS[kind(m).space]}: {kind(m).title}")
    models = sorted(known[method], key=lambda name: name != state.model())  # the one chosen elsewhere, where it fits
    model = models[0] if len(models) == 1 else state.pick("Model", models, f"model-{method}", state.titles().get)
    target = state.pick_target(state.every_card()[model].targets)
st.caption(f"{kind(method).title}, on {state.titles()[model]}")
VIEWS[kind(method).space].show(info, method, model, target)
