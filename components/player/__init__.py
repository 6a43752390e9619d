"""The player: every sound of a song behind one play button, its pictures on one time axis, as a Streamlit component.

The browser fetches sounds, waveforms and pictures as compressed files over HTTP, from where `st.audio` keeps its files
too; only names, addresses and a few numbers travel with the component's message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st
from streamlit import runtime

from components import errors
from components.player import lanes as lane_kinds
from components.player.listeners import Listeners
from components.player.messages import Mix, Paint, checked
from mer_core.brush import Box
from mer_core.errors import ParameterError
from mer_core.schema import Prediction, TrackInfo

MIME = {".flac": "audio/flac", ".wav": "audio/wav", ".ogg": "audio/ogg", ".opus": "audio/ogg", ".mp3": "audio/mpeg",
        ".m4a": "audio/mp4", ".png": "image/png", ".bin": "application/octet-stream"}
Reply = Callable[[Mix | Paint], dict | None]
_served: dict[tuple[str, int, int], str] = {}  # path, time of change, bytes -> the name Streamlit serves it under


@dataclass(frozen=True)
class Voice:
    """One sound of the song. Versions sound one at a time; the parts (stems) together, as the version "mix"."""

    name: str  # short and unique, as in data-testid="voice-drums"
    label: str  # what the user reads
    path: Path  # a compressed audio file, FLAC as a rule; all voices start together
    colour: str  # any CSS colour
    part: bool = False


@st.fragment
def player(info: TrackInfo, voices: Sequence[Voice], *, key: str, lanes: Sequence[lane_kinds.Lane] = (),
           prediction: Prediction | None = None, what_if: Prediction | None = None,
           listeners: Listeners | None = None, beats: Sequence[float] | None = None, ticks: str = "beats",
           paint: bool = False, reply: Reply | None = None, gains: Mapping[str, float] | None = None,
           painted: Sequence[Box] = ()) -> None:
    """Show the player. A rerun with the same `key` never interrupts the sound; voices and lanes may come, go or change.

    prediction: of the song; what_if: of the song as the user changed it, drawn beside it; listeners: drawn in place of
    the prediction. beats: (B,) s, the ticks, and `ticks` what they are called. paint: whether a region can be painted.
    reply: called with what the user asks, within this fragment; what it returns goes back to the player at once, and
    where that says "page" the whole page runs again: work that takes longer than an answer belongs there. gains,
    painted: the faders and the region as the user left them, for a player shown anew.
    Raises ParameterError for values that cannot be shown.
    """
    check(voices, info.duration)
    answer = _answer(key, reply, [v.name for v in voices if v.part], info.duration)

    def address(path: Path) -> str:
        return url(path, f"player.{key}.{path.stem}")
    _mount(key=key, on_ask_change=lambda: None, data={
        "key": key, "song": info.id, "title": info.title, "duration": float(info.duration),
        "voices": [{"name": v.name, "label": v.label, "colour": v.colour, "part": v.part, "url": address(v.path)}
                   for v in voices],
        "lanes": [lane.message(address) for lane in lanes],
        "prediction": listeners.message() if listeners else lane_kinds.curve(prediction),
        "what_if": lane_kinds.curve(what_if),
        "beats": [] if beats is None else np.round(np.asarray(beats, float), 3).tolist(),
        "ticks": ticks, "paint": paint, "answer": answer, "gains": dict(gains or {}),
        "painted": [[box.start, box.end, box.low, box.high] for box in painted],
    })


def _answer(key: str, reply: Reply | None, stems: Sequence[str], duration: float) -> dict | None:
    """The answer to the question that started this run, else to the one before: that is how an answer for whose sake
    the page runs again is not lost."""
    asked, kept = (st.session_state.get(key) or {}).get("ask"), f"{key}-answer"
    if asked is not None and reply is not None:
        said = dict(errors.answered(lambda: reply(checked(asked, stems, duration))) or {})
        page = said.pop("page", False)
        st.session_state[kept] = {"id": asked.get("id") if isinstance(asked, dict) else None, **said}
        if page:
            st.rerun()
    return st.session_state.get(kept)


def check(voices: Sequence[Voice], duration: float) -> None:
    names = [voice.name for voice in voices]
    if not names or len(set(names)) < len(names):
        raise ParameterError(f"The player needs one or more voices with different names, not {names}.")
    if any(voice.name == "mix" and not voice.part for voice in voices):
        raise ParameterError("No version may be named mix: that is what the stems together are called.")
    if not 0 < duration < float("inf"):
        raise ParameterError(f"A song lasts longer than 0 s; the player was given {duration}.")


def url(path: Path, coordinates: str) -> str:
    """Where the browser fetches the file, with range requests, as long as a session shows it."""
    path = Path(path)
    if not path.is_file():
        raise ParameterError(f"The file {path.name} is gone. Open the song again to remake it.")
    if not runtime.exists():
        return ""
    files = runtime.get_instance().media_file_mgr
    stamp = (str(path), path.stat().st_mtime_ns, path.stat().st_size)
    known = files.read_file(_served[stamp]) if stamp in _served else None  # a rerun need not read the disk again
    # Streamlit fingerprints a large file by a few pieces of it; the stamp in its name keeps any two files apart.
    address = files.add(known.content if known else path.read_bytes(), MIME.get(path.suffix.lower(), "audio/flac"),
                        f"{coordinates}.{stamp}", file_name=repr(stamp))
    _served[stamp] = Path(address).name
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}{address}" if base else address


def _read(*names: str) -> str:
    return "\n".join((Path(__file__).parent / name).read_text(encoding="utf-8") for name in names)


SCRIPTS = ("flac", "windows", "sources", "channel", "desk", "sound", "mixdown", "voices", "timeline", "tiles", "lanes", "moments",
           "heat", "svg", "stage", "plane", "paint", "hands", "player")
_mount = st.components.v2.component("mer_player", html=_read("player.html"), css=_read("player.css", "voices.css"),
                                    js=_read(*(f"{name}.js" for name in SCRIPTS)))
