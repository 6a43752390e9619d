"""What the ellipse is read from, and how many listeners it holds: choices that survive a change of page."""

from __future__ import annotations

import streamlit as st

from components import state
from mer_core.schema import TrackInfo

FEATURES = {"rhythm+fourier": "rhythm and pitch pattern", "rhythm+pitch": "rhythm and pitch", "rhythm": "rhythm",
            "pitch": "pitch", "fourier": "pitch pattern"}
WORDS = ("What is heard: rhythm is the timbre of the percussion, pitch which notes sound, both on each of four beats in a "
         "row; the pitch pattern is the notes of these four in whatever key (their 2-D FFT). Layer 0 is the first above what "
         "is heard, 2 the deepest.")
LAYERS = {2: "2", 1: "1", 0: "0"}
OUTLINES = {0.5: "half of the listeners (50 %)", 0.8: "four in five (80 %)"}
STEPS = {"tracked": "the song's own beats", "even 0.5 s": "every 0.5 s", "even 1 s": "every 1 s"}
BUTTONS = {"tracked": STEPS["tracked"], "even 0.5 s": "a beat every 0.5 s", "even 1 s": "a beat every 1 s"}


def pick(info: TrackInfo) -> tuple[str, int, str]:
    """Features, layer and grid; at first those that the model's own answer comes from."""
    shipped = state.every_card()["dbn"].takes
    for name in ("features", "layer"):
        st.session_state.setdefault(f"kept-dbn-{name}", shipped[name])
    return (state.pick("Heard in the song", list(FEATURES), "dbn-features", FEATURES.get),
            state.pick("Layer", list(LAYERS), "dbn-layer", LAYERS.get), pick_grid(info))


def pick_outline() -> float:
    """The share of the listeners that the ellipse holds."""
    return state.pick("The ellipse holds", list(OUTLINES), "dbn-outline", OUTLINES.get)


def pick_grid(info: TrackInfo) -> str:
    """Kept for each song: where one has no beats, another has."""
    st.session_state.setdefault(widget(info), grid(info))
    chosen = st.segmented_control("Beat grid", list(STEPS), format_func=STEPS.get, key=widget(info), required=True,
                                  wrap=True)
    st.session_state[kept(info)] = chosen
    return chosen


def grid(info: TrackInfo) -> str:
    return st.session_state.get(kept(info), next(iter(STEPS)))


def take(info: TrackInfo, grid: str) -> None:
    """The grid for this song, before its switch is drawn."""
    st.session_state[widget(info)] = st.session_state[kept(info)] = grid


def kept(info: TrackInfo) -> str:
    return f"kept-grid-{info.id}"


def widget(info: TrackInfo) -> str:
    return f"grid-{info.id[:16]}"
