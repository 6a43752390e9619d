"""A download that the user asks for: nothing is fetched before the button is pressed."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from components import progress, state
from mer_core.schema import Progress


def offer(name: str, title: str, fetch: Callable[[Progress], None]) -> None:
    """A button; then the place of the download. `fetch` gets the progress callback."""
    jobs, key = state.jobs(), f"download|{name}"

    def begin() -> None:
        jobs[key] = state.service().jobs.start((key,), fetch)
    st.button(f"Download the weights of {title}", key=f"download-{name}", disabled=key in jobs, on_click=begin)
    if key in jobs:
        progress.follow(key, lambda: jobs[key], f"Downloading {title}", 110)
