"""An explanation over time and pitch: the picture, its sentences, and the sound of what mattered."""

from __future__ import annotations

import streamlit as st

from components import figures_grid, progress, state, theme
from components.form import form
from components.player import Voice, player
from components.take_away import plain, wav_button
from mer_core import registry
from mer_core.schema import Explanation, TrackInfo
from mer_core.sonify import CURVES, SIGNS, SonifyParams
from mer_core.words import peak_sentence, relevance_sentence

HEIGHT = 430


def show(info: TrackInfo, method: str, model: str, target: str) -> None:
    """The whole view of one target; the spectrogram is there before the relevance is."""
    with st.expander("Parameters of the method", key="method-params"):
        params = form(registry.get("explainers", method).params, f"{method}-params")
    found = progress.result("explain", info, method, model, params=params, label="Tracing what mattered", height=90)
    explanation = found and found[target]
    picture = progress.result("spectrogram", info, label="Drawing the spectrogram", height=HEIGHT, stop=False)
    if picture is not None:
        _picture(info, picture, explanation)
    if explanation is None:
        return
    with st.container(key="sentences"):
        st.markdown(relevance_sentence(explanation) + " " + peak_sentence(explanation))
        for note in explanation.notes:
            st.caption(note)
    sound(info, method, model, target, params)
    _chroma(info)


def _picture(info: TrackInfo, picture, explanation: Explanation | None) -> None:
    opacity = st.session_state.get("opacity", 0.9)
    figure = figures_grid.spectrogram(picture, info.duration, explanation, opacity, HEIGHT)
    st.plotly_chart(figure, key="heatmap", config=theme.CONFIG)
    left, right = st.columns([3, 1], vertical_alignment="center")
    left.caption("Grey: how loud each frequency is. Colour: how far it moved the value; nothing where it did not.")
    right.slider("Opacity of the relevance", 0.0, 1.0, 0.9, 0.1, key="opacity")


def _chroma(info: TrackInfo) -> None:
    with st.expander("Pitch classes over time (chromagram)", key="chroma"):
        picture = progress.result("chromagram", info, label="Drawing the chromagram", height=260, stop=False)
        if picture is not None:
            st.plotly_chart(figures_grid.chroma(picture, info.duration), key="chromagram", config=theme.CONFIG)
            st.caption("A row is a pitch class in any octave; the fuller the grey, the stronger it sounds.")


def sound(info: TrackInfo, method: str, model: str, target: str, explain_params) -> None:
    """Original, what mattered, what was left out, behind one play button."""
    st.subheader("Hear it")
    with st.expander("Parameters of the sound", key="sonify-params"):
        params = form(SonifyParams, "sonify", {"curve": CURVES, "sign": SIGNS}, skip=("complement",))
    place, made = st.container(), {}  # the player stands above the work that brings its other voices
    for name, complement in (("what mattered", False), ("what was left out", True)):
        chosen = SonifyParams(**{**vars(params), "complement": complement})
        made[name] = progress.result("sonify", info, method, model, target, params=chosen,
                                     explain_params=explain_params, label=f"Making the sound of {name}", height=90)
    with place:
        original = progress.result("playable", info, label="Preparing the sound", height=200, stop=False)
    voices = [Voice("original", "original", original, theme.SONG)] if original else []
    colours = {"what mattered": theme.COLOURS[target], "what was left out": theme.QUIET}
    voices += [Voice(name.replace(" ", "-"), name, one[0], colours[name]) for name, one in made.items() if one]
    if not voices:
        return
    overview = state.service().stored("overview", info) or {}
    with place:
        player(voices, key="explain", duration=info.duration, peaks=overview.get("peaks"))
    with st.container(key="sound-sentences"):
        for name, one in made.items():
            if one:
                st.markdown(gain_sentence(name, one[1]))
    with st.container(horizontal=True):
        for name, one in made.items():
            if one:
                wav_button(f"{name.capitalize()} as WAV", one[0], f"{info.title} {target} {name}",
                           f"wav-{name.replace(' ', '-')}")
    if made["what mattered"]:
        plain(made["what mattered"][0], "explain")


def gain_sentence(name: str, measured: dict) -> str:
    """"What mattered was turned up by 8.2 dB to match the original's loudness, -14.1 LUFS."."""
    way = "up" if measured["gain_db"] >= 0 else "down"
    said = f"{name.capitalize()} was turned {way} by {abs(measured['gain_db']):.1f} dB"
    if abs(measured["loudness_after"] - measured["loudness_before"]) < 0.3:
        return f"{said} to match the original's loudness, {measured['loudness_before']:.1f} LUFS."
    return (f"{said}; it is at {measured['loudness_after']:.1f} LUFS, the original at "
            f"{measured['loudness_before']:.1f} LUFS, because louder would clip.")
