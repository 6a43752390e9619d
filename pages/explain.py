"""Explain: what moved the value, over time and pitch or feature by feature, and how that sounds."""

import streamlit as st

from components import features_view, relevance_view, state
from mer_core import registry

VIEWS = {"timefreq": relevance_view, "features": features_view}
WAYS = {"timefreq": "In the sound", "features": "In measured features"}


def ways() -> dict[str, tuple[str, str]]:
    """label -> (method, model), for each method that this page can show; over time and pitch first."""
    pairs = [(method, model) for model in state.cards() for method in state.service().explainers(model)]
    kinds = [(registry.get("explainers", method), method, model) for method, model in pairs]
    known = sorted((k for k in kinds if k[0].space in VIEWS), key=lambda k: list(VIEWS).index(k[0].space))
    names = [f"{WAYS[explainer.space]}: {explainer.title}" for explainer, _, _ in known]
    return {name if names.count(name) == 1 else f"{name}, {state.titles()[model]}": (method, model)
            for name, (_, method, model) in zip(names, known, strict=True)}


def full_name(method: str, model: str) -> str:
    return f"{registry.get('explainers', method).title}, on {state.titles()[model]}"


info, known = state.song(), ways()
if info is None or not known:
    st.info("A song is needed; upload one on Listen." if info is None else "No model is trained yet; see About.")
    st.stop()
with st.container(horizontal=True, key="controls"):
    method, model = known[state.pick("Where to look", list(known), "way")]
    target = state.pick_target()
st.caption(full_name(method, model))
VIEWS[registry.get("explainers", method).space].show(info, method, model, target)
