"""Paint to ask: what a painted region of the spectrogram sounds like, and what the model says without it."""

from __future__ import annotations

import streamlit as st

from components import progress, theme
from components.player import Reply, Voice
from components.player.messages import Mix, Paint
from components.take_away import sound_button
from mer_core.brush import Box, Brushed
from mer_core.schema import Explanation, TrackInfo
from mer_core.words import brush_relevance_sentence, brush_sentence

ONLY, WITHOUT = "only the painted part", "all but the painted part"


def boxes(info: TrackInfo) -> tuple[Box, ...]:
    """What is painted on this song; kept for the session."""
    return st.session_state.get(f"painted-{info.id}", ())


def reply(info: TrackInfo) -> Reply:
    """Keeps the region and lets the page run again: it is the page that shows the long work."""
    def keep(asked: Paint | Mix) -> dict | None:
        if isinstance(asked, Paint):
            st.session_state[f"painted-{info.id}"] = asked.boxes
        return {"kind": "paint", "page": True}
    return keep


def answered(info: TrackInfo, model: str, explanation: Explanation | None) -> Brushed | None:
    """The sentences and the downloads of the painted region; None without one, and while they are made."""
    painted = boxes(info)
    found = painted and progress.result("brush", info, painted, model, label="Listening without the painted region",
                                        height=150)
    if not found:
        return None
    with st.container(key="asked"):
        for target in found.before.targets:
            st.markdown(brush_sentence(found, painted, target))
        if explanation:
            st.caption(brush_relevance_sentence(explanation, found, painted))
        with st.container(horizontal=True):
            for label, path in ((ONLY, found.only), (WITHOUT, found.without)):
                sound_button(label.capitalize(), path, f"{info.title} {label}", f"sound-{label.replace(' ', '-')}")
    return found


def voices(found: Brushed | None) -> list[Voice]:
    if found is None:
        return []
    return [Voice("painted-only", ONLY, found.only, theme.PAINTED), Voice("painted-without", WITHOUT, found.without,
                                                                          theme.QUIET)]
