"""Sounds and files that the tests of audio make for themselves."""

import io
import tempfile
from functools import cache
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from mer_core.schema import SAMPLE_RATE

TONES = (300.0, 500.0, 700.0, 900.0, 1100.0, 1300.0)  # Hz, one a channel


def tones(channels=2, sr=44_100, seconds=3.5, level=0.3):
    """(samples, channels), a tone of its own in each channel."""
    t = np.arange(round(sr * seconds)) / sr
    return np.stack([level * np.sin(2 * np.pi * TONES[c % 6] * t) for c in range(channels)], axis=1).astype(np.float32)


def encoded(y, sr, container="WAV", subtype="PCM_16", **tags):
    out = io.BytesIO()
    with soundfile.SoundFile(out, "w", sr, y.shape[1], subtype, format=container) as file:
        for key, value in tags.items():
            setattr(file, key, value)
        file.write(y)
    return out.getvalue()


def with_pyav(y, sr, container, codec, fmt="fltp", options=None, stream_options=None, **tags):
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[y.shape[1]]
    with tempfile.TemporaryDirectory() as folder:  # a file, as moving an mp4's index to the front needs one
        path = Path(folder) / "song"
        with av.open(path, "w", format=container, options=options or {}) as file:
            file.metadata.update(tags)
            stream = file.add_stream(codec, rate=sr, layout=layout, options=stream_options or {})
            stream.format = fmt
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(y.T), format="fltp", layout=layout)
            frame.sample_rate = sr
            for packet in [*stream.encode(frame), *stream.encode(None)]:
                file.mux(packet)
        return path.read_bytes()


def strength(y, hertz, sr=SAMPLE_RATE):
    """Amplitude of one tone in (samples,), from the middle second."""
    middle = y[sr:2 * sr]
    return 2 * abs(np.dot(middle, np.exp(-2j * np.pi * hertz * np.arange(sr) / sr))) / sr


def check(track, channels, seconds=3.5, level=0.3):
    assert track.y.dtype == np.float32 and not track.y.flags.writeable and track.sr == SAMPLE_RATE
    assert len(track.y) == track.info.channels == channels
    assert abs(track.duration - seconds) < 0.12  # a lossy codec pads with up to a few frames
    for c in range(channels):
        assert strength(track.y[c], TONES[c]) == pytest.approx(level, rel=0.06)


@cache
def ten_seconds(kind):
    """The bytes of ten seconds in one of KINDS."""
    return KINDS[kind]()


TEN = tones(seconds=10)
KINDS = {"wav": lambda: encoded(TEN, 44_100), "flac": lambda: encoded(TEN, 44_100, "FLAC"),
         "ogg": lambda: encoded(TEN, 44_100, "OGG", "VORBIS"),
         "opus": lambda: encoded(tones(2, 48_000, 10), 48_000, "OGG", "OPUS"),
         "mp3": lambda: encoded(TEN, 44_100, "MP3", "MPEG_LAYER_III"),
         "m4a": lambda: with_pyav(TEN, 44_100, "ipod", "aac", options={"movflags": "faststart"}),
         "webm": lambda: with_pyav(tones(2, 48_000, 10), 48_000, "webm", "libopus", "flt")}


def music(seconds=8, sr=44_100, seed=0):
    rng = np.random.default_rng(seed)
    t = np.arange(seconds * sr) / sr
    beat = np.exp(-8 * (t % 0.5)) * rng.standard_normal(len(t)) * 0.2
    quiet = np.where(t < 2, 0.02, 1.0)  # the relative gate has something to do
    return (quiet * np.stack([beat + 0.1 * np.sin(2 * np.pi * 220 * t), beat * 0.7])).astype(np.float32)
