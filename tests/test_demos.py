"""The demo songs in assets/demos: complete, true to their stems, named by their content."""

import json
from pathlib import Path

import numpy as np
import pyloudnorm
import pytest
import soundfile

from mer_core.audio import decode
from mer_core.schema import SAMPLE_RATE, STEM_NAMES

DEMOS = Path(__file__).resolve().parents[1] / "assets" / "demos"
SONGS = json.loads((DEMOS / "demos.json").read_text(encoding="utf-8"))
each_song = pytest.mark.parametrize("song", SONGS, ids=lambda song: song["slug"])


def read(song: dict, name: str) -> np.ndarray:
    """(samples, 2) int32."""
    y, sr = soundfile.read(DEMOS / song["slug"] / f"{name}.flac", dtype="int16", always_2d=True)
    assert sr == SAMPLE_RATE and y.shape[1] == 2
    return y.astype(np.int32)


def loudness(y: np.ndarray) -> float:
    return pyloudnorm.Meter(SAMPLE_RATE).integrated_loudness(y / 32768)


def test_one_song_for_each_quadrant():
    assert [song["quadrant"] for song in SONGS] == ["Q1", "Q2", "Q3", "Q4"]


@each_song
def test_facts_are_complete(song):
    assert all(song[key] for key in ("title", "composer", "description", "key", "tempo"))
    assert "CC0 1.0" in song["licence"] and "MIT" in song["licence"]
    info = soundfile.info(DEMOS / song["slug"] / "mix.flac")
    assert 30 <= song["duration"] <= 50 and abs(info.duration - song["duration"]) < 0.01


@each_song
def test_mix_is_exactly_the_sum_of_the_stems(song):
    total = sum(read(song, name) for name in STEM_NAMES)
    assert np.array_equal(total, read(song, "mix"))


@each_song
def test_nothing_clips_and_every_stem_sounds(song):
    assert np.abs(read(song, "mix")).max() <= 32768 * 10 ** (-0.8 / 20)
    assert all(loudness(read(song, name)) > -40 for name in STEM_NAMES)


@each_song
def test_starts_at_once_and_ends_in_silence(song):
    level = np.abs(read(song, "mix")).max(axis=1)
    assert np.flatnonzero(level > 32)[0] < 0.5 * SAMPLE_RATE
    assert level[-SAMPLE_RATE // 20:].max() < 64


@each_song
def test_id_is_the_content_id(song):
    path = DEMOS / song["slug"] / "mix.flac"
    assert decode(path, path.name).info.id == song["id"]


def test_excited_songs_are_louder_and_faster_than_calm_ones():
    level = {song["quadrant"]: loudness(read(song, "mix")) for song in SONGS}
    assert -16 < min(level["Q1"], level["Q2"]) < -10 and -24 < max(level["Q3"], level["Q4"]) < -16
    tempo = {song["quadrant"]: song["tempo"] for song in SONGS}
    assert min(tempo["Q1"], tempo["Q2"]) > max(tempo["Q3"], tempo["Q4"])
