"""Descriptors: the song in seven musical words and its chords, what follows for the emotion, and what stands behind."""

import streamlit as st

from components import progress, state
from components.descriptors import behind, described, felt, take, what_if
from components.song_player import draw_the_rest

info = state.song()
if info is None:
    st.info("A song is needed; upload one on Listen.")
    st.stop()
st.subheader("The song in seven descriptors")
levels = progress.result("describe", info, label="Describing the song", height=640)
if not levels:
    st.stop()
chords = progress.result("chords", info, label="Reading the chords", height=160, stop=False)
described.show(info, levels, chords)
take.show(info, levels, chords)
st.subheader("What they say about emotion")
found = felt.explained(info)
chosen = felt.show(found)
if found:
    st.subheader("What if they were others?")
    what_if.show(info, levels, found)
st.subheader("What stands behind a descriptor")
behind.show(info, levels, chosen)
draw_the_rest(info)
