"""Which song: the demo tracks, or the user's own file."""

from __future__ import annotations

import streamlit as st

from components import progress, state
from mer_core.schema import TrackInfo


def demo_picker() -> None:
    """One button a demo track."""
    current = state.song()
    with st.container(horizontal=True, key="demos", gap="small"):
        for info in state.service().demos():
            st.button(info.title, key=f"demo-{info.source['demo']}", help=info.tags.get("description"),
                      type="primary" if current and info.id == current.id else "secondary",
                      on_click=state.choose, args=(info,))


def uploader() -> None:
    """A place to drop a file; it becomes the current song as soon as it is decoded."""
    turn = st.session_state.setdefault("upload-turn", 0)
    file = st.file_uploader("Or drop your own song here: up to 200 MB and 20 minutes", key=f"upload-{turn}", help=(
        "WAV, FLAC, OGG, Opus, MP3, M4A, AAC and others. The file stays on the machine that runs this app."))
    if file is None:
        return
    service, name = state.service(), file.name
    found = progress.follow(
        f"upload|{file.file_id}", label="Reading the file", height=110,
        start=lambda: service.jobs.start(("add", file.file_id),
                                         lambda report: service.add(file.getvalue(), name, progress=report)))
    if isinstance(found, TrackInfo):
        state.choose(found)
        st.session_state["upload-turn"] = turn + 1  # an empty uploader for the next song
        st.rerun()
