"""Listen: a song with its sound, its place in the valence-arousal plane, and what can be measured at once."""

import streamlit as st

from components import figures_plane, progress, state, theme
from components.player import Voice, player
from components.songbar import facts
from components.take_away import plain
from components.upload import demo_picker, uploader
from mer_core.schema import Prediction, TrackInfo
from mer_core.words import mood_sentence, value_sentence


def sound(info: TrackInfo, prediction: Prediction | None) -> None:
    """The player, then key, tempo and level."""
    above, below = st.container(), st.container()
    with above:
        path = progress.result("playable", info, label="Preparing the sound", height=260, stop=False)
    with below:
        overview = progress.result("overview", info, label="Measuring key, tempo and level", height=56, stop=False)
        overview = overview or {}
    if path is not None:
        with above:
            player([Voice("song", info.title, path, theme.SONG)], key="listen", duration=info.duration,
                   curve=prediction, peaks=overview.get("peaks"), beats=overview.get("beats"))
    if overview:
        with below:
            facts({"key": overview["key"], "tempo": f"{overview['tempo']:.0f} bpm",
                   "loudness": f"{overview['loudness']:.1f} LUFS", "peak": f"{overview['peak']:z.1f} dBFS"})


def mood(prediction: Prediction) -> None:
    with st.container(key="mood"):
        st.markdown(mood_sentence(prediction))
    with st.container(horizontal=True, key="next"):
        st.page_link("pages/explain.py", label="**Why?** See and hear what mattered")
        st.page_link("pages/stems.py", label="**Which instrument?** Take the song apart")


def place(prediction: Prediction) -> None:
    figure = figures_plane.plane([prediction], state.titles(), state.scale(), compact=True)
    st.plotly_chart(figure, key="plane", config=theme.CONFIG)
    for target in prediction.targets:
        st.caption(value_sentence(prediction, target, state.scale()))


def details(info: TrackInfo) -> None:
    path = state.service().stored("playable", info)
    if path is not None:
        plain(path, "listen")
    with st.expander("About this file"):
        rows = {**info.tags, **{k: v for k, v in info.source.items() if k not in ("demo", "quadrant")},
                "channels": str(info.channels), "content id": info.id[:16]}
        facts({k.replace("_", " "): str(v) for k, v in rows.items() if v})


info, model = state.song(), state.model()
if info is not None:
    left, right = st.columns([1.9, 1], gap="large")
    with right:
        prediction = model and progress.result("predict", info, model, label="Placing the song", height=420)
    with left:
        sound(info, prediction)
        if prediction:
            mood(prediction)
    with right:
        if prediction:
            place(prediction)
st.divider()
demo_picker()
uploader()
if info is not None:
    details(info)
    if not model or prediction:  # the stems are made while the user listens
        best = state.service().separators(info)[0].name
        progress.result("stem_files", info, best, label="Taking the song apart for the Stems page", height=0)
