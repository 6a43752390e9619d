"""MER Explorer: `streamlit run app.py`."""

from pathlib import Path

import streamlit as st

from components import errors, state
from components.songbar import songbar

PAGES = ("listen", "emotion", "stems", "explain", "about")
ASSETS = Path(__file__).parent / "assets"

st.set_page_config(page_title="MER Explorer", layout="wide", initial_sidebar_state="collapsed")
st.html(ASSETS / "app.css")
page = st.navigation([st.Page(f"pages/{name}.py", title=name.capitalize(), default=name == "listen") for name in PAGES],
                     position="top")
with errors.shown():
    if page.title != "About":
        songbar(state.song())
    page.run()
