"""An explanation that can be heard: seen in the player, questioned with a brush, taken away; whatever it looks like."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import streamlit as st

from components import asking, progress, sounding, state
from components.form import form
from components.song_player import draw_the_rest, place, song_player
from components.take_away import csv_button, json_button, plain, sound_button
from mer_core import registry
from mer_core.exported import as_csv, as_json
from mer_core.schema import Explanation, TrackInfo
from mer_core.words import classes_sentence

BRUSH = "Choose **box** or **brush** and drag on the spectrogram: hear only that or all but that, and see what changes."
Look = Callable[[Explanation | None, object], dict]  # the explanation, once it is there, and the method's parameters ->
#                                                      what song_player draws of it, and plays beside it


def show(info: TrackInfo, method: str, model: str, target: str, *, say: Callable[[Explanation], str], look: Look,
         hint: str, bands: bool) -> None:
    """The whole view of one target; the spectrogram is there before the relevance is, and that before its sounds.

    say: the explanation in sentences; look: see Look; hint: how to read the player; bands: whether it knows frequencies.
    """
    above, painted, below = place("explain"), st.container(key="painted"), st.container()
    with st.expander("Parameters of the method", key="method-params"):
        params = form(registry.get("explainers", method).params, f"{method}-params")
    chosen = sounding.parameters(bands)
    with below:
        explanation = _explanation(info, method, model, target, params, say)
        sounds = explanation and sounding.made(info, "sonify", method, model, target, params=chosen,
                                               explain_params=params) or {}
        seen = look(explanation, params)
    with painted:
        asked = asking.answered(info, model, explanation if bands else None)
    with below:
        prediction = progress.result("predict", info, model, label="Placing the song", height=0, stop=False)
        after = asked and asked.after
        placed = state.every_card()[model].on_plane
        if prediction and not placed:
            st.markdown(f"{classes_sentence(prediction)} There is no plane: this model knows neither valence nor arousal.")
            prediction = after = None
    with above:
        voices = [*sounding.voices(sounds, target), *seen.pop("voices", ()), *asking.voices(asked)]
        plays = song_player(info, key="explain", voices=voices, spectrogram=True, prediction=prediction,
                            what_if=after, reply=asking.reply(info), painted=asking.boxes(info), placed=placed, **seen)
        if plays:
            st.caption(f"{hint} {BRUSH}")
    if explanation:
        with below:
            _take_away(info, explanation, sounds)
    if plays:
        draw_the_rest(info)


def _explanation(info: TrackInfo, method: str, model: str, target: str, params,
                 say: Callable[[Explanation], str]) -> Explanation | None:
    """The explanation in sentences, once it is there."""
    found = progress.result("explain", info, method, model, params=params, label="Tracing what mattered", height=130)
    if not found:
        return None
    with st.container(key="sentences"):
        st.markdown(say(found[target]))
        st.caption("  \n".join(found[target].notes))
    return found[target]


def _take_away(info: TrackInfo, explanation: Explanation, sounds: dict[str, tuple[Path, dict]]) -> None:
    name, original = f"{info.title} {explanation.target} {explanation.method}", state.service().stored("playable", info)
    with st.expander("Take away", key="take-away"):
        for label, (path, _) in sounds.items():
            with st.container(horizontal=True):
                sound_button(label.capitalize(), path, f"{info.title} {explanation.target} {label}",
                             f"sound-{label.replace(' ', '-')}")
        if original:
            with st.container(horizontal=True):
                sound_button("Original", original, info.title, "sound-original")
        with st.container(horizontal=True):
            json_button("Explanation as JSON", partial(as_json, explanation), name, "explanation-json")
            csv_button("Explanation as CSV", partial(as_csv, explanation), name, "explanation-csv")
        st.caption("The picture as PNG or SVG, and what you hear now as WAV: the buttons under it.")
    heard = [path for path, _ in sounds.values()] or [path for path in (original,) if path]
    if heard:
        plain(heard[0], "explain")
