"""The current song, at the top of every page."""

from __future__ import annotations

from html import escape

import streamlit as st

from mer_core.schema import TrackInfo
from mer_core.words import clock


def songbar(info: TrackInfo | None) -> None:
    """Title, artist and length; the same place and height with and without a song."""
    title, facts = ("No song yet", ["upload one on Listen"]) if info is None else (
        info.title, [info.tags.get("artist", ""), clock(int(info.duration))])
    said = " · ".join(escape(f) for f in facts if f)
    with st.container(key="songbar"):
        st.html(f'<h1 class="mer-title">{escape(title)}</h1><p class="mer-facts">{said}</p>')


def facts(rows: dict[str, str]) -> None:
    """Short measured values in one wrapping row: {"tempo": "120 bpm"}."""
    cells = "".join(f"<div><dt>{escape(k)}</dt><dd>{escape(v)}</dd></div>" for k, v in rows.items())
    st.html(f'<dl class="mer-values">{cells}</dl>')
