"""A player over synthetic sines, one a frequency, for the browser test. The query names mode and voices."""

import tempfile
from pathlib import Path

import numpy as np
import soundfile as sf
import streamlit as st

from components.player import Voice, player
from mer_core.schema import Prediction

SR, DURATION = 44_100, 30.0
HZ = {"low": 440, "high": 880, "late": 1760, "anti": -440}  # a negative frequency is the same sine turned upside down
HZ["step"] = np.where(np.arange(int(DURATION * SR)) < DURATION * SR / 2, 440, 880)  # the place can be heard
COLOURS = {"low": "#CC79A7", "high": "#009E73", "late": "#E69F00", "anti": "#56B4E9", "step": "#999999"}


@st.cache_resource
def sines() -> dict[str, Path]:
    """Files of one sine each, swelling and fading so that the waveform has a shape."""
    folder = Path(tempfile.mkdtemp())
    t = np.arange(int(DURATION * SR)) / SR
    for name, hz in HZ.items():
        sf.write(folder / f"{name}.flac", 0.3 * (1 - 0.4 * np.cos(t / 2)) * np.sin(2 * np.pi * hz * t), SR)
    return {name: folder / f"{name}.flac" for name in HZ}


def curve() -> Prediction:
    times = np.linspace(1, DURATION - 1, 60)
    lines = np.stack([0.6 * np.sin(times / 5), 0.5 * np.cos(times / 7)])
    return Prediction("test", ("valence", "arousal"), lines.mean(axis=1), times, lines, np.eye(2) * 0.04)


files = sines()
names = st.query_params.get("voices", "low,high").split(",") + ["late"] * st.checkbox("a third voice")
swap = st.checkbox("another file")  # the first voice then plays the file of "late"
if st.checkbox("another song"):
    names = ["late"]
st.button("rerun")
st.text_input("a text")
swell = 0.5 * (1 - 0.4 * np.cos(np.linspace(0, DURATION, 1200) / 2))
if not st.checkbox("hide"):
    voices = [Voice(name, f"{name} sine", files["late" if swap and name == names[0] else name], COLOURS[name])
              for name in names]
    player(voices, duration=DURATION, mode=st.query_params.get("mode", "exclusive"),
           peaks=np.stack([-swell, swell], axis=1), curve=curve(), beats=np.arange(0, DURATION, 0.5), key="test")
