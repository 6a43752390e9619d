"""A player over synthetic sounds, or over a demo song, for the browser tests.

Query: `versions` and `stems` name synthetic sounds; `song` a demo song, as its mix and its stems. `seconds` is the length
of the synthetic sounds, `ext` their format.
"""

import tempfile
from pathlib import Path

import numpy as np
import soundfile as sf
import streamlit as st

from components.player import Voice, player
from components.player.lanes import Curves
from mer_core.schema import STEM_NAMES, Prediction, TrackInfo
from tests.browser.sounds import DEMOS, RATE, sound

COLOURS = ("#CC79A7", "#009E73", "#E69F00", "#56B4E9", "#999999")


@st.cache_resource
def file(name: str, seconds: float, ext: str) -> Path:
    path = Path(tempfile.mkdtemp()) / f"{name}.{ext}"
    sf.write(path, sound(name, seconds), RATE)
    return path


def prediction(seconds: float) -> Prediction:
    times = np.linspace(1, seconds - 1, 60)
    lines = np.stack([0.6 * np.sin(times / 5), 0.5 * np.cos(times / 7)])
    return Prediction("test", ("valence", "arousal"), lines.mean(axis=1), times, lines, np.eye(2) * 0.04)


def voices(song: str | None, versions: list[str], stems: list[str], path) -> list[Voice]:
    if song:
        folder = DEMOS / song
        return [Voice("original", "original", folder / "mix.flac", "#8B6FC0"),
                *(Voice(name, name, folder / f"{name}.flac", colour, True) for name, colour in zip(STEM_NAMES, COLOURS))]
    return [Voice(name, f"{name} sound", path(name), COLOURS[i % 5], name in stems)
            for i, name in enumerate(versions + stems)]


query = st.query_params
listed = {kind: [name for name in query.get(kind, "").split(",") if name] for kind in ("versions", "stems")}
song, seconds = query.get("song"), float(query.get("seconds", 30))
if not song and not listed["versions"] + listed["stems"]:
    listed["versions"] = ["low", "high"]
listed["versions"] += ["late"] * st.checkbox("a third voice")
swap = st.checkbox("another file")  # the first voice then plays the file of "late"
other = st.checkbox("another song")
if other:
    listed = {kind: ["late"] if listed[kind] else [] for kind in listed}
elsewhere = st.checkbox("another page")
st.button("rerun")
st.text_input("a text")


def path(name: str) -> Path:
    first = (listed["versions"] + listed["stems"])[0]
    return file("late" if swap and name == first else name, seconds, query.get("ext", "flac"))


if not st.checkbox("hide"):
    if song:
        seconds = sf.info(DEMOS / song / "mix.flac").duration
    info = TrackInfo(id="late" if other else song or "one", title="a song", duration=seconds, channels=1)
    with st.container(key="there" if elsewhere else "here"):
        player(info, voices(song, **listed, path=path), lanes=[Curves()], prediction=prediction(seconds),
               beats=np.arange(0, seconds, 0.5), key="other" if elsewhere else "test")
