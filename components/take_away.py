"""What can be taken away: sounds and data as downloads; and one plain audio element as the player's fallback."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import soundfile
import streamlit as st

from mer_core import audio


def plain(path: Path, key: str) -> None:
    """A browser's own audio element, for a browser in which the player does not run."""
    with st.expander("Plain audio element", key=f"plain-{key}"):
        st.audio(str(path))


def wav(path: Path) -> bytes:
    """A stored sound as a 16-bit WAV file."""
    return _converted(path, "sound.wav", audio.write_wav)


def flac(path: Path) -> bytes:
    """A stored sound as a FLAC file; one that is a FLAC already, as it is."""
    return path.read_bytes() if path.suffix == ".flac" else _converted(path, "sound.flac", audio.write_flac)


def _converted(path: Path, name: str, write: Callable[[Path, np.ndarray, int], None]) -> bytes:
    with TemporaryDirectory() as folder:
        y, sr = soundfile.read(path, dtype="float32", always_2d=True)
        write(Path(folder) / name, y.T, sr)
        return (Path(folder) / name).read_bytes()


FORMATS = {"wav": ("audio/wav", wav), "flac": ("audio/flac", flac)}


def sound_button(label: str, path: Path, name: str, key: str, formats: tuple[str, ...] = ("wav", "flac")) -> None:
    """Download the sound in `path`, a button for each format; it is converted when the user asks for it."""
    for ending in formats:
        kind, convert = FORMATS[ending]
        _button(f"{label} as {ending.upper()}", partial(convert, path), file_name(name, ending), kind, f"{key}-{ending}")


def csv_button(label: str, rows: pd.DataFrame | Callable[[], bytes], name: str, key: str) -> None:
    """Download `rows` as CSV; a function is called when the user asks for it."""
    make = rows if callable(rows) else lambda: rows.to_csv(index=False).encode()
    _button(label, make, file_name(name, "csv"), "text/csv", key)


def json_button(label: str, make: Callable[[], bytes], name: str, key: str) -> None:
    """Download what `make()` gives as JSON; it is called when the user asks for it."""
    _button(label, make, file_name(name, "json"), "application/json", key)


def _button(label: str, make: Callable[[], bytes], name: str, kind: str, key: str) -> None:
    st.download_button(label, make, name, kind, key=key, on_click="ignore")


def file_name(title: str, ending: str) -> str:
    """A download's name from a song's title, safe on every system."""
    words = re.sub(r"[^\w-]+", "_", title).strip("_")[:80]
    return f"{words or 'song'}.{ending}"
