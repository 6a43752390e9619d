"""MER Explorer: `streamlit run app.py`."""

from pathlib import Path

import streamlit as st

from components import errors, state
from components.songbar import songbar

st.set_page_config(page_title="MER Explorer", layout="wide", initial_sidebar_state="collapsed")
st.html(Path(__file__).parent / "assets" / "app.css")
pages = state.pages()
page = st.navigation(pages, position="hidden")
with st.container(horizontal=True, gap=None, key="nav"):
    for one in pages:
        st.page_link(one)
with state.inside(), errors.shown():
    if page.title != "About":
        songbar(state.song())
    page.run()
