"""The player's lanes over a song whose pictures are known: a 440 Hz tone that turns to 1760 Hz half-way, and an
explanation with one hot and one cold cell. What the player asks is written on the page."""

import json
import tempfile
from pathlib import Path

import numpy as np
import soundfile as sf
import streamlit as st

from components.player import Voice, _mount, player
from components.player.lanes import PITCHES, Curves, Heat, Moments, Wave
from components.player.messages import Mix
from mer_core import tiles
from mer_core.errors import ParameterError
from mer_core.features import chroma, spectral
from mer_core.schema import Explanation, Grid, Prediction, Track, TrackInfo

SR = 44_100
DURATION = float(st.query_params.get("seconds", 30))
COLOURS = {"song": "#8B6FC0", "drums": "#E69F00"}


@st.cache_resource
def song(duration: float) -> dict:
    """The files of the song: its sound, its waveform, and tiles of its pictures."""
    folder = Path(tempfile.mkdtemp())
    t = np.arange(int(duration * SR)) / SR
    y = (0.4 * np.sin(2 * np.pi * np.where(t < duration / 2, 440, 1760) * t)).astype(np.float32)
    sf.write(folder / "song.flac", y, SR)
    track = Track(TrackInfo("known", "A known song", duration, 1), y[None])
    (folder / "song.bin").write_bytes(tiles.waveform(track.y, SR).tobytes())
    made = {"spectrogram": tiles.spectrogram(spectral.spectrogram(track), sub(folder, "a")),
            "chroma": tiles.chroma(chroma.chroma(track), sub(folder, "b")),
            "relevance": tiles.relevance(explanation(duration), sub(folder, "c")),
            "classes": tiles.classes(classes(duration), np.arange(0.1, duration, 0.2), sub(folder, "d"), "arousal")}
    return {"folder": folder, "info": track.info} | {
        name: tiles.Tiles.read(folder / place, facts) for place, (name, facts) in zip("abcd", made.items(), strict=True)}


def sub(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name


def explanation(duration: float) -> Explanation:
    """+0.05 around a quarter of the song and 1000 Hz, -0.05 around three quarters and 200 Hz; a cell is 0.2 s, 100 Hz."""
    grid = Grid(times=np.arange(0.1, duration, 0.2), freqs=np.arange(100, 4000, 100))
    values = np.zeros(grid.shape, np.float32)
    for share, hertz, value in ((0.25, 1000, 0.05), (0.75, 200, -0.05)):
        band, column, reach = hertz // 100 - 1, int(share * duration / 0.2), int(duration / 12)
        values[band - 1:band + 2, column - reach:column + reach + 1] = value
    return Explanation("m", "m", "arousal", "timefreq", values, 0.0, 0.0, grid=grid)


def classes(duration: float) -> np.ndarray:
    """(12, T): E raises in the first half, G lowers in the second."""
    values = np.zeros((12, len(np.arange(0.1, duration, 0.2))))
    half = values.shape[1] // 2
    values[PITCHES.index("E"), :half], values[PITCHES.index("G"), half:] = 0.02, -0.02
    return values


def curve(shift: float = 0.0) -> Prediction:
    times = np.linspace(1, DURATION - 1, 60)
    lines = np.stack([0.6 * np.sin(times / 5), 0.5 * np.cos(times / 7) - shift])
    return Prediction("test", ("valence", "arousal"), lines.mean(axis=1), times, lines, np.array([[0.04, 0.01], [0.01, 0.06]]))


def reply(question) -> dict:
    """A mix is answered at once, by a rule a test can work out; anything else is kept for the page."""
    if isinstance(question, Mix):
        if question.gains.get("drums") == 0.13:
            raise ParameterError("thirteen is refused")
        drums = question.gains.get("drums", 1.0)
        return {"kind": "mix", "from": 0.0, "to": 30.0, "now": {"valence": 0.5 * drums, "arousal": -0.5 * drums},
                "plain": {"valence": 0.5, "arousal": -0.5}}
    st.session_state["boxes"] = question.boxes
    st.rerun()


made = song(DURATION)
path = made["folder"] / "song.flac"
wave = tiles.Waveform(made["folder"] / "song.bin")
voices = [Voice("original", "original", path, COLOURS["song"])]
lanes = [Curves(), Wave(wave, "waveform", COLOURS["song"]),
         Heat("spectrogram", "spectrogram", "frequency in Hz", made["spectrogram"], over=made["relevance"], paint=True),
         Heat("chroma", "pitch classes", "pitch class", made["chroma"], rows=PITCHES, optional=True, hidden=True)]
if "stems" in st.query_params:
    voices.append(Voice("drums", "drums", path, COLOURS["drums"], part=True))
    lanes.append(Wave(wave, "drums", COLOURS["drums"], voice="drums"))
if "classes" in st.query_params:
    rising = Explanation("m", "m", "arousal", "time", np.linspace(0, 0.4, 15), 0.0, 3.0,
                         grid=Grid(DURATION / 15 * (np.arange(15) + 0.5), ()))
    lanes[-1] = Heat("chroma", "pitch classes", "pitch class", made["chroma"], over=made["classes"], rows=PITCHES)
    lanes.append(Heat("alone", "classes", "in colour alone", made["classes"], rows=PITCHES,
                      words=[f"the note {pitch}" for pitch in PITCHES]))
    lanes.append(Moments(rising, "rising", floor=True))
if "broken" in st.query_params:  # what no page sends
    _mount(key="test", data=json.loads(st.query_params["broken"]))
    st.stop()
player(made["info"], voices, key="test", lanes=lanes, prediction=curve(), beats=np.arange(0, DURATION, 0.5), paint=True,
       what_if=curve(0.3) if "what_if" in st.query_params else None, reply=reply)
st.html("<ol>" + "".join(f"<li class='asked'>{b.start:.2f} {b.end:.2f} {b.low:.0f} {b.high:.0f}</li>"
                         for b in st.session_state.get("boxes", ())) + "</ol>")
