"""The player of a song, the centre of Listen, Stems and Explain: its lanes stand in the same order everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import streamlit as st

from components import progress, state, theme
from components.figures import stem_word
from components.player import Voice, player
from components.player.lanes import PITCHES, Curves, Heat, Lane, Wave
from mer_core.schema import TrackInfo
from mer_core.tiles import Tiles, Waveform

HEIGHTS = {"listen": 390, "stems": 680, "explain": 690, "descriptors": 560,
           "emotion": 560}  # px, each page's player, as in app.css
SPECTROGRAM = "Drawing the spectrogram"


def song_player(info: TrackInfo, *, key: str, voices: Sequence[Voice] = (), stems: Mapping[str, Waveform] | None = None,
                more: Sequence[Lane] = (), under: Sequence[Heat] = (), over: Tiles | None = None,
                spectrogram: bool = False, paint: bool = True, beats: Sequence[float] | None = None,
                placed: bool = True, **kwargs) -> bool:
    """Show the player where it is called; False while there is nothing to play.

    voices: beside the original; stems: a lane for each; more: lanes above the pictures; under: pictures below them, or
    in the place of the one of that name. spectrogram: whether it is seen at first, and can be painted where `paint`;
    over: the relevance over it. beats: (B,) s, if not those that the song's tempo was measured from. placed: whether the
    model knows valence and arousal, which then have a lane and the plane. The rest goes to `player`.
    """
    height = HEIGHTS[key]
    path = progress.result("playable", info, label="Preparing the sound", height=height, stop=False)
    wave = path and progress.result("waveform", info, label="Drawing the waveform", height=height, stop=False)
    picture = state.service().stored("spectrogram_tiles", info)
    if wave and spectrogram and picture is None:
        progress.result("spectrogram_tiles", info, label=SPECTROGRAM, height=height, stop=False)
    if not wave or spectrogram and picture is None:
        return False
    overview = state.service().stored("overview", info) or {}
    lanes = [*[Curves()] * placed, Wave(wave, "song", theme.SONG), *stem_lanes(stems or {}), *more,
             *pictures(info, picture, over, spectrogram, paint, [lane.name for lane in under]), *under]
    player(info, [original(path), *voices], key=key, lanes=lanes, paint=spectrogram and paint,
           beats=overview.get("beats") if beats is None else beats, **kwargs)
    return True


def place(key: str):
    """A container as high as the player will be."""
    return st.container(key=f"player-{key}")


def original(path: Path) -> Voice:
    return Voice("original", "original", path, theme.SONG)


def stem_lanes(stems: Mapping[str, Waveform]) -> list[Lane]:
    return [Wave(wave, stem_word(name), theme.COLOURS[name], name) for name, wave in stems.items()]


def pictures(info: TrackInfo, picture: Tiles | None, over: Tiles | None, open_: bool, paint: bool,
             without: Sequence[str] = ()) -> list[Lane]:
    """The spectrogram and the pitch classes, as far as they are drawn and not named in `without`."""
    chroma = state.service().stored("chroma_tiles", info)
    found = [picture and Heat("spectrogram", "spectrogram", "frequency (Hz)", picture, over, paint=open_ and paint,
                              optional=not open_, hidden=not open_),
             chroma and Heat("chroma", "pitch classes", "pitch class", chroma, rows=PITCHES, optional=True,
                             hidden=True)]
    return [lane for lane in found if lane and lane.name not in without]


def draw_the_rest(info: TrackInfo) -> None:
    """Draw what can be shown at the press of a button; at the end of a page, so that nothing moves."""
    with st.container(key="drawing"):
        for step, label in (("spectrogram_tiles", SPECTROGRAM), ("chroma_tiles", "Drawing the pitch classes")):
            if not state.service().stored(step, info):
                progress.result(step, info, label=label, height=0, stop=False)
