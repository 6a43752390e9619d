"""Sliders on the descriptors: what the models would say of a song that had other ones."""

from __future__ import annotations

import numpy as np
import streamlit as st

from components import figures_plane, state, theme
from components.descriptors import felt
from components.descriptors.sentences import what_changed
from mer_core.features.mid_level import MidLevel
from mer_core.features.mid_level_words import DESCRIPTORS, Descriptor
from mer_core.schema import Prediction, TrackInfo

SCALE = "-1 to +1"
HINT = ("A what-if on the models, not on the sound: the song stays as it is, and a real song seldom changes in one "
        "descriptor alone. A slider goes where nine in ten clips lie, or as far as this song.")


@st.fragment
def show(info: TrackInfo, levels: MidLevel, found: felt.Found) -> None:
    """Redraws itself alone, at once."""
    st.caption(HINT)
    left, right = st.columns([1, 1.2], gap="large")
    with left:
        moved = sliders(info, levels)
    with right:
        after = {model: state.service().foretold(info, model, moved).tolist() for model in found}
        _sentence(moved, levels, found, after)
        for model, values in after.items():
            _model(model, values, found, bool(moved))


def sliders(info: TrackInfo, levels: MidLevel) -> dict[str, float]:
    """descriptor -> value, of those moved away from the song's own."""
    moved = {}
    for descriptor in DESCRIPTORS:
        value = levels[descriptor.name]
        if np.isfinite(value):
            chosen = _slider(info, descriptor, value)
            if chosen != round(value, 2):
                moved[descriptor.name] = chosen
        else:
            st.caption(f"{descriptor.title.capitalize()}: not defined here.")
    keys = {key(info, d): round(levels[d.name], 2) for d in DESCRIPTORS if np.isfinite(levels[d.name])}
    st.button("Back to the song", key="reset-descriptors", on_click=st.session_state.update, args=(keys,),
              disabled=not moved)
    return moved


def _slider(info: TrackInfo, descriptor: Descriptor, value: float) -> float:
    low, high = descriptor.spread
    name, value = key(info, descriptor), round(value, 2)
    st.session_state.setdefault(name, value)
    chosen = st.slider(f"{descriptor.title.capitalize()} ({descriptor.unit})", min(round(low, 2), value),
                       max(round(high, 2), value), step=0.01, key=name, help=descriptor.sentence)
    st.html(f'<p class="mer-ends"><span>{descriptor.low}</span><span>{descriptor.high}</span></p>')
    return chosen


def key(info: TrackInfo, descriptor: Descriptor) -> str:
    return f"slide-{descriptor.name}-{info.id[:12]}"


def _sentence(moved: dict[str, float], levels: MidLevel, found: felt.Found, after: dict) -> None:
    if not moved:
        st.markdown("Move a slider: the bars and the point follow.")
        return
    faders = ", ".join(f"{d.title} {levels[d.name]:z.2f} → {moved[d.name]:z.2f}"
                       for d in DESCRIPTORS if d.name in moved)
    changes = "; ".join(what_changed({t: e.output for t, e in one.items()}, dict(zip(one, after[model])))
                        for model, one in found.items())
    st.markdown(f"With {faders}: **{changes}**.")


def _model(model: str, values: list[float], found: felt.Found, moved: bool) -> None:
    card, before = felt.models()[model], {t: e.output for t, e in found[model].items()}
    if card.on_plane:
        points = [_point(card, list(before.values()), "this song")]
        points += [_point(card, values, "with the sliders")] if moved else []
        st.plotly_chart(figures_plane.plane(points, {}, SCALE, compact=True), key="slid-plane", config=theme.CONFIG)
        st.caption("Circle: this song. Diamond: with the sliders. The ring is the model's typical error.")
    else:
        figure = felt.bars(found[model], card, dict(zip(found[model], values)), before if moved else None)
        st.plotly_chart(figure, key=f"slid-{model}", config=theme.CONFIG)
        if moved:
            st.caption("Open diamonds: without the sliders.")


def _point(card, values: list[float], name: str) -> Prediction:
    return Prediction(model=name, targets=card.targets, values=np.clip(values, -1, 1), times=[],
                      curve=np.zeros((len(card.targets), 0)), covariance=card.test_error["covariance"])
