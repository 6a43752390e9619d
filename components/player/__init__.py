"""The player: several voices of one song behind one play button, as a Streamlit component.

The browser fetches each voice as a compressed file over HTTP, from where `st.audio` keeps its files too; only names,
addresses and a small overview of the waveform travel with the component's message.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import streamlit as st
from streamlit import runtime

from mer_core.errors import ParameterError
from mer_core.schema import Prediction

MODES = ("exclusive", "mix")
COLUMNS = 2000  # of the waveform overview that is sent: 4 kB, and more than a screen is wide
MIME = {".flac": "audio/flac", ".wav": "audio/wav", ".ogg": "audio/ogg", ".opus": "audio/ogg",
        ".mp3": "audio/mpeg", ".m4a": "audio/mp4"}


_served: dict[tuple[str, int, int], str] = {}  # path, time of change, bytes -> the name Streamlit serves it under


@dataclass(frozen=True)
class Voice:
    """One sound of the song: a version of it ("exclusive") or a part of it ("mix"). All voices start together."""

    name: str  # short and unique, as in data-testid="voice-drums"
    label: str  # what the user reads
    path: Path  # a compressed audio file, FLAC as a rule
    colour: str  # any CSS colour


def player(voices: Sequence[Voice], *, duration: float, mode: Literal["exclusive", "mix"] = "exclusive",
           peaks: np.ndarray | None = None, curve: Prediction | None = None,
           beats: Sequence[float] | None = None, key: str) -> None:
    """Show the player. A rerun with the same `key` never interrupts the sound; voices may come, go or change file.

    duration: s. mode: "exclusive" plays one voice at a time, "mix" all together, each with volume, mute and solo.
    peaks: (N, 2) lowest and highest sample of N equal stretches of the song, in [-1, 1].
    curve: valence and arousal over time, drawn under the waveform. beats: (B,) s, drawn as ticks.
    Raises ParameterError for values that cannot be shown.
    """
    check(voices, duration, mode)
    _mount(key=key, data={
        "key": key, "mode": mode, "duration": float(duration),
        "voices": [{"name": v.name, "label": v.label, "colour": v.colour, "url": url(v, key)} for v in voices],
        "peaks": None if peaks is None else encode_peaks(peaks),
        "curve": None if curve is None else encode_curve(curve),
        "beats": [] if beats is None else np.round(np.asarray(beats, float), 3).tolist(),
    })


def check(voices: Sequence[Voice], duration: float, mode: str) -> None:
    names = [voice.name for voice in voices]
    if not names or len(set(names)) < len(names):
        raise ParameterError(f"The player needs one or more voices with different names, not {names}.")
    if mode not in MODES:
        raise ParameterError(f"The player knows the modes {', '.join(MODES)}; {mode!r} is none of them.")
    if not 0 < duration < float("inf"):
        raise ParameterError(f"A song lasts longer than 0 s; the player was given {duration}.")


def url(voice: Voice, key: str) -> str:
    """Where the browser fetches the voice, with range requests, as long as a session shows it."""
    path = Path(voice.path)
    if not path.is_file():
        raise ParameterError(f"The sound file of {voice.label!r} is gone ({path.name}). "
                             "Open the song again to remake it.")
    if not runtime.exists():
        return ""
    files = runtime.get_instance().media_file_mgr
    stamp = (str(path), path.stat().st_mtime_ns, path.stat().st_size)
    known = files.read_file(_served[stamp]) if stamp in _served else None  # a rerun need not read the disk again
    # Streamlit fingerprints a large file by a few pieces of it; the stamp in its name keeps any two files apart.
    address = files.add(known.content if known else path.read_bytes(), MIME.get(path.suffix.lower(), "audio/flac"),
                        f"player.{key}.{voice.name}", file_name=repr(stamp))
    _served[stamp] = Path(address).name
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}{address}" if base else address


def encode_peaks(peaks: np.ndarray, columns: int = COLUMNS) -> str:
    """(N, 2) lowest and highest samples in [-1, 1] -> base64 of (min(N, columns), 2) signed bytes, 127 for 1."""
    peaks = np.asarray(peaks, dtype=np.float32)
    if peaks.ndim != 2 or peaks.shape[1] != 2 or not len(peaks):
        raise ParameterError(f"peaks must have the shape (N, 2), not {peaks.shape}.")
    if len(peaks) > columns:
        edges = np.arange(columns) * len(peaks) // columns
        peaks = np.stack([np.minimum.reduceat(peaks[:, 0], edges), np.maximum.reduceat(peaks[:, 1], edges)], axis=1)
    return b64encode(np.round(127 * np.clip(peaks, -1, 1)).astype(np.int8).tobytes()).decode()


def encode_curve(curve: Prediction) -> dict[str, list[float]]:
    """Times in s, and each target's values over them."""
    lines = {name: np.round(curve.curve[k].astype(float), 4).tolist() for k, name in enumerate(curve.targets)}
    if not {"valence", "arousal"} <= set(lines):
        raise ParameterError(f"The player draws valence and arousal; this prediction has {', '.join(curve.targets)}.")
    return {"times": np.round(curve.times.astype(float), 3).tolist(), **lines}


def _read(*names: str) -> str:
    return "\n".join((Path(__file__).parent / name).read_text(encoding="utf-8") for name in names)


_mount = st.components.v2.component("mer_player", html=_read("player.html"), css=_read("player.css"),
                                    js=_read("sources.js", "sound.js", "drawing.js", "view.js", "player.js"))
