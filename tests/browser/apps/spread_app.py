"""A player over 30 s of noise whose ellipse is known: it walks from the lower left to the upper right, and listeners agree
ever less. Under it, an explanation with a bar for each of a few uneven beats."""

import tempfile
from pathlib import Path

import numpy as np
import soundfile as sf
import streamlit as st

from components.player import Voice, player
from components.player.lanes import Curves, Moments, Wave
from components.player.listeners import Listeners
from mer_core import tiles
from mer_core.ellipse import EllipsePath
from mer_core.schema import Explanation, TrackInfo
from mer_core.steps import Steps

SR, SECONDS = 44_100, 30
BEATS = np.array([0.0, 3.0, 4.0, 9.0, 12.0, 18.0, 24.0, 30.0])


@st.cache_resource
def files() -> Path:
    folder = Path(tempfile.mkdtemp())
    y = 0.2 * np.random.default_rng(0).standard_normal((1, SECONDS * SR)).clip(-3, 3).astype(np.float32)
    sf.write(folder / "song.flac", y[0], SR)
    (folder / "song.bin").write_bytes(tiles.waveform(y, SR).tobytes())
    return folder


def path() -> EllipsePath:
    """At 0.5 s the centre is (-0.5, -0.5) and the deviations 0.1 and 0.2; at 29.5 s (0.5, 0.5), 0.3 and 0.6."""
    share = np.linspace(0, 1, SECONDS)
    deviations = np.stack([0.1 + 0.2 * share, 0.2 + 0.4 * share], axis=1)
    covariances = deviations[:, :, None] * deviations[:, None, :] * np.array([[1, 0.5], [0.5, 1]])
    return EllipsePath(np.arange(SECONDS) + 0.5, np.stack([share - 0.5] * 2, axis=1), covariances, BEATS, "rhythm", 2,
                       "tracked")


def beats() -> Explanation:
    """Relevance of each beat, between it and the next."""
    values = np.array([0.1, -0.2, 0.3, 0.05, -0.4, 0.2, 0.1])
    return Explanation("m", "beats", "arousal", "time", values, 0.0, float(values.sum()), grid=Steps.between(BEATS))


folder = files()
info = TrackInfo("spread", "a song", SECONDS, 1)
lanes = [Curves(), Wave(tiles.Waveform(folder / "song.bin"), "waveform", "#8B6FC0"), Moments(beats(), "relevance")]
player(info, [Voice("original", "original", folder / "song.flac", "#8B6FC0")], key="test", lanes=lanes, beats=BEATS,
       listeners=Listeners(path(), 0.5))
