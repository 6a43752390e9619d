"""An explanation made audible: its parameters, the two sounds it gives, and what was done to their level."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import streamlit as st

from components import progress, theme
from components.form import form
from components.player import Voice
from mer_core.schema import TrackInfo
from mer_core.sonify import SonifyParams

KINDS = {"what mattered": False, "what was left out": True}  # -> SonifyParams.complement


def parameters() -> SonifyParams:
    with st.expander("Parameters of the sound", key="sonify-params"):
        return form(SonifyParams, "sonify", skip=("complement",))


def made(info: TrackInfo, method: str, model: str, target: str, params: SonifyParams,
         explain_params) -> dict[str, tuple[Path, dict]]:
    """kind -> the sound and what was measured of it, of those that are there."""
    found = {}
    for kind, complement in KINDS.items():
        found[kind] = progress.result("sonify", info, method, model, target, explain_params=explain_params, height=90,
                                      params=replace(params, complement=complement), label=f"Making the sound of {kind}")
        if found[kind]:
            st.caption(gain_sentence(kind, found[kind][1]))
    return {kind: one for kind, one in found.items() if one}


def voices(sounds: dict[str, tuple[Path, dict]], target: str) -> list[Voice]:
    colours = dict(zip(KINDS, (theme.COLOURS[target], theme.QUIET), strict=True))
    return [Voice(kind.replace(" ", "-"), kind, path, colours[kind]) for kind, (path, _) in sounds.items()]


def gain_sentence(kind: str, measured: dict) -> str:
    """"What mattered was turned up by 8.2 dB to match the original's loudness, -14.1 LUFS."."""
    way = "up" if measured["gain_db"] >= 0 else "down"
    of = "original" if measured.get("source", "song") == "song" else f"{measured['source']} stem"
    said = f"{kind.capitalize()} was turned {way} by {abs(measured['gain_db']):.1f} dB"
    if abs(measured["loudness_after"] - measured["loudness_before"]) < 0.3:
        return f"{said} to match the {of}'s loudness, {measured['loudness_before']:z.1f} LUFS."
    return (f"{said}; it is at {measured['loudness_after']:z.1f} LUFS, the {of} at "
            f"{measured['loudness_before']:z.1f} LUFS, because louder would clip.")
