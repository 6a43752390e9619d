"""What stands behind one descriptor: the regions of the spectrogram, to be seen and heard; then the stems."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import streamlit as st

from components import progress, sounding, state
from components.descriptors import apart, sentences
from components.descriptors.felt import models
from components.song_player import place, song_player
from components.take_away import csv_button, json_button, sound_button
from mer_core.exported import as_csv, as_json
from mer_core.features.mid_level import NAMES, MidLevel
from mer_core.schema import Explanation, Prediction, TrackInfo

HINT = "Grey: how loud each frequency is. Colour: what it adds to the descriptor (red) or takes from it (blue)."


def show(info: TrackInfo, levels: MidLevel, felt: Explanation | None) -> None:
    """`felt`: the emotion that was taken apart above."""
    known = [name for name in NAMES if np.isfinite(levels[name])]
    if not known:
        st.info("No descriptor is defined here, so nothing stands behind one.")
        return
    name = state.pick("Descriptor", known, "descriptor", lambda n: sentences.title(n).capitalize())
    found = regions(info, name)
    st.markdown("##### The stems behind it")
    apart.show(info, name, felt, found)


def regions(info: TrackInfo, name: str) -> Explanation | None:
    """The player with the regions over the spectrogram, and their sound."""
    above, below = place("descriptors"), st.container()
    with below:
        found = progress.result("descriptor_regions", info, label="Drawing where it comes from", height=90)
        over = found and progress.result("descriptor_tiles", info, name, label="Drawing what mattered", height=0,
                                         stop=False)
        if found:
            st.markdown(sentences.where(found[name]))
        chosen = sounding.parameters()
        sounds = sounding.made(info, "descriptor_sound", name, params=chosen) if found else {}
    with above:
        if song_player(info, key="descriptors", voices=sounding.voices(sounds, name), over=over, spectrogram=True,
                       paint=False, prediction=placed(info)):
            st.caption(HINT)
    if not found:
        return None
    with below, st.expander("Take away", key="take-away"):
        take_away(found[name], f"{info.title} {name}", sounds)
    return found[name]


def placed(info: TrackInfo) -> Prediction | None:
    """The song's place by the model on descriptors, for the player's curves."""
    model = next((name for name, card in models().items() if card.on_plane), None)
    return model and progress.result("predict", info, model, label="Placing the song", height=0, stop=False)


def take_away(found: Explanation, name: str, sounds: dict[str, tuple[Path, dict]]) -> None:
    for label, (path, _) in sounds.items():
        with st.container(horizontal=True):
            sound_button(label.capitalize(), path, f"{name} {label}", f"sound-{label.replace(' ', '-')}")
    with st.container(horizontal=True):
        json_button("Regions as JSON", partial(as_json, found), name, "regions-json")
        csv_button("Regions as CSV", partial(as_csv, found), name, "regions-csv")
