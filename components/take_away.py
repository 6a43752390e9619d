"""What can be taken away: WAV and CSV downloads; and one plain audio element as the player's fallback."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory

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
    with TemporaryDirectory() as folder:
        y, sr = soundfile.read(path, dtype="float32", always_2d=True)
        audio.write_wav(Path(folder) / "sound.wav", y.T, sr)
        return (Path(folder) / "sound.wav").read_bytes()


def wav_button(label: str, path: Path, name: str, key: str) -> None:
    """Download `path` as WAV; it is converted when the user asks for it."""
    st.download_button(label, lambda: wav(path), file_name(name, "wav"), "audio/wav", key=key, on_click="ignore")


def csv_button(label: str, rows: pd.DataFrame, name: str, key: str) -> None:
    """Download `rows` as CSV."""
    st.download_button(label, lambda: rows.to_csv(index=False).encode(), file_name(name, "csv"), "text/csv", key=key,
                       on_click="ignore")


def file_name(title: str, ending: str) -> str:
    """A download's name from a song's title, safe on every system."""
    words = re.sub(r"[^\w-]+", "_", title).strip("_")[:80]
    return f"{words or 'song'}.{ending}"
