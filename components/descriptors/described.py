"""The seven descriptors, the key and the chords: what is in the song, before any model."""

from __future__ import annotations

import streamlit as st

from components import figures_descriptors as figures
from components import theme
from components.descriptors.rows import rows
from components.songbar import facts
from mer_core.features.chords import NAMES, Chords
from mer_core.features.mid_level import MidLevel
from mer_core.features.mid_level_words import CLIPS
from mer_core.schema import TrackInfo

STRIP = (f"The strip: where nine in ten of {CLIPS} clips of the data sets lie, with their median as a tick; the dot is "
         "this song. Computed from the sound by published definitions; no model has a part in it.")


def show(info: TrackInfo, levels: MidLevel, chords: Chords) -> None:
    with st.container(key="described"):
        st.html(rows(levels))
    st.caption(STRIP)
    st.subheader("Key and chords")
    harmony(info, chords)
    if len(levels.times):
        with st.expander("The descriptors over time", key="descriptors-over-time"):
            st.plotly_chart(figures.over_time(levels, info.duration), key="descriptor-curves", config=theme.CONFIG)
            st.caption("Each value is of ten seconds around that moment. Shaded: where nine in ten clips lie.")


def harmony(info: TrackInfo, chords: Chords) -> None:
    clear = "" if chords.key is None else f"correlation {chords.clarity:.2f}"
    facts({"key": chords.key_name, "how clear": clear or "no pitch class stands out", "most of the time": most(chords)})
    if any(name != "none" for _, _, name in chords.sequence):
        st.plotly_chart(figures.chord_band(chords, info.duration), key="chord-band", config=theme.CONFIG)
        st.caption("Pale: major, strong: minor; a gap: no triad. Triads alone are told apart, so a seventh chord shows "
                   "as the triad in it. Names appear where there is room; zoom in for more.")


def most(chords: Chords) -> str:
    """The three most frequent chords with their shares."""
    counts = sorted(((float(share), name) for share, name in zip(chords.shares, NAMES) if share > 0), reverse=True)[:3]
    return ", ".join(f"{'no triad' if name == 'none' else name} {share:.0%}" for share, name in counts) or "nothing"
