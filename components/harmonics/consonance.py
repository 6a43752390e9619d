"""Consonance: which pitch classes and intervals lit up for a class, beside those that sound."""

from __future__ import annotations

import numpy as np
import streamlit as st

from components import theme
from components.harmonics import figures, sentences
from components.harmonics.lanes import Harmonies
from components.take_away import csv_button, sound_button
from mer_core import harmonics_words, tiles
from mer_core.consonance import FROM_C, ConsonanceProfile, name, of_sound
from mer_core.exported import consonance_table
from mer_core.schema import TrackInfo

UNIT = ("Brightness is what spoke for {target}, in log-odds over silence: what a whole window like that moment would add. "
        "What spoke against it is blue in the spectrogram and left out here, as the paper leaves it out.")
DRAWN = "The lanes above have the song's own time: pitch classes and intervals in red, brightness as bars."


def show(info: TrackInfo, found: Harmonies, model: str) -> None:
    """The section below the player; its name stands before the profile is there."""
    with st.container(key="consonance"):
        st.subheader("Consonance")
        section(info, found, model)


def section(info: TrackInfo, found: Harmonies, model: str) -> None:
    profile = found.profile
    if profile is None or found.chroma is None:
        st.caption("It stands here once the song was explained.")
        return
    if not profile.brightness.any():
        st.markdown(harmonics_words.brightest_sentence(profile))
        return
    st.caption(f"{UNIT.format(target=profile.target)} {DRAWN}")
    chroma = tiles.values(found.chroma)[np.argsort(FROM_C)]  # A first, as the profile has it
    shares, apart = of_sound(chroma)
    left, right = st.columns(2, gap="large")
    with left:
        pitch_classes(profile, shares)
    with right:
        intervals(profile, apart)
    st.markdown(harmonics_words.consonance_sentence(profile, chroma))
    st.caption("  \n".join(harmonics_words.trust_sentences()))
    take_away(info, found, model)


def pitch_classes(profile: ConsonanceProfile, sound: np.ndarray) -> None:
    """(12,) shares of the sound, A first."""
    st.markdown(f"{harmonics_words.brightest_sentence(profile)} {sentences.likeness(profile, sound)}")
    order = list(FROM_C)
    figure = figures.beside(list(map(name, order)), profile.shares[order], sound[order], "share of all pitch classes")
    st.plotly_chart(figure, key="pitch-classes", config=theme.CONFIG)


def intervals(profile: ConsonanceProfile, sound: np.ndarray) -> None:
    """(7,) chances in the sound."""
    st.markdown(harmonics_words.interval_sentence(profile))
    figure = figures.beside(harmonics_words.NAMED, profile.mean_intervals, sound, "share of all pairs of tones", flat=True)
    st.plotly_chart(figure, key="intervals", config=theme.CONFIG)


def take_away(info: TrackInfo, found: Harmonies, model: str) -> None:
    title = f"{info.title} {found.profile.target}"
    if found.row:
        st.caption(f"{found.played.capitalize()}. {harmonics_words.tone_row_sentence(found.row[1])}")
    with st.container(horizontal=True):
        if found.row:
            sound_button(found.played.capitalize(), found.row[0], f"{title} tone row", "sound-tone-row")
        csv_button("Consonance as CSV", lambda: consonance_table(found.profile).to_csv(index=False).encode(),
                   f"{title} consonance {model}", "consonance-csv")
