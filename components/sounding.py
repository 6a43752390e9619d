"""An explanation made audible: its parameters, the two sounds it gives, and what was done to their level."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import streamlit as st

from components import progress, separators, theme
from components.form import form
from components.player import Voice
from mer_core.schema import TrackInfo
from mer_core.sonify import SonifyParams
from mer_core.words import gain_sentence

KINDS = {"what mattered": False, "what was left out": True}  # -> SonifyParams.complement


def parameters(bands: bool = True) -> SonifyParams:
    """`bands`: whether the explanation has frequency bands, which could be smoothed."""
    with st.expander("Parameters of the sound", key="sonify-params"):
        return form(SonifyParams, "sonify", skip=("complement",) if bands else ("complement", "smooth_bands"))


def made(info: TrackInfo, step: str, *asked: str, params: SonifyParams, **more) -> dict[str, tuple[Path, dict]]:
    """kind -> the sound and what was measured of it, of those that are there; `step` of the service makes them of what
    is `asked`."""
    found, separator = {}, None if params.source == "song" else separators.kept(info)
    for kind, complement in KINDS.items():
        chosen = replace(params, complement=complement)
        found[kind] = progress.result(step, info, *asked, params=chosen, separator=separator, height=90,
                                      label=f"Making the sound of {kind}", **more)
        if found[kind]:
            st.caption(gain_sentence(kind, found[kind][1]))
    return {kind: one for kind, one in found.items() if one}


def voices(sounds: dict[str, tuple[Path, dict]], target: str) -> list[Voice]:
    colours = dict(zip(KINDS, (theme.COLOURS.get(target, theme.SONG), theme.QUIET), strict=True))
    return [Voice(kind.replace(" ", "-"), kind, path, colours[kind]) for kind, (path, _) in sounds.items()]
