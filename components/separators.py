"""Which separator takes the song apart, and what the others would need."""

from __future__ import annotations

from functools import partial

import streamlit as st

from components import downloads, state
from mer_core.schema import Progress, TrackInfo
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
                    downloads.offer(other.name, other.title, partial(_fetch, other.name))
    return usable[name]


def kept(info: TrackInfo) -> str | None:
    """The separator chosen on the Stems page, where it can take this song apart; None leaves the choice to the service."""
    name = st.session_state.get("kept-separator")
    return next((s.name for s in state.service().separators(info) if s.name == name and not s.missing), None)


def _fetch(name: str, report: Progress) -> None:
    state.service().download(name, progress=report)
