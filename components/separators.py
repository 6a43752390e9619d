"""Which separator takes the song apart, and what the others would need."""

from __future__ import annotations

import streamlit as st

from components import progress, state
from mer_core.schema import TrackInfo
from mer_core.service import SeparatorInfo


def choose(found: list[SeparatorInfo]) -> SeparatorInfo:
    """The separator in use; those that cannot run are named with what is missing."""
    usable = {s.name: s for s in found if not s.missing}
    name = state.pick("Separator", list(usable), "separator", lambda n: usable[n].title)
    missing = [s for s in found if s.missing]
    if missing:
        with st.expander("Other separators", key="separators"):
            for other in missing:
                st.markdown(f"**{other.title}**: {other.missing}")
                if state.service().can_download(other.name):
                    _offer_download(other)
    return usable[name]


def kept(info: TrackInfo) -> str | None:
    """The separator chosen on the Stems page, where it can take this song apart; None leaves the choice to the service."""
    name = st.session_state.get("kept-separator")
    return next((s.name for s in state.service().separators(info) if s.name == name and not s.missing), None)


def _offer_download(separator: SeparatorInfo) -> None:
    """A button; then the place of the download. Nothing is fetched before it is pressed."""
    service, jobs, key = state.service(), state.jobs(), f"download|{separator.name}"

    def begin() -> None:
        jobs[key] = service.jobs.start((key,), lambda report: service.download(separator.name, progress=report))
    st.button(f"Download the weights of {separator.title}", key=f"download-{separator.name}", disabled=key in jobs,
              on_click=begin)
    if key in jobs:
        progress.follow(key, lambda: jobs[key], f"Downloading {separator.title}", 110)
